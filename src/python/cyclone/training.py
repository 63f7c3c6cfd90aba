"""Training and the learning-rate range test on NumPy arrays."""

from __future__ import annotations

import contextlib
import ctypes
import html
import os
import signal
import threading
from typing import Callable, Mapping, NamedTuple

import numpy as np

from . import _library
from ._arrays import images_of, labels_of, pointer
from ._library import Handle, UsageError, call, text_of
from ._progress import Progress
from .classifier import Classifier
from .schedule import _NO_END, Schedule

_TRAIN, _VALIDATION = 1, 2
_COLUMNS_OF_UPDATES = ("update", "epoch", "learning_rate", "loss", "images_per_second")
_COLUMNS_OF_EPOCHS = (
    "epoch_loss", "epoch_seconds", "validation_loss", "validation_accuracy", "validation_auc",
    "validation_average_precision", "validation_f1",
)


class Update(NamedTuple):
    """An update of the weights, as on_update sees it."""

    update: int  #: from 0
    updates: int  #: planned
    epoch: int  #: from 1
    epochs: int  #: planned
    learning_rate: float
    loss: float  #: of the batch, before the update
    images_per_second: float


class Epoch(NamedTuple):
    """A pass over the training images, as on_epoch sees it; NaN where there is no validation set."""

    epoch: int  #: from 1
    epochs: int  #: planned
    updates: int  #: made so far
    train_loss: float
    seconds: float
    validation_loss: float
    validation_accuracy: float
    validation_auc: float
    validation_average_precision: float
    validation_f1: float


def _named(kind, struct):
    return kind(*(getattr(struct, name) for name in kind._fields))


class _Run:
    """A training handle with its data, callbacks and options. Exceptions of callbacks wait until the library is back."""

    def __init__(self, x, y, validation, class_names, options: Mapping, on_update, on_epoch, what="fit"):
        self.handle = Handle("training", "training_new")
        self.raised: BaseException | None = None
        self._keep = []
        for key, value in options.items():
            if value is None:
                continue
            if isinstance(value, bool):
                value = "true" if value else "false"
            call("training_set", self.handle, key.encode(), os.fsencode(str(value)))
        self._data(_TRAIN, x, y, what)
        if validation is not None:
            if not (isinstance(validation, tuple) and len(validation) == 2):
                raise UsageError(f"fit: expected validation=(images, labels), got {type(validation).__name__}")
            self._data(_VALIDATION, *validation, "fit's validation")
        if class_names is not None:
            names = [str(name).encode() for name in class_names]
            call("training_class_names", self.handle, (ctypes.c_char_p * len(names))(*names), len(names))
        self._call("training_on_update", _library.OnUpdate, Update, on_update)
        self._call("training_on_epoch", _library.OnEpoch, Epoch, on_epoch)

    def _data(self, part, x, y, what):
        struct, array = images_of(x, what)
        labels = labels_of(y, what)
        self._keep.append(array)
        call("training_data", self.handle, part, ctypes.byref(struct), pointer(labels, ctypes.c_int64), len(labels))

    def _call(self, name, c_type, kind, function):
        def on(struct, _user):
            try:
                return 1 if self.raised or function(_named(kind, struct.contents)) or self.raised else 0
            except BaseException as error:  # also KeyboardInterrupt: an exception must not pass through C
                self.raised = error
                return 1

        callback = c_type(on)
        self._keep.append(callback)
        call(name, self.handle, callback, None)

    @contextlib.contextmanager
    def _interrupts(self):
        """Ctrl-C ends the training at its next update. Without this, Python would raise on entry to a callback, before
        its first line, where ctypes prints the exception and goes on."""
        usual = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or not callable(usual):
            yield
            return

        def note(number, frame):
            try:
                usual(number, frame)
            except BaseException as error:
                self.raised = error

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, usual)

    def run(self, name, *arguments):
        """Runs what trains, then raises what a callback or Ctrl-C raised."""
        try:
            with self._interrupts():
                result = call(name, self.handle, *arguments)
        except _library.Error:
            if self.raised is None:
                raise
        finally:
            self._keep.clear()  # the callbacks refer to this object, which keeps the pixels
        if self.raised is not None:
            raise self.raised
        return result


def _options(options: dict, **more) -> dict:
    """Options of `cyclone train`, with a Schedule taken apart into its text and rates."""
    merged = {**more, **options}
    schedule = merged.get("schedule")
    if isinstance(schedule, Schedule):
        if schedule.total not in (None, str(_NO_END)):
            raise UsageError(
                f"fit: expected a schedule whose length is that of the training, got total={schedule.total} (hint: name it, "
                f"schedule={schedule.text!r}, max_lr={schedule.max_lr}: fit() knows the length)"
            )
        merged.update(schedule=schedule.text, max_lr=schedule.max_lr, step_size=schedule.step_size)
        merged["base_lr"] = schedule.base_lr
    return merged


