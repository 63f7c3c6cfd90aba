"""Cyclone: trains convolutional networks on CPUs and shows what a cyclical learning rate does.

    >>> import cyclone
    >>> found = cyclone.range_test(x, y)                       # which rates are worth a cycle?
    >>> run = cyclone.fit(x, y, model="study", schedule="triangular", base_lr=found.base_lr, max_lr=found.max_lr)
    >>> run.predict(images), run.loss, run.save("net.safetensors")
    >>> cyclone.schedule.triangular(0.002, 0.03, step_size=2000)(1000)       # also for a loop of your own
"""

from . import metrics, schedule
from ._library import Diverged, Error, UsageError, call as _call, library as _c, text_of as _text_of
from .classifier import Classifier
from .comparison import Comparison, compare
from .metrics import average_precision, auc
from .schedule import Schedule
from .training import Epoch, RangeTest, Training, Update, fit, range_test

__all__ = [
    "Classifier", "Comparison", "Diverged", "Epoch", "Error", "RangeTest", "Schedule", "Training", "Update", "UsageError",
    "auc", "average_precision", "backend", "compare", "fit", "metrics", "names", "range_test", "schedule", "set_threads",
    "threads",
]
__version__ = _c.cyclone_version_text().decode()


def names(topic: str) -> str:
    """The names that texts may have, as a table: "schedules", "networks", "layers", "optimizers", "rebalancing",
    "augmentation", "metrics", "thresholds", or "options" (of fit())."""
    return _text_of("help", topic.encode())


def backend() -> str:
    """What computes: oneDNN with its version, or Cyclone's own kernels."""
    return _c.cyclone_backend().decode()


def threads() -> int:
    """Threads that a call from this thread works with."""
    return _c.cyclone_threads()


def set_threads(count: int) -> None:
    """Sets them for calls from this thread, 1 to 1024."""
    _call("set_threads", count)
