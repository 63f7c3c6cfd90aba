"""The C library behind the package: where it is found, what its functions take, and how an error becomes an exception."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import pathlib
from ctypes import POINTER, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint64, c_void_p

ABI = 1


class Error(Exception):
    """A file, the data or the system does not allow what was asked; the message says what was expected and what came."""


class UsageError(Error, ValueError):
    """Arguments that can never work: an unknown name, a wrong shape or type."""


class Diverged(Error):
    """The loss, a gradient or an output became infinite or NaN: most often the learning rate is too high."""


class Struct(ctypes.Structure):
    """A struct of the C interface: its first member is its size."""

    def __init__(self, **members):
        super().__init__(struct_size=ctypes.sizeof(self), **members)


class Images(Struct):
    _fields_ = [
        ("struct_size", c_size_t),
        ("pixels", c_void_p),
        ("length", c_size_t),
        ("shape", c_int64 * 4),
        ("type", c_int32),
        ("reserved", c_int32),
    ]


class ClassifierInfo(Struct):
    _fields_ = [
        ("struct_size", c_size_t),
        ("height", c_int64),
        ("width", c_int64),
        ("channels", c_int64),
        ("classes", c_int64),
        ("members", c_int64),
        ("threshold", c_double),
        ("model", c_char_p),
        ("notes", c_char_p),
        ("type", c_int32),
        ("reserved", c_int32),
    ]


class ScheduleContext(Struct):
    _fields_ = [
        ("struct_size", c_size_t),
        ("base_lr", c_double),
        ("max_lr", c_double),
        ("step_size", c_char_p),
        ("total", c_char_p),
        ("updates_per_epoch", c_uint64),
    ]


class Update(Struct):
    _fields_ = [
        ("struct_size", c_size_t),
        ("update", c_uint64),
        ("updates", c_uint64),
        ("epoch", c_int64),
        ("epochs", c_int64),
        ("learning_rate", c_double),
        ("loss", c_double),
        ("images_per_second", c_double),
    ]


class Epoch(Struct):
    _fields_ = [
        ("struct_size", c_size_t),
        ("epoch", c_int64),
        ("epochs", c_int64),
        ("updates", c_uint64),
        ("train_loss", c_double),
        ("seconds", c_double),
        ("validation_loss", c_double),
        ("validation_accuracy", c_double),
        ("validation_auc", c_double),
        ("validation_average_precision", c_double),
        ("validation_f1", c_double),
    ]


class Rates(Struct):
    _fields_ = [
        ("struct_size", c_size_t),
        ("found", c_int32),
        ("reserved", c_int32),
        ("base_lr", c_double),
        ("max_lr", c_double),
        ("reason", c_char_p),
    ]


class ProgressOfComparison(Struct):
    _fields_ = [("struct_size", c_size_t), ("done", c_uint64), ("total", c_uint64)]


class Interval(Struct):
    _fields_ = [("struct_size", c_size_t), ("value", c_double), ("low", c_double), ("high", c_double)]


OnUpdate = ctypes.CFUNCTYPE(c_int32, POINTER(Update), c_void_p)
OnEpoch = ctypes.CFUNCTYPE(c_int32, POINTER(Epoch), c_void_p)
OnProgress = ctypes.CFUNCTYPE(c_int32, POINTER(ProgressOfComparison), c_void_p)

_HANDLE = c_void_p
_OUT = POINTER(c_void_p)
_TEXT = POINTER(c_char_p)
_DOUBLES = POINTER(c_double)
_LABELS = POINTER(c_int64)
_SIZE = POINTER(c_size_t)

# What each function takes. All give a status except those in _PLAIN.
SIGNATURES = {
    "set_threads": [c_int32],
    "help": [c_char_p, _TEXT],
    "classifier_load": [c_char_p, _OUT],
    "classifier_load_memory": [c_char_p, c_size_t, _OUT],
    "classifier_free": [_HANDLE],
    "classifier_describe": [_HANDLE, POINTER(ClassifierInfo)],
    "classifier_class_name": [_HANDLE, c_int64, _TEXT],
    "classifier_probabilities": [_HANDLE, POINTER(Images), POINTER(c_float), c_size_t, _SIZE],
    "classifier_classify": [_HANDLE, POINTER(Images), _LABELS, c_size_t, _SIZE],
    "classifier_save": [_HANDLE, c_char_p],
    "schedule_parse": [c_char_p, POINTER(ScheduleContext), _OUT],
    "schedule_free": [_HANDLE],
    "schedule_value": [_HANDLE, c_uint64, _DOUBLES],
    "schedule_values": [_HANDLE, POINTER(c_uint64), c_size_t, _DOUBLES],
    "schedule_describe": [_HANDLE, _TEXT],
    "training_new": [_OUT],
    "training_free": [_HANDLE],
    "training_set": [_HANDLE, c_char_p, c_char_p],
    "training_data": [_HANDLE, c_int32, POINTER(Images), _LABELS, c_size_t],
    "training_class_names": [_HANDLE, _TEXT, c_size_t],
    "training_on_update": [_HANDLE, OnUpdate, c_void_p],
    "training_on_epoch": [_HANDLE, OnEpoch, c_void_p],
    "training_run": [_HANDLE],
    "training_stop": [_HANDLE],
    "training_history": [_HANDLE, c_char_p, _DOUBLES, c_size_t, _SIZE],
    "training_notes": [_HANDLE, _TEXT],
    "training_classifier": [_HANDLE, _OUT],
    "range_test_run": [_HANDLE, _OUT],
    "range_test_free": [_HANDLE],
    "range_test_curve": [_HANDLE, _DOUBLES, _DOUBLES, c_size_t, _SIZE],
    "range_test_rates": [_HANDLE, POINTER(Rates)],
    "compare": [_HANDLE, c_char_p, c_char_p, OnProgress, c_void_p],
    "auc": [_LABELS, _DOUBLES, c_size_t, c_double, POINTER(Interval)],
    "average_precision": [_LABELS, _DOUBLES, c_size_t, c_double, c_int32, c_uint64, POINTER(Interval)],
    "metric": [c_char_p, _LABELS, _DOUBLES, c_size_t, c_int64, c_double, _DOUBLES],
}
_PLAIN = {
    "version": c_int32,
    "version_text": c_char_p,
    "abi": c_int32,
    "backend": c_char_p,
    "last_error": c_char_p,
    "threads": c_int32,
}
_EXCEPTIONS = {2: UsageError, 4: MemoryError, 6: Diverged}


def _candidates() -> list[str]:
    """CYCLONE_LIBRARY, else the library of the wheel, else what the system's loader finds."""
    named = os.environ.get("CYCLONE_LIBRARY")
    if named:
        return [named]
    here = sorted(str(file) for file in pathlib.Path(__file__).parent.glob("libcyclone.*"))
    return here or [found for found in [ctypes.util.find_library("cyclone")] if found]


