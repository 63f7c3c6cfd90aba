#!/usr/bin/env python3
"""What a precision does to the accuracy: the same comparison in f32 and in the other precision, paired by schedule and seed.

Example: python3 tests/bench/accuracy.py --cyclone build/bin/cyclone --out accuracy nuclei16 --epochs 3
Everything after --out FOLDER goes to `cyclone compare`. Folders that are there already are resumed, and finished runs kept.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

# Student's t, two-sided 95 %, by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 14: 2.145, 19: 2.093}
METRICS = ("auc", "average_precision", "log_loss")


def compare(cyclone, folder, precision, more):
    """The finished runs of `cyclone compare` in this precision, by schedule and seed."""
    resume = ["--resume"] if (folder / "config.json").exists() else more
    command = [cyclone, "compare", *resume, "--precision", precision, "--out", str(folder), "--quiet"]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit("accuracy: failed: " + " ".join(command))
    runs = json.loads((folder / "result.json").read_text())["runs"]
    return {(run["schedule"], run["seed"]): run for run in runs if run["status"] == "finished"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cyclone", required=True, help="the program")
    parser.add_argument("--precision", default="bf16-emulated", help="to set against f32 (default: bf16-emulated)")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder for both comparisons")
    options, more = parser.parse_known_args()
    if "--seeds" not in more:
        more += ["--seeds", "5"]
    options.out.mkdir(parents=True, exist_ok=True)
    f32, other = (compare(options.cyclone, options.out / p, p, more) for p in ("f32", options.precision))
    pairs = sorted(f32.keys() & other.keys())
    if len(pairs) < len(f32.keys() | other.keys()):
        print(f"{len(f32.keys() | other.keys()) - len(pairs)} run(s) did not finish in both precisions and are left out")
    for schedule in sorted({schedule for schedule, _ in pairs}):
        own = [pair for pair in pairs if pair[0] == schedule]
        if len(own) - 1 not in T95:
            sys.exit(f"accuracy: expected 2 to 10, 15 or 20 seeds, got {len(own)} of {schedule}")
        for metric in METRICS:
            differences = [other[pair][metric] - f32[pair][metric] for pair in own]
            mean = statistics.mean(differences)
            half = T95[len(own) - 1] * statistics.stdev(differences) / len(own) ** 0.5
            print(
                f"{schedule:16} {metric:18} f32 {statistics.mean(f32[p][metric] for p in own):.4f}, {options.precision}"
                f" - f32 {mean:+.5f}, 95 % from {mean - half:+.5f} to {mean + half:+.5f} ({len(own)} seeds)"
            )


if __name__ == "__main__":
    main()
