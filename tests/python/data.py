"""Small images whose classes are easy to tell, for the tests."""

import numpy as np


def stripes(count: int = 160, seed: int = 1):
    """8 x 8 u8 images with horizontal (0) or vertical (1) stripes in noise, and their classes."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    line = (np.arange(8) % 2 * 120).astype(np.float64)
    images = np.where(labels[:, None, None] == 0, line[:, None], line[None, :]) + random.uniform(0, 100, (count, 8, 8))
    return images.astype(np.uint8), labels


def faint_columns(count: int = 400, seed: int = 1):
    """8 x 8 u8 images of noise with faint columns at one of three places, and which: too high a rate forgets them."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    images = random.uniform(0, 100, (count, 8, 8)) + 35 * (np.arange(64).reshape(8, 8) % 3 == labels[:, None, None])
    return images.astype(np.uint8), labels


SMALL = dict(model="conv:4 relu pool flatten linear:classes", epochs=4, batch_size=16, threads=1, progress=False)
