"""Learning-rate schedules: pure functions of the update number, for Cyclone's own training or a loop of yours.

    >>> rate = cyclone.schedule.triangular(0.002, 0.03, step_size=2000)
    >>> rate(1000)
    0.016
    >>> rates = rate(np.arange(24000))                       # an array of float64

In a PyTorch loop:

    >>> for update, (x, y) in enumerate(batches):
    ...     for group in optimizer.param_groups:
    ...         group["lr"] = rate(update)

A length is a number of updates, or a text: "2epochs" with updates_per_epoch, or "4000".
"""

from __future__ import annotations

import ctypes

import numpy as np

from ._arrays import pointer
from ._library import Handle, ScheduleContext, UsageError, call, text_of

__all__ = [
    "Schedule", "constant", "triangular", "triangular2", "exp_range", "one_cycle", "cosine", "linear", "polynomial",
    "step", "multi_step", "exponential", "time_decay", "cosine_restarts", "warmup",
]

_NO_END = 2**53  # the longest run: of schedules that do not ask for it, also behind a warm-up


class Schedule:
    """A schedule by its text, as the program and its options name it: `cyclone schedules`, or help(cyclone.names).

    Called with an update number (from 0), or with an array of them, it gives the learning rate there. It has no state.
    """

    def __init__(self, text: str, *, base_lr: float = 0.002, max_lr: float = 0.03, step_size="2epochs", total=None,
                 updates_per_epoch: int = 0):
        """base_lr and max_lr: lowest and highest rate. step_size: half a cycle. total: the run (12 epochs).

        Raises UsageError for an unknown name (with the nearest known one) or a malformed argument. A length in epochs
        without updates_per_epoch is one when the schedule is called.
        """
        if not isinstance(updates_per_epoch, (int, np.integer)) or updates_per_epoch < 0:
            raise UsageError(f"schedule: expected updates_per_epoch as a whole number from 0, got {updates_per_epoch!r}")
        self.text, self.base_lr, self.max_lr = str(text), float(base_lr), float(max_lr)
        self.step_size, self.total, self.updates_per_epoch = _length(step_size), _length(total), int(updates_per_epoch)
        self._handle = None
        parsed = self._parse(self.updates_per_epoch or 10**6)  # a mistake shows here, also where epochs have no length yet
        if self.updates_per_epoch or not self._in_epochs():
            self._handle = parsed

    def _in_epochs(self) -> bool:
        lengths = [self.step_size, self.total or "12epochs", self.text]
        return any("epoch" in length for length in lengths)

    def _parse(self, updates_per_epoch: int) -> Handle:
        context = ScheduleContext(
            base_lr=self.base_lr,
            max_lr=self.max_lr,
            step_size=self.step_size.encode(),
            total=self.total.encode() if self.total else None,
            updates_per_epoch=updates_per_epoch,
        )
        return Handle("schedule", "schedule_parse", self.text.encode(), ctypes.byref(context))

    def with_updates_per_epoch(self, updates: int) -> "Schedule":
        """The same schedule with epochs of `updates` updates each: ceil(images / batch size)."""
        return Schedule(self.text, base_lr=self.base_lr, max_lr=self.max_lr, step_size=self.step_size, total=self.total,
                        updates_per_epoch=updates)

    def __call__(self, update):
        """The rate at `update`: a float for a number, float64 of the same shape for an array of integers."""
        if self._handle is None:
            self._handle = self._parse(0)  # raises, unless the text needs none of the lengths in epochs
        array = np.asarray(update)
        if not np.issubdtype(array.dtype, np.integer) or (array.size and array.min() < 0):
            raise UsageError(f"schedule: expected update numbers, integers from 0, got {update!r}")
        updates = np.ascontiguousarray(array, dtype=np.uint64)
        values = np.empty(updates.shape)
        call("schedule_values", self._handle, pointer(updates, ctypes.c_uint64), updates.size, pointer(values, ctypes.c_double))
        return values.item() if array.ndim == 0 else values

    def __repr__(self):
        if self._handle is None:
            return f"<cyclone schedule {self.text}, with epochs of unknown length>"
        return f"<cyclone schedule {text_of('schedule_describe', self._handle)}>"


def _length(length) -> str | None:
    if length is None or isinstance(length, str):
        return length
    if isinstance(length, (int, np.integer)):
        return str(int(length))
    raise UsageError(f"schedule: expected a length as a number of updates or as a text like '2epochs', got {length!r}")


