"""The study's CNN in Keras 3. Modes in f32 are the backends (tensorflow, torch, jax); in bf16: mixed_bfloat16."""

import os

from worker import LEARNING_RATE, arguments, images_and_labels, serve

STEPS_PER_FIT = 100  # in training one step() is a fit() of so many batches: its start-up must not count


def set_backend(args):
    bf16 = args.mode == "mixed_bfloat16"
    os.environ["KERAS_BACKEND"] = "tensorflow" if bf16 else args.mode
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if bf16 or args.mode == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(args.threads)
    elif args.mode == "torch":
        import torch

        torch.set_num_threads(args.threads)
        torch.set_flush_denormal(True)


def study_cnn():
    from keras import Sequential, layers

    def conv():
        return layers.Conv2D(32, 3, padding="same", activation="relu")

    return Sequential([
        layers.Input((16, 16, 1)),
        conv(), conv(), layers.MaxPooling2D(2),
        conv(), conv(), layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(256, activation="relu"), layers.Dropout(0.5),
        layers.Dense(256, activation="relu"), layers.Dropout(0.5),
        layers.Dense(2, dtype="float32"),
    ])


def main():
    args = arguments()
    set_backend(args)
    import keras

    if args.mode == "mixed_bfloat16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = study_cnn()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(LEARNING_RATE), loss=loss)
    if args.task == "training":
        x, y = images_and_labels(STEPS_PER_FIT * args.batch)
        serve(lambda: model.fit(x, y, batch_size=args.batch, epochs=1, verbose=0), STEPS_PER_FIT * args.batch)
    else:
        x, _ = images_and_labels(args.batch)
        serve(lambda: model.predict_on_batch(x), args.batch)


main()
