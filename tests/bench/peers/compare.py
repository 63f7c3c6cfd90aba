#!/usr/bin/env python3
"""Cyclone beside other frameworks: the same net and batch, in turns A B A B on the same processors.

Example: python3 tests/bench/peers/compare.py --bench build/bench/bin/bench --venv build/peers --peers pytorch jax
"""

import argparse
import json
import os
import pathlib
import select
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
START_SECONDS = 180  # a compiling peer takes half a minute

# name: packages to install, modules that must import, modes to try in f32 and in bf16; the fastest of each counts.
PEERS = {
    "pytorch": (["torch", "numpy"], ["torch"], ["contiguous", "channels_last", "compiled"], ["autocast"]),
    "keras": (["keras", "tensorflow"], ["keras", "tensorflow"], ["tensorflow"], ["mixed_bfloat16"]),
    "jax": (["jax", "flax"], ["jax", "flax"], ["jit"], []),
    "dlib": ([], [], ["blas"], []),
    "onnxruntime": (["onnxruntime", "onnx"], ["onnxruntime", "onnx"], ["cpu"], []),
    "openvino": (["openvino", "onnx"], ["openvino", "onnx"], ["f32"], ["bf16"]),
}
CASES = [("training", 32), ("training", 128), ("training", 512), ("inference", 512), ("inference", 32), ("inference", 1)]
ONLY_INFERENCE = ["onnxruntime", "openvino"]
# Cyclone by the peer, both in f32.
BARS = {("pytorch", "training", 32): 2.0, ("pytorch", "inference", 512): 1.3, ("pytorch", "inference", 1): 3.0}
for _peer in ("pytorch", "keras", "jax"):
    for _batch, _bar in ((32, 1.8), (128, 1.4), (512, 1.5)):
        BARS.setdefault((_peer, "training", _batch), _bar)


class Missing(Exception):
    """A peer that cannot be measured here, with the reason."""


class Worker:
    """A process that works when it is told to (see worker.py); ended in any case."""

    def __init__(self, command, threads):
        processors = sorted(os.sched_getaffinity(0))[:threads]
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
            env=environment, preexec_fn=lambda: os.sched_setaffinity(0, processors))
        self.wait_for("started")
        self.start_seconds = time.perf_counter() - begin
        self.wait_for("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        text = self.process.stdout.readline() if ready else ""
        if text:
            return text.strip()
        self.process.kill()
        errors = self.process.communicate()[1].strip().splitlines()
        raise Missing(errors[-1] if errors else f"no answer within {START_SECONDS} s")

    def wait_for(self, word):
        while self.line() != word:  # frameworks print on their own account
            pass

    def turn(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return float(self.line())

    def peak_mb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
        return float("nan")


def run(command):
    """The last line of what a failing command says becomes the reason."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Missing(lines[-1] if lines else f"{command[0]} failed")


def prepare_python_peer(name, venv, install):
    """Gives the interpreter of `venv` with the peer's packages in it."""
    packages, modules, _, _ = PEERS[name]
    python = venv / "bin" / "python"
    if not (venv / "bin" / "pip").exists():  # where making it failed there is a python without pip
        run([sys.executable, "-m", "venv", str(venv)])
    importable = [str(python), "-c", "import " + ", ".join(modules)]
    try:
        run(importable)
    except Missing:
        if not install:
            raise
        print(f"installing {' '.join(packages)} into {venv} ...", flush=True)
        run([str(python), "-m", "pip", "install", "-q", *packages])
        run(importable)
    return python


def build_dlib_peer(venv):
    """Gives the compiled twin; needs dlib's headers and library on the system."""
    program = venv / "dlib_peer"
    if not program.exists():
        venv.mkdir(parents=True, exist_ok=True)
        run(["g++", "-std=c++17", "-O3", "-march=native", "-o", str(program), str(HERE / "dlib_peer.cpp"), "-ldlib",
             "-lopenblas", "-lpthread"])
    return program


def peer_command(name, options):
    if name == "dlib":
        return [str(build_dlib_peer(options.venv))]
    return [str(prepare_python_peer(name, options.venv, options.install)), str(HERE / f"{name}_peer.py")]


def has_bf16():
    """Whether this processor multiplies bf16 by itself: elsewhere bf16 is slower than f32, which nobody would choose."""
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def fastest_mode(modes, command, case, options):
    """Tries each mode with a few turns."""
    rates, reasons = {}, []
    for mode in modes:
        try:
            with Worker([*command, *map(str, case), str(options.threads), mode], options.threads) as worker:
                rates[mode] = statistics.median(worker.turn(options.seconds) for _ in range(3))
        except Missing as reason:
            reasons.append(f"{mode}: {reason}")
    if not rates:
        raise Missing("; ".join(reasons))
    return max(rates, key=rates.get), rates


def measure(name, command, case, modes, options):
    task, batch = case
    bf16 = modes is PEERS[name][3]
    mode, rates = fastest_mode(modes, command, case, options)
    ours_command = [str(options.bench), "--worker", f"{task}:{batch}"]
    theirs_command = [*command, task, str(batch), str(options.threads), mode]
    with Worker(ours_command, options.threads) as ours, Worker(theirs_command, options.threads) as theirs:
        turns = [(ours.turn(options.seconds), theirs.turn(options.seconds)) for _ in range(options.rounds)]
        return {
            "name": f"{task}, batch {batch}, against {name}{' in bf16' if bf16 else ''}",
            "value": statistics.median(a for a, _ in turns),
            "unit": "images/s",
            "limit": statistics.median(b for _, b in turns),
            "ratio": statistics.median(a / b for a, b in turns),
            "bar": None if bf16 else BARS.get((name, task, batch)),
            "mode": mode,
            "modes": rates,
            "start_seconds": [ours.start_seconds, theirs.start_seconds],
            "peak_mb": [ours.peak_mb(), theirs.peak_mb()],
        }


def show(row):
    bar = row["bar"]
    verdict = "" if bar is None else f"  >= {bar:.2f} {'holds' if row['ratio'] >= bar else 'MISSED'}"
    print(f"  {row['name']:<40} {row['value']:>9.0f} {row['limit']:>9.0f} {row['ratio']:>7.2f}"
          f"   {row['mode']:<14} {row['start_seconds'][0]:>5.1f} / {row['start_seconds'][1]:<5.1f}"
          f" {row['peak_mb'][0]:>5.0f} / {row['peak_mb'][1]:<5.0f}{verdict}", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=pathlib.Path, required=True, help="Cyclone's bench program")
    parser.add_argument("--venv", type=pathlib.Path, required=True, help="virtual environment, made when missing")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--no-install", dest="install", action="store_false", help="measure what is there already")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one turn")
    parser.add_argument("--json", type=pathlib.Path, help="also write the rows to this file")
    return parser.parse_args()


def main():
    options = parse_arguments()
    rows, missing = [], {}
    print(f"{options.threads} threads, turns of {options.seconds} s, median of {options.rounds} rounds\n")
    print(f"  {'images/s':<40} {'Cyclone':>9} {'peer':>9} {'ratio':>7}   {'fastest mode':<14} first step, s   peak MB")
    for name in options.peers:
        try:
            command = peer_command(name, options)
            for case in CASES:
                if case[0] == "training" and name in ONLY_INFERENCE:
                    continue
                for modes in PEERS[name][2:] if has_bf16() else PEERS[name][2:3]:
                    if modes:
                        rows.append(measure(name, command, case, modes, options))
                        show(rows[-1])
        except Missing as reason:
            missing[name] = str(reason)
            print(f"  {name}: not measured: {reason}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "not_measured": missing}, indent=2) + "\n")


main()
