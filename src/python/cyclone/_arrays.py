"""NumPy arrays as the library takes them: without a copy where they are contiguous and of a type that it has."""

from __future__ import annotations

import ctypes

import numpy as np

from ._library import Images, UsageError

_TYPES = {np.dtype(np.uint8): 1, np.dtype(np.uint16): 2, np.dtype(np.float32): 3}
_FLOATS = (np.dtype(np.float64), np.dtype(np.float16))


def images_of(x, what: str) -> tuple[Images, np.ndarray]:
    """`x` of shape (N, H, W) or (N, H, W, C) as the C struct, and the array that must live as long as it is used."""
    array = np.asarray(x)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4:
        hint = " (hint: x.reshape(len(x), height, width, channels))" if array.ndim == 2 else ""
        raise UsageError(f"{what}: expected images of shape (N, H, W) or (N, H, W, C), got {array.shape}{hint}")
    if array.shape[1] in (1, 3) and array.shape[3] > 4:
        raise UsageError(
            f"{what}: expected channels last, (N, H, W, C), got {array.shape} (hint: x.transpose(0, 2, 3, 1))"
        )
    # The machine's byte order, aligned, C order: a copy only where one of them is missing.
    array = np.require(array, array.dtype.newbyteorder("="), ["C", "A"])
    if array.dtype in _FLOATS:
        array = array.astype(np.float32)
    if array.dtype not in _TYPES:
        raise UsageError(
            f"{what}: expected uint8, uint16 or floating-point pixels, got {array.dtype} (hint: x.astype('uint8') if the "
            "values are 0 to 255)"
        )
    struct = Images(
        pixels=array.ctypes.data, length=array.size, shape=(ctypes.c_int64 * 4)(*array.shape), type=_TYPES[array.dtype]
    )
    return struct, array


def labels_of(y, what: str) -> np.ndarray:
    """Class numbers as int64, one dimension."""
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        hint = " (hint: y.argmax(1) of one-hot rows)" if array.ndim == 2 else ""
        raise UsageError(f"{what}: expected labels of shape (N,), got {array.shape}{hint}")
    if array.dtype == bool:
        return array.astype(np.int64)
    if not np.issubdtype(array.dtype, np.integer):
        whole = array.dtype.kind == "f" and np.all(array == np.round(array))
        hint = "y.astype(int)" if whole else "names, y = np.unique(y, return_inverse=True)"
        raise UsageError(f"{what}: expected class numbers from 0, got {array.dtype} (hint: {hint})")
    return np.require(array, np.int64, ["C", "A"])


def doubles_of(values, what: str) -> np.ndarray:
    """Numbers as contiguous float64."""
    try:
        return np.require(values, np.float64, ["C", "A"])
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what}: expected numbers, got {type(values).__name__}") from error


def pointer(array: np.ndarray, type_):
    """The data of an array as a pointer to `type_`."""
    return array.ctypes.data_as(ctypes.POINTER(type_))
