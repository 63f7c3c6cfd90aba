#!/usr/bin/env python3
"""Python's fit() against the program, on the same images with the same options: the ratio of the time, and the bits.

Each round is a process of either, in turns: A B, B A, A B, ... Compared are the seconds of training as both write them
down (without validation, files and start), as program / Python: 1 is the same, below it Python is slower; the bar is
0.97 for the median. The seconds of the whole process stand beside it: the program also writes pages, Python also loads
NumPy. The weights of each round must be the same bits. Only on a quiet machine; with an A-A line of the program against
itself, which says what the ratio is worth.

Example: python3 tests/bench/python_fit.py --program build/bin/cyclone --library build/libcyclone.so --rounds 8
"""

import argparse
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve()


def write_data(path, images, seed=1):
    import numpy as np

    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, images)
    x = random.normal(100, 30, (images, 16, 16)) + 40 * labels[:, None, None] * (np.arange(16) % 4 == 0)
    x = x.clip(0, 255).astype(np.uint8)
    part = images // 5
    np.savez(path, x_train=x[part:], y_train=labels[part:], x_val=x[:part], y_val=labels[:part], x_test=x[:part],
             y_test=labels[:part])


def train_here(data, out, options):
    """What a process of Python does; prints the seconds of training."""
    import numpy as np

    import cyclone

    d = np.load(data)
    trained = cyclone.fit(d["x_train"], d["y_train"], validation=(d["x_val"], d["y_val"]), progress=False, **options)
    trained.save(out)
    print(json.dumps(float(trained.history["epoch_seconds"].sum())))


def tensors_of(path):
    """Name to (dtype, shape, bytes) of a safetensors file."""
    content = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + size])
    header.pop("__metadata__", None)
    return {name: (t["dtype"], t["shape"], content[8 + size:][slice(*t["data_offsets"])]) for name, t in header.items()}


class Sides:
    def __init__(self, a, folder):
        self.a, self.folder, self.data = a, folder, folder / "data.npz"
        self.options = {"model": a.model, "epochs": a.epochs, "threads": a.threads, "seed": 3}
        write_data(self.data, a.images)

    def timed(self, command, **more):
        begin = time.perf_counter()
        done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, **more)
        return time.perf_counter() - begin, done.stdout

    def python(self):
        out = self.folder / "python.safetensors"
        environment = {**os.environ, "CYCLONE_LIBRARY": self.a.library,
                       "PYTHONPATH": str(HERE.parents[2] / "src/python"), "PYTHONDONTWRITEBYTECODE": "1"}
        whole, text = self.timed([sys.executable, HERE, "--worker", json.dumps(self.options), "--data", self.data, "--out",
                                  out], env=environment)
        return json.loads(text), whole, tensors_of(out)

    def program(self):
        run = self.folder / "run"
        flags = [text for key, value in self.options.items() for text in (f"--{key}", value)]
        whole, _ = self.timed([self.a.program, "train", self.data, *flags, "--quiet", "--overwrite", "--out", run])
        epochs = json.loads((run / "training.json").read_text())["epochs"]
        return sum(epoch["seconds"] for epoch in epochs), whole, tensors_of(run / "best.safetensors")


def show(name, ratios, bar=None):
    median = statistics.median(ratios)
    verdict = "" if bar is None else ", bar %.2f %s" % (bar, "holds" if median >= bar else "MISSED")
    print(f"{name}: {median:.3f} of {len(ratios)} rounds, {min(ratios):.3f} to {max(ratios):.3f}{verdict}", flush=True)


def measure(a):
    with tempfile.TemporaryDirectory() as folder:
        sides = Sides(a, pathlib.Path(folder))
        expected = sides.program()[2]  # warms files and caches, too
        same, training, whole, itself = True, [], [], []
        for i in range(a.rounds):
            order = [sides.python, sides.program] if i % 2 else [sides.program, sides.python]
            took = {side.__name__: side() for side in order}
            again = sides.program()
            same = same and all(result[2] == expected for result in (*took.values(), again))
            training.append(took["program"][0] / took["python"][0])
            whole.append(took["program"][1] / took["python"][1])
            itself.append(took["program"][0] / again[0])
        print(f"{a.images} images of 16x16, {a.model}, {a.epochs} epochs, {a.threads} threads, {os.cpu_count()} processors")
        show("seconds of training, program / Python", training, bar=0.97)
        show("seconds of the process, program / Python", whole)
        show("seconds of training, program / program", itself)
        print("weights: " + ("the same bits in all rounds" if same else "DIFFERENT BITS"))
        return 0 if same else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/bin/cyclone")
    parser.add_argument("--library", help="libcyclone.so of the same build")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--images", type=int, default=10000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--model", default="study")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--data", help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.worker:
        return train_here(a.data, a.out, json.loads(a.worker))
    if not a.library:
        parser.error("--library: expected the path of libcyclone.so")
    return measure(a)


if __name__ == "__main__":
    sys.exit(main())
