"""The study's CNN in JAX with Flax, jit, f32. One mode: jit."""

import jax
import jax.numpy as jnp
from flax import linen

from worker import LEARNING_RATE, arguments, images_and_labels, serve


class StudyCnn(linen.Module):
    @linen.compact
    def __call__(self, x, training):
        for _ in range(2):
            for _ in range(2):
                x = linen.relu(linen.Conv(32, (3, 3), padding="SAME")(x))
            x = linen.max_pool(x, (2, 2), strides=(2, 2))
        x = x.reshape((x.shape[0], -1))
        for _ in range(2):
            x = linen.relu(linen.Dense(256)(x))
            x = linen.Dropout(0.5, deterministic=not training)(x)
        return linen.Dense(2)(x)


def main():
    args = arguments()
    images, labels = images_and_labels(args.batch)
    x, y = jnp.asarray(images), jnp.asarray(labels, dtype=jnp.int32)
    model = StudyCnn()
    state = {"key": jax.random.key(1)}
    state["parameters"] = model.init(state["key"], x, False)

    @jax.jit
    def update(parameters, key):
        key, dropout_key = jax.random.split(key)

        def loss_of(p):
            scores = jax.nn.log_softmax(model.apply(p, x, True, rngs={"dropout": dropout_key}))
            return -jnp.take_along_axis(scores, y[:, None], axis=1).mean()

        loss, gradients = jax.value_and_grad(loss_of)(parameters)
        parameters = jax.tree_util.tree_map(lambda p, g: p - LEARNING_RATE * g, parameters, gradients)
        return parameters, key, loss

    infer_jit = jax.jit(lambda parameters, images: model.apply(parameters, images, False))

    def train():
        state["parameters"], state["key"], loss = update(state["parameters"], state["key"])
        float(loss)

    def infer():
        infer_jit(state["parameters"], x).block_until_ready()

    serve(train if args.task == "training" else infer, args.batch)


main()