def _load() -> ctypes.CDLL:
    candidates = _candidates()
    if not candidates:
        raise ImportError("cyclone: no libcyclone beside the package or on the system (hint: CYCLONE_LIBRARY=PATH names one)")
    try:
        library = ctypes.CDLL(candidates[0])
    except OSError as error:
        hint = " (hint: oneDNN is missing, on Debian: apt install libdnnl-dev)" if "dnnl" in str(error) else ""
        raise ImportError(f"cyclone: {candidates[0]} cannot be loaded: {error}{hint}") from error
    for name, result in _PLAIN.items():
        function = getattr(library, f"cyclone_{name}")
        function.argtypes, function.restype = [], result
    if library.cyclone_abi() != ABI:
        raise ImportError(f"cyclone: expected a library of ABI {ABI}, got {library.cyclone_abi()} from {candidates[0]}")
    for name, takes in SIGNATURES.items():
        function = getattr(library, f"cyclone_{name}")
        function.argtypes, function.restype = takes, c_int32
    return library


library = _load()


def call(name: str, *arguments) -> None:
    """Calls cyclone_<name>; other threads of Python run meanwhile. Raises what the status says."""
    status = getattr(library, f"cyclone_{name}")(*arguments)
    if status:
        raise _EXCEPTIONS.get(status, Error)(library.cyclone_last_error().decode(errors="replace"))


def text_of(name: str, *arguments) -> str:
    """Calls a function whose last argument takes a text."""
    text = c_char_p()
    call(name, *arguments, ctypes.byref(text))
    return (text.value or b"").decode()


class Handle:
    """Owns one handle of the library and frees it once."""

    def __init__(self, kind: str, maker: str, *arguments):
        self._free = getattr(library, f"cyclone_{kind}_free")
        self._as_parameter_ = c_void_p()
        call(maker, *arguments, ctypes.byref(self._as_parameter_))

    def __del__(self):
        handle = getattr(self, "_as_parameter_", None)
        if handle:
            self._free(handle)
            self._as_parameter_ = c_void_p()
