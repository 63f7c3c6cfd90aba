#!/usr/bin/env python3
"""Is the pair that `cyclone find-lr` suggests as good as the best of a grid of pairs?

Every pair trains `triangular` (six half cycles) for the same epochs: first all 36 with one seed, then the best
eight with three. The suggested pair is behind by the difference of the means; beyond --within, both go on to five seeds and
a paired interval decides. The best of 36 is chosen by what it is then measured by, which is on the grid's side.

Example: python3 tests/bench/find_lr_grid.py --program build/bin/cyclone --out build/grid-breast \\
    --epochs 17 --images 546 --within 0.03 ../shared/data/breastmnist/breastmnist.npz
"""

import argparse
import json
import pathlib
import statistics
import subprocess

from comparisons import compare, paired_difference

MAXIMA = [0.4 / 2**k for k in range(6)]
RATIOS = [2, 4, 8, 16, 32, 64]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", help="as cyclone compare takes it (default: the generated patches)")
    parser.add_argument("--program", default="build/bin/cyclone")
    parser.add_argument("--out", required=True, help="folder for all runs; finished ones are not trained again")
    parser.add_argument("--epochs", type=int, required=True, help="of each training")
    parser.add_argument("--images", type=int, required=True, help="of the training set, for the length of a cycle")
    parser.add_argument("--within", type=float, default=0.01, help="AUC that the suggested pair may be behind")
    parser.add_argument("--sweep-updates", type=int, help="for find-lr (default: its own)")
    parser.add_argument("--option", action="append", default=[], help="for compare and find-lr, as --option=--positive=8")
    return parser.parse_args()


def main():
    a = arguments()
    out = pathlib.Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    data = ([a.data] if a.data else []) + a.option
    sweep = ["--updates", str(a.sweep_updates)] if a.sweep_updates else []
    find = subprocess.run([a.program, "find-lr", *data, *sweep, "--out", str(out / "find-lr"), "--overwrite", "--json"],
                          stdout=subprocess.PIPE, text=True)
    found = json.loads(find.stdout)
    if not found["pair"]:
        raise SystemExit(f"find-lr suggests nothing: {found['suggestions']['no_pair']}")
    suggested = (found["pair"]["base"], found["pair"]["max"])
    print(f"suggested: {suggested[0]:.4g} to {suggested[1]:.4g}", flush=True)

    def train(base, high, seeds):
        return compare(a.program, out / f"{base:.6f}-{high:.6f}",
                       [*data, "--schedules", "triangular", "--base-lr", f"{base:.6g}", "--max-lr", f"{high:.6g}",
                        "--epochs", str(a.epochs), "--step-size", str(a.epochs * -(-a.images // 32) // 6),
                        "--evaluate-every", "0"], seeds)

    def mean(values, seeds):
        return statistics.fmean(values.values()) if len(values) == seeds else 0.0  # a seed that diverged counts

    grid = {}
    for high in MAXIMA:
        for ratio in RATIOS:
            grid[high / ratio, high] = mean(train(high / ratio, high, 1), 1)
        print(f"max {high:.4g}:", *(f"{grid[high / r, high]:.4f}" for r in RATIOS), flush=True)
    leading = sorted(grid, key=grid.get, reverse=True)[:8]
    three = {pair: mean(train(*pair, 3), 3) for pair in leading}
    for pair in leading:
        print(f"three seeds: {pair[0]:.4g} to {pair[1]:.4g}: {three[pair]:.4f}", flush=True)
    best = max(three, key=three.get)
    own = mean(train(*suggested, 3), 3)
    behind = three[best] - own
    print(f"suggested with three seeds: {own:.4f}, behind the best of the grid by {behind:.4f}")
    if behind <= a.within:
        print(f"holds: within {a.within}")
        return
    difference, low, high = paired_difference(train(*suggested, 5), train(*best, 5))
    print(f"five seeds: {difference:+.4f} [{low:+.4f}, {high:+.4f}]")
    print("holds: not shown to be worse" if high >= 0 else "MISSED: shown to be worse")


if __name__ == "__main__":
    main()
