"""Where the program `cyclone` is."""

from __future__ import annotations

import os
import pathlib
import shutil

from ._library import Error


def program() -> str:
    """CYCLONE_PROGRAM, else the program of the wheel, else the one on PATH."""
    named = os.environ.get("CYCLONE_PROGRAM")
    if named:
        return named
    beside = pathlib.Path(__file__).parent / "bin" / "cyclone"
    found = str(beside) if beside.exists() else shutil.which("cyclone")
    if not found:
        raise Error("cyclone: expected the program in the package or on PATH, found none (hint: CYCLONE_PROGRAM=PATH names one)")
    return found
