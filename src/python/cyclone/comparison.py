"""Comparisons of learning-rate schedules: the program's `compare` on arrays."""

from __future__ import annotations

import html
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

import numpy as np

from ._arrays import images_of, labels_of
from ._library import Error, UsageError
from ._program import program


class Comparison:
    """What compare() gives. In a notebook it shows itself as the report's page."""

    def __init__(self, folder: pathlib.Path, keep=None):
        #: the run folder
        self.folder = folder
        #: result.json: configurations, runs, statistics
        self.result: dict = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        #: the report as one self-contained page
        self.page: str = (folder / "report.html").read_text(encoding="utf-8")
        self._keep = keep  # a folder of our own goes when nobody needs it

    def __repr__(self):
        return f"<cyclone comparison in {self.folder}>"

    def _repr_html_(self):
        return (f'<iframe srcdoc="{html.escape(self.page)}" style="width:100%;height:40rem;border:0" '
                'title="Comparison of learning-rate schedules"></iframe>')


def compare(x, y, *, schedules=None, out=None, progress: bool | None = None, **options) -> Comparison:
    """Compares learning-rate schedules on images and class numbers: same batches and first weights for all, several
    seeds, intervals, verdicts. Runs `cyclone compare`.

    x, y: as fit(). schedules: texts such as ["constant:mean", "triangular", "one-cycle"]. out: the run folder, which then
    stays and can go on; without it a temporary one. options: those of `cyclone compare` with underscores (seeds, epochs,
    base_lr, max_lr, model, ...). Raises Error with the program's message, which
    stands on standard error where its progress is shown.
    """
    _struct, images = images_of(x, "compare")
    labels = labels_of(y, "compare")
    if len(images) != len(labels):
        raise UsageError(f"compare: expected a label for each of {len(images)} images, got {len(labels)}")
    own = tempfile.TemporaryDirectory(prefix="cyclone-") if out is None else None
    folder = pathlib.Path(own.name) / "run" if own else pathlib.Path(out)
    with tempfile.TemporaryDirectory(prefix="cyclone-") as data:
        file = pathlib.Path(data) / "data.npz"
        np.savez(file, images=images, labels=labels)
        command = [program(), "compare", str(file), "--layout", "nhwc", "--out", str(folder)]
        if schedules is not None:
            command += ["--schedules", schedules if isinstance(schedules, str) else ",".join(schedules)]
        command += _flags(options)
        watched = sys.stderr.isatty() if progress is None else progress
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=None if watched else subprocess.PIPE,
                              text=True, encoding="utf-8", errors="replace") as process:
            try:
                _, said = process.communicate()
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)  # a terminal sent it one already: two at once are one
                process.communicate()               # it writes what is finished
                raise
    if process.returncode != 0:
        message = (said or "").strip() or f"cyclone compare ended with code {process.returncode}"
        raise (UsageError if process.returncode == 2 else Error)(message)
    return Comparison(folder, own)


def _flags(options: dict) -> list[str]:
    flags = []
    for key, value in options.items():
        name = "--" + key.replace("_", "-")
        if value is True:
            flags.append(name)
        elif value is not False and value is not None:
            flags += [name, ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)]
    return flags
