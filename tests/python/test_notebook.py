"""The notebook runs from top to bottom, and its classes are learned."""

import pathlib
import re

NOTEBOOK = pathlib.Path(__file__).parents[2] / "examples/notebook/tour.py"


def test_the_cells_run_in_their_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cells = [cell for cell in re.split(r"(?m)^# %%.*\n", NOTEBOOK.read_text()) if not re.fullmatch(r"(#.*\n|\s*\n)*", cell)]
    assert len(cells) == 5
    names = {}
    for number, cell in enumerate(cells):
        exec(compile(cell, f"{NOTEBOOK.name}, cell {number + 1}", "exec"), names)
    assert set(names["auc"]) == {"constant:mean", "triangular"}
    assert max(map(max, names["auc"].values())) > 0.8
    assert (tmp_path / "blobs.safetensors").exists()
    assert "since" in capsys.readouterr().out
