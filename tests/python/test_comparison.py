"""compare() and python -m cyclone, which run the program."""

import subprocess
import sys

import pytest

import cyclone
from data import SMALL, stripes


def test_compare_gives_result_and_page(tmp_path):
    x, y = stripes(200)
    found = cyclone.compare(x, y, schedules=["constant:mean", "triangular"], seeds=2, epochs=2, model=SMALL["model"], base_lr=0.02,
                            max_lr=0.2, step_size="1epoch", threads=1, out=tmp_path / "run", progress=False)
    assert found.folder == tmp_path / "run"
    text = str(found.result)
    assert "triangular" in text and "constant:mean" in text
    assert "<iframe" in found._repr_html_() and "<svg" in found.page


def test_compare_says_what_the_program_says():
    x, y = stripes(40)
    with pytest.raises(cyclone.UsageError, match="triangular"):
        cyclone.compare(x, y, schedules=["triangel"], progress=False)
    with pytest.raises(cyclone.UsageError, match="label"):
        cyclone.compare(x, y[:-1])


def test_the_program_as_a_module():
    done = subprocess.run([sys.executable, "-m", "cyclone", "--version"], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0 and cyclone.__version__ in done.stdout
    wrong = subprocess.run([sys.executable, "-m", "cyclone", "trian"], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    assert wrong.returncode == 2