class Training:
    """What fit() gives: the trained network and the history, with predict() and save() for short."""

    def __init__(self, run: _Run):
        self._handle = run.handle
        #: the trained network: of the best epoch where there is a validation set, else of the last one
        self.classifier = Classifier._of(Handle("classifier", "training_classifier", run.handle))
        #: columns of the history as arrays: a value per update ("learning_rate", "loss", ...) or per epoch ("epoch_loss",
        #: "validation_auc", ...)
        self.history: dict[str, np.ndarray] = {}
        for column in _COLUMNS_OF_UPDATES + _COLUMNS_OF_EPOCHS:
            self.history[column] = self.column(column)
        #: what people should know, a line each
        self.notes: str = text_of("training_notes", run.handle)

    def column(self, name: str) -> np.ndarray:
        """A column of the history by name, also "validation_" with the name of any metric."""
        written = ctypes.c_size_t()
        call("training_history", self._handle, name.encode(), None, 0, ctypes.byref(written))
        values = np.empty(written.value)
        call("training_history", self._handle, name.encode(), pointer(values, ctypes.c_double), len(values), None)
        return values

    @property
    def learning_rate(self) -> np.ndarray:
        """Of each update."""
        return self.history["learning_rate"]

    @property
    def loss(self) -> np.ndarray:
        """Of each update's batch, before the update."""
        return self.history["loss"]

    def predict(self, images) -> np.ndarray:
        """Classifier.probabilities() of the trained network."""
        return self.classifier.probabilities(images)

    def save(self, path) -> None:
        """Classifier.save() of the trained network."""
        self.classifier.save(path)

    def _rows(self):
        h = self.history
        yield "updates", f"{len(h['loss']):,}"
        if len(h["epoch_loss"]):
            yield "training loss, last epoch", f"{h['epoch_loss'][-1]:.4f}"
        for name in ("validation_loss", "validation_accuracy", "validation_auc", "validation_f1"):
            if len(h[name]) and not np.isnan(h[name][-1]):
                yield name.replace("_", " "), f"{h[name][-1]:.4f}"

    def __repr__(self):
        return "<cyclone training: " + ", ".join(f"{name} {value}" for name, value in self._rows()) + ">"

    def _repr_html_(self):
        rows = "".join(f"<tr><td>{html.escape(name)}</td><td>{value}</td></tr>" for name, value in self._rows())
        notes = f"<pre>{html.escape(self.notes)}</pre>" if self.notes else ""
        return f"<table>{rows}</table>{notes}"


def fit(x, y, *, model: str | None = None, schedule: "str | Schedule | None" = None, epochs: float | None = None,
        batch_size: int | None = None, seed: int | None = None, threads: int | None = None, validation: tuple | None = None,
        class_names=None, progress: bool | None = None, on_update: Callable[[Update], object] | None = None,
        on_epoch: Callable[[Epoch], object] | None = None, **options) -> Training:
    """Trains a network on images and class numbers, with the bits of `cyclone train` for the same data and options.

    x: (N, H, W) or (N, H, W, C), uint8, uint16 or float32, not copied if contiguous (float64 is converted).
    y: (N,) class numbers from 0. validation: (images, labels), measured after each epoch; chooses epoch and threshold.
    model: "study", "resnet:20", or layers in words; schedule: a text such as "triangular" or a Schedule;
    options: others of `cyclone train` with underscores (base_lr, max_lr, step_size, optimizer, rebalance, ...), those
    of cyclone.names("options"). progress: a line on standard error; by default on a terminal and in a notebook.
    on_update, on_epoch: called with an Update or Epoch; a true value ends the training cleanly. Ctrl-C does, too.

    Raises UsageError for options and shapes that cannot work, Error for values that cannot (labels beyond the classes,
    pixels that are not finite), Diverged, and what a callback raised.
    """
    merged = _options(options, model=model, schedule=schedule, epochs=epochs, batch_size=batch_size, seed=seed,
                      threads=threads)
    line = Progress(progress)

    def each_update(update: Update):
        line.update(update)
        return on_update(update) if on_update else 0

    run = _Run(x, y, validation, class_names, merged, each_update, on_epoch or (lambda epoch: 0))
    with line:
        run.run("training_run")
    return Training(run)


class RangeTest(NamedTuple):
    """What range_test() gives: the curve, the mean of the seeds, and the rates that are found for a cycle."""

    rates: np.ndarray  #: learning rates, rising
    losses: np.ndarray  #: smoothed training loss at each
    base_lr: float | None  #: lowest rate of a cycle; None where none was found
    max_lr: float | None  #: highest rate of a cycle
    reason: str  #: why these, or why none


def range_test(x, y, *, model: str | None = None, batch_size: int | None = None, threads: int | None = None,
               progress: bool | None = None, **options) -> RangeTest:
    """Short trainings with rising rates (Smith 2017, section 3.3), and short cycles that confirm or correct the pair
    that they suggest: which learning rates are worth a cycle? The same rates as `cyclone find-lr` for the same images
    and seeds.

    x, y, model and options as fit(); besides range_from, range_to, range_updates (of a sweep; by default 300, and up to
    1200 where nothing is learned), range_seeds (3: sweeps, with seeds from seed on), range_trials (updates of each
    cycle; by default half of a sweep's, and up to four times that; 0: none, faster). Nothing is shown meanwhile, and
    Ctrl-C waits for the end.

        >>> found = cyclone.range_test(x, y)
        >>> if found.max_lr: cyclone.fit(x, y, base_lr=found.base_lr, max_lr=found.max_lr)
    """
    merged = _options(options, model=model, batch_size=batch_size, threads=threads)
    line = Progress(progress)
    run = _Run(x, y, None, None, merged, line.update, lambda epoch: 0, what="range_test")
    test = _library.c_void_p()
    try:
        with line:
            run.run("range_test_run", ctypes.byref(test))
        return _range_test_of(test)
    finally:
        call("range_test_free", test)


def _range_test_of(test) -> RangeTest:
    written = ctypes.c_size_t()
    call("range_test_curve", test, None, None, 0, ctypes.byref(written))
    rates, losses = np.empty(written.value), np.empty(written.value)
    call("range_test_curve", test, pointer(rates, ctypes.c_double), pointer(losses, ctypes.c_double), len(rates), None)
    found = _library.Rates()
    call("range_test_rates", test, ctypes.byref(found))
    pair = (found.base_lr, found.max_lr) if found.found else (None, None)
    return RangeTest(rates, losses, *pair, (found.reason or b"").decode())
