"""A line about a running training, on a terminal or in a notebook."""

from __future__ import annotations

import builtins
import sys
import time


class Progress:
    """Writes at most five times per second; None: only where somebody looks."""

    def __init__(self, wanted: bool | None):
        in_notebook = hasattr(builtins, "get_ipython")
        self._on = (in_notebook or sys.stderr.isatty()) if wanted is None else wanted
        self._last = self._start = time.monotonic()
        self._width = 0

    def update(self, update) -> None:
        """Called after each update."""
        now = time.monotonic()
        if not self._on or (now - self._last < 0.2 and update.update + 1 < update.updates):
            return
        self._last = now
        done = update.update + 1
        left = (now - self._start) / done * (update.updates - done)
        self._write(f"epoch {update.epoch}/{update.epochs}  update {done:,}/{update.updates:,}  loss {update.loss:.4f}  "
                    f"lr {update.learning_rate:.3g}  {left:.0f} s left")

    def _write(self, line: str) -> None:
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._width:
            sys.stderr.write("\n")
