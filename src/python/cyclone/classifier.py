"""A trained network that answers for images."""

from __future__ import annotations

import ctypes
import os

import numpy as np

from ._arrays import images_of, pointer
from ._library import ClassifierInfo, Handle, call, text_of

_PIXELS = {1: np.dtype(np.uint8), 2: np.dtype(np.uint16), 3: np.dtype(np.float32)}


class Classifier:
    """A network with its standardisation, class names and threshold: `cyclone train`'s best.safetensors, an ensemble's
    JSON file, or what fit() gives. It never changes and may be used from several threads.

        >>> net = cyclone.Classifier("run/best.safetensors")
        >>> net.probabilities(images)                           # (N, classes) float32
    """

    def __init__(self, path):
        """Loads a file. Raises Error for one that is missing, damaged or something else."""
        self._take(Handle("classifier", "classifier_load", os.fsencode(path)))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Classifier":
        """The same from the bytes of a safetensors file."""
        made = cls.__new__(cls)
        made._take(Handle("classifier", "classifier_load_memory", bytes(data), len(data)))
        return made

    @classmethod
    def _of(cls, handle: Handle) -> "Classifier":
        made = cls.__new__(cls)
        made._take(handle)
        return made

    def _take(self, handle: Handle):
        self._handle = handle
        info = ClassifierInfo()
        call("classifier_describe", handle, ctypes.byref(info))
        #: height, width and channels of the images
        self.input_shape: tuple[int, int, int] = (info.height, info.width, info.channels)
        #: type of the pixels: uint8, uint16 or float32
        self.dtype: np.dtype = _PIXELS[info.type]
        #: of two classes: class 1 where its probability is above
        self.threshold: float = info.threshold
        #: networks of an ensemble, 1 of a single one
        self.members: int = info.members
        #: the network as text
        self.model: str = (info.model or b"").decode()
        #: what was converted or not used when it was loaded, a line each
        self.notes: str = (info.notes or b"").decode()
        #: names of the classes
        self.classes: tuple[str, ...] = tuple(text_of("classifier_class_name", handle, i) for i in range(info.classes))

    def probabilities(self, images) -> np.ndarray:
        """(N, classes) float32; a row sums to 1. `images`: (N, H, W) or (N, H, W, C), or one image (H, W, C), pixels as
        the files have them. Raises Error for images of another size or type than the network was trained on."""
        struct, _keep = images_of(self._batch(images), "probabilities")
        values = np.empty((struct.shape[0], len(self.classes)), dtype=np.float32)
        call("classifier_probabilities", self._handle, ctypes.byref(struct), pointer(values, ctypes.c_float), values.size,
             None)
        return values

    def classify(self, images) -> np.ndarray:
        """(N,) int64: the number of the class chosen for each image. Of two classes by the threshold."""
        struct, _keep = images_of(self._batch(images), "classify")
        values = np.empty(struct.shape[0], dtype=np.int64)
        call("classifier_classify", self._handle, ctypes.byref(struct), pointer(values, ctypes.c_int64), values.size, None)
        return values

    def _batch(self, images) -> np.ndarray:
        array = np.asarray(images)
        single = array.shape == self.input_shape or (self.input_shape[2] == 1 and array.shape == self.input_shape[:2])
        return array[np.newaxis] if single else array

    def save(self, path) -> None:
        """Writes the file that Classifier() and `cyclone predict` read; it appears whole or not at all."""
        call("classifier_save", self._handle, os.fsencode(path))

    def __repr__(self):
        height, width, channels = self.input_shape
        return f"<cyclone classifier {height}x{width}x{channels} {self.dtype} -> {', '.join(self.classes[:5])}{', ...' * (len(self.classes) > 5)}>"
