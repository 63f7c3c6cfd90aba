#!/ usr / bin / env python3
""
    "The first 20 updates of the study's network in NumPy float64: prints what trajectory_test.cpp expects.

    The study's rates (.002 to .03, triangular) with a half cycle of 4 updates, so that 20 updates see two and a half cycles.

    Written from the definitions
    alone(no framework)
    : NHWC images,
      kernels(out, kh, kw, in),
      3x3 convolutions with zero padding 1 and relu,
      2x2 max pooling,
      dense layers(out, in),
      softmax cross - entropy averaged over the batch,
      plain SGD.Dropout is left out.Weights and batches come from an integer hash of 16 bits,
      so that both sides start from exactly the same numbers; every product of formula() is exact in float32.

    python3 trajectory_reference.py [--off-by-one]     # the latter: what a schedule one update late would give
"""
import sys

import numpy as np


def formula(stream, shape, numerator):
    """(k / 2^15 - 1) * numerator / 256 for 16-bit hashes k of (stream, element)."""
    x = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(stream * 0x85EBCA77 % 2**32)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x2C1B3C6D)
    x ^= x >> np.uint32(12)
    x *= np.uint32(0x297A2D39)
    x ^= x >> np.uint32(15)
    k = (x >> np.uint32(16)).astype(np.float64)
    return ((k / 2**15 - 1) * numerator / 256).reshape(shape)


def batch(number, size=32):
    """Noise in [-1, 1); images of class 1 have a block of 4 x 4 pixels brighter by 1."""
    y = (formula(200 + number, (size,), 256) >= 0).astype(np.int64)
    x = formula(100 + number, (size, 16, 16, 1), 256)
    x[y == 1, 3:7, 8:12, :] += 1
    return x, y


def windows(x):
    """(N, H, W, C) -> (N, H, W, 3, 3, C): the zero-padded neighbourhood of every pixel."""
    n, h, w, c = x.shape
    padded = np.zeros((n, h + 2, w + 2, c))
    padded[:, 1:-1, 1:-1] = x
    return np.stack([np.stack([padded[:, i:i + h, j:j + w] for j in range(3)], axis=3) for i in range(3)], axis=3)


class Conv:
    def __init__(self, stream, inputs, outputs, numerator):
        self.w, self.b = formula(stream, (outputs, 3, 3, inputs), numerator), formula(stream + 1, (outputs,), 4)

    def forward(self, x):
        self.windows = windows(x)
        self.y = np.maximum(np.einsum("nhwijc,oijc->nhwo", self.windows, self.w, optimize=True) + self.b, 0)
        return self.y

    def backward(self, g):
        g = g * (self.y > 0)
        self.dw = np.einsum("nhwo,nhwijc->oijc", g, self.windows, optimize=True)
        self.db = g.sum(axis=(0, 1, 2))
#Output pixel(h, w) saw input pixel(h + i - 1, w + j - 1) : the same with the kernel turned round.
        return np.einsum("nhwijo,oijc->nhwc", windows(g), self.w[:, ::-1, ::-1, :], optimize=True)


class Pool:
    def forward(self, x):
        n, h, w, c = x.shape
        self.shape = x.shape
        cells = x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 5, 2, 4).reshape(n, h // 2, w // 2, c, 4)
        self.winner = cells.argmax(axis=-1)
        return cells.max(axis=-1)

    def backward(self, g):
        n, h, w, c = self.shape
        cells = np.zeros((n, h // 2, w // 2, c, 4))
        np.put_along_axis(cells, self.winner[..., None], g[..., None], axis=-1)
        return cells.reshape(n, h // 2, w // 2, c, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(self.shape)


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, g):
        return g.reshape(self.shape)


class Dense:
    def __init__(self, stream, inputs, outputs, numerator, relu):
        self.w, self.b = formula(stream, (outputs, inputs), numerator), formula(stream + 1, (outputs,), 4)
        self.relu = relu

    def forward(self, x):
        self.x, self.y = x, x @ self.w.T + self.b
        if self.relu:
            self.y = np.maximum(self.y, 0)
        return self.y

    def backward(self, g):
        if self.relu:
            g = g * (self.y > 0)
        self.dw, self.db = g.T @ self.x, g.sum(axis=0)
        return g @ self.w


def cross_entropy(logits, y):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(y))
    g = np.exp(log_p)
    g[rows, y] -= 1
    return -log_p[rows, y].mean(), g / len(y)


def rate(update, base=0.002, top=0.03, half=4):
    position = update % (2 * half)
    return base + (top - base) * (position if position <= half else 2 * half - position) / half


def main():
    late = 1 if "--off-by-one" in sys.argv else 0
    layers = [Conv(0, 1, 32, 36), Conv(2, 32, 32, 26), Pool(), Conv(4, 32, 32, 26), Conv(6, 32, 32, 26), Pool(),
              Flatten(), Dense(8, 512, 256, 23, True), Dense(10, 256, 256, 28, True), Dense(12, 256, 2, 39, False)]
    trained = [layer for layer in layers if hasattr(layer, "w")]
    assert sum(layer.w.size + layer.b.size for layer in trained) == 225698
    losses = []
    for update in range(20):
        x, y = batch(update)
        for layer in layers:
            x = layer.forward(x)
        loss, g = cross_entropy(x, y)
        losses.append(loss)
        for layer in reversed(layers):
            g = layer.backward(g)
        for layer in trained:
            layer.w -= rate(update - late) * layer.dw
            layer.b -= rate(update - late) * layer.db
    print(f"NumPy {np.__version__}")
    print("losses:", ", ".join(f"{loss:.12f}" for loss in losses))
    print("norms: ", ", ".join(f"{np.sqrt((p**2).sum()):.12f}" for layer in trained for p in (layer.w, layer.b)))


if __name__ == "__main__":
    main()
