"""A network of Keras 3 as k.weights.h5 and k.keras: keras_weights.py FOLDER; exit code 77 if a package is missing.

Writes images (f32, 3 x 8 x 6 x 2) to k.in and the network's answers to k.out.
"""

import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "numpy")
try:
    import keras
    import numpy
    from keras import layers
except ImportError as error:
    print(error)
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
keras.utils.set_random_seed(1)
inner = keras.Sequential([layers.Conv2D(5, 3, padding="same", use_bias=False), layers.BatchNormalization(), layers.ReLU()])
network = keras.Sequential([
    keras.Input((8, 6, 2)), layers.Conv2D(4, (3, 5), padding="same", activation="relu"), inner, layers.MaxPooling2D(2),
    layers.Flatten(), layers.Dense(7, activation="relu"), layers.Dropout(0.5), layers.Dense(3)])
random = numpy.random.default_rng(1)
network.set_weights([random.uniform(0.5, 1, w.shape).astype("f4") * (1 if w.ndim == 1 else 0.2) for w in network.get_weights()])
images = random.standard_normal((3, 8, 6, 2)).astype("<f4")
images.tofile(folder / "k.in")
numpy.asarray(network(images, training=False)).astype("<f4").tofile(folder / "k.out")
network.save_weights(folder / "k.weights.h5")
network.save(folder / "k.keras")
numpy.savez(folder / "k.npz", *network.get_weights())
print("keras", keras.__version__)
