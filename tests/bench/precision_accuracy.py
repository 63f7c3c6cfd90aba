#!/usr/bin/env python3
"""Does training in bf16 change the AUC? The same comparison in f32 and in bf16, seed by seed.

Prints the mean difference bf16 - f32 with its 95 % t interval; the bar is an interval within +-0.002.

Example: python3 tests/bench/precision_accuracy.py --program build/bin/cyclone --out build/precision --seeds 5 -- --epochs 6
"""

import argparse
import statistics

from comparisons import compare, paired_difference


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/bin/cyclone")
    parser.add_argument("--out", required=True, help="folder for all runs; finished ones are not trained again")
    parser.add_argument("--seeds", type=int, default=5, choices=range(1, 11))
    parser.add_argument("--precision", default="bf16", help="bf16, or bf16-emulated where the processor has none")
    parser.add_argument("--schedule", default="triangular")
    parser.add_argument("compare", nargs="*", help="data and options of cyclone compare")
    a = parser.parse_args()
    values = {}
    for precision in ("f32", a.precision):
        values[precision] = compare(
            a.program, f"{a.out}/{precision}",
            [*a.compare, "--schedules", a.schedule, "--precision", precision, "--evaluate-every", "0"], a.seeds)
        mean = statistics.fmean(values[precision].values())
        print(f"{precision}: {mean:.5f} of {len(values[precision])} seeds", flush=True)
    difference, low, high = paired_difference(values[a.precision], values["f32"])
    print(f"{a.precision} - f32: {difference:+.5f} [{low:+.5f}, {high:+.5f}]")


if __name__ == "__main__":
    main()
