"""Metrics of answers, with their intervals."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np

from . import _library
from ._arrays import doubles_of, labels_of, pointer
from ._library import UsageError, call


class Interval(NamedTuple):
    """A value and the limits of its interval."""

    value: float
    low: float
    high: float


def _pair(labels, scores, what: str) -> tuple[np.ndarray, np.ndarray]:
    y, s = labels_of(labels, what), doubles_of(scores, what)
    if s.shape != y.shape:
        raise UsageError(f"{what}: expected a score for each of {len(y)} labels, got shape {s.shape}")
    return y, s


def auc(labels, scores, level: float = 0.95) -> Interval:
    """Area under the ROC curve with DeLong's interval. labels: (N,) of 0 and 1; scores: (N,), higher for 1. NaN where a
    class is missing."""
    y, s = _pair(labels, scores, "auc")
    found = _library.Interval()
    call("auc", pointer(y, ctypes.c_int64), pointer(s, ctypes.c_double), len(y), level, ctypes.byref(found))
    return Interval(found.value, found.low, found.high)


def average_precision(labels, scores, level: float = 0.95, resamples: int = 1000, seed: int = 1) -> Interval:
    """Average precision with a bootstrap interval of `resamples` draws. Arguments as auc()."""
    y, s = _pair(labels, scores, "average_precision")
    found = _library.Interval()
    call("average_precision", pointer(y, ctypes.c_int64), pointer(s, ctypes.c_double), len(y), level, resamples, seed,
         ctypes.byref(found))
    return Interval(found.value, found.low, found.high)


def metric(name: str, labels, probabilities, threshold: float = 0.5) -> float:
    """One metric by name (cyclone.names("metrics")). probabilities: (N, classes), or (N,) of class 1 of two."""
    y, p = labels_of(labels, "metric"), doubles_of(probabilities, "metric")
    if p.ndim == 1:
        p = np.stack([1 - p, p], axis=1)
    if p.ndim != 2 or len(p) != len(y):
        raise UsageError(f"metric: expected probabilities of shape ({len(y)}, classes), got {p.shape}")
    value = ctypes.c_double()
    call("metric", name.encode(), pointer(y, ctypes.c_int64), pointer(p, ctypes.c_double), len(y), p.shape[1], threshold,
         ctypes.byref(value))
    return value.value