def _number(value) -> str:
    return repr(float(value))


def constant(rate: float) -> Schedule:
    """One rate."""
    return Schedule(f"constant:{_number(rate)}", base_lr=0, max_lr=rate, step_size=1, total=_NO_END)


def triangular(base_lr: float, max_lr: float, step_size) -> Schedule:
    """base_lr up to max_lr in step_size updates and down in as many (Smith 2017, arXiv 1506.01186)."""
    return Schedule("triangular", base_lr=base_lr, max_lr=max_lr, step_size=step_size, total=_NO_END)


def triangular2(base_lr: float, max_lr: float, step_size) -> Schedule:
    """triangular with an amplitude that halves with each cycle."""
    return Schedule("triangular2", base_lr=base_lr, max_lr=max_lr, step_size=step_size, total=_NO_END)


def exp_range(base_lr: float, max_lr: float, step_size, gamma: float = 0.99994) -> Schedule:
    """triangular with an amplitude that falls by gamma with each update."""
    return Schedule(f"exp-range:{_number(gamma)}", base_lr=base_lr, max_lr=max_lr, step_size=step_size, total=_NO_END)


def one_cycle(max_lr: float, total, pct_start: float = 0.3) -> Schedule:
    """One rise to max_lr over pct_start of `total`, then down to almost nothing: PyTorch's OneCycleLR."""
    return Schedule(f"one-cycle:{_number(pct_start)}", base_lr=0, max_lr=max_lr, step_size=1, total=total)


def cosine(max_lr: float, total, end: float = 0) -> Schedule:
    """Half a cosine from max_lr to `end` over `total`."""
    return Schedule(f"cosine:{_number(end)}", base_lr=0, max_lr=max_lr, step_size=1, total=total)


def linear(max_lr: float, total, end: float = 0) -> Schedule:
    """A straight line from max_lr to `end` over `total`."""
    return Schedule(f"linear:{_number(end)}", base_lr=0, max_lr=max_lr, step_size=1, total=total)


def polynomial(max_lr: float, total, power: float = 2) -> Schedule:
    """max_lr * (1 - t / total)^power."""
    return Schedule(f"polynomial:{_number(power)}", base_lr=0, max_lr=max_lr, step_size=1, total=total)


def step(max_lr: float, total, gamma: float = 0.1) -> Schedule:
    """max_lr, times gamma after each third of `total`."""
    return Schedule(f"step:{_number(gamma)}", base_lr=0, max_lr=max_lr, step_size=1, total=total)


def multi_step(max_lr: float, total, gamma: float = 0.1) -> Schedule:
    """max_lr, times gamma after half and after three quarters of `total`."""
    return Schedule(f"multi-step:{_number(gamma)}", base_lr=0, max_lr=max_lr, step_size=1, total=total)


def exponential(max_lr: float, total, ratio: float) -> Schedule:
    """max_lr falling evenly, by percentage, to max_lr * ratio over `total`."""
    return Schedule(f"exponential:{_number(ratio)}", base_lr=0, max_lr=max_lr, step_size=1, total=total)


def time_decay(base_lr: float, decay: float = 0.96) -> Schedule:
    """base_lr / (1 + decay t), Keras's SGD(decay=...): with 0.96, the "fixed" rate of a 2018 study, it ends at once."""
    return Schedule(f"time-decay:{_number(decay)}", base_lr=base_lr, max_lr=base_lr, step_size=1, total=_NO_END)


def cosine_restarts(base_lr: float, max_lr: float, step_size, multiplier: float = 1, peak_decay: float = 1) -> Schedule:
    """Cosine from max_lr to base_lr in 2 step_size, restarted; each cycle is `multiplier` times as long as the last."""
    return Schedule(f"cosine-restarts:{_number(multiplier)}:{_number(peak_decay)}", base_lr=base_lr, max_lr=max_lr,
                    step_size=step_size, total=_NO_END)


def warmup(length, inner: Schedule) -> Schedule:
    """A straight line up to where `inner` begins over `length`, then `inner`. `total` is the length of both: what `inner`
    stretches over its own is over the rest of it."""
    return Schedule(f"warmup:{_length(length)}:{inner.text}", base_lr=inner.base_lr, max_lr=inner.max_lr,
                    step_size=inner.step_size, total=inner.total, updates_per_epoch=inner.updates_per_epoch)
