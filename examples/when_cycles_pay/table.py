#!/usr/bin/env python3
"""Tables (Markdown) of the comparisons that run.sh left in a folder: schedules by budget, schedules by highest rate.

Example: examples/when_cycles_pay/table.py runs/pay
A cell is the mean over the seeds of --metric on the test set and its standard deviation, in thousandths.
"""

import argparse
import json
import pathlib
import sys


def read(folder):
    """{network: {"budget" or "rate": {quarters or factor: result}}} of the comparisons below `folder`."""
    found = {}
    for path in sorted(folder.glob("*/result.json")):
        network, kind, value = path.parent.name.rsplit("-", 2)
        found.setdefault(network, {}).setdefault(kind, {})[float(value)] = json.loads(path.read_text())
    return found


def cell(result, name, metric):
    for row in result["schedules"]:
        if row["name"] == name and row[metric]["mean"] is not None:
            return f"{1000 * row[metric]['mean']:.0f} ± {1000 * (row[metric]['sd'] or 0):.0f}"
    return "-"


def table(title, heads, results, metric):
    names = [row["name"] for row in results[0]["schedules"]]
    print(f"| {title} | " + " | ".join(heads) + " |")
    print("|---" * (len(heads) + 1) + "|")
    for name in names:
        print(f"| {name} | " + " | ".join(cell(result, name, metric) for result in results) + " |")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--metric", default="average_precision", help="a name of result.json: auc, f1, log_loss, ...")
    args = parser.parse_args()
    found = read(args.folder)
    if not found:
        sys.exit(f"{args.folder}: expected the folder that run.sh wrote, found no NAME/result.json in it")
    any_result = next(result for kinds in found.values() for results in kinds.values() for result in results.values())
    metrics = [name for name, value in any_result["schedules"][0].items() if isinstance(value, dict) and "sd" in value]
    if args.metric not in metrics:
        sys.exit(f"--metric: expected one of {', '.join(metrics)}, got '{args.metric}'")
    for network, kinds in found.items():
        budgets, rates = kinds.get("budget", {}), dict(kinds.get("rate", {}))
        if budgets:
            keys = sorted(budgets)
            table(f"{network}, {args.metric} x 1000",
                  [f"{budgets[k]['schedules'][0]['updates']} updates" for k in keys], [budgets[k] for k in keys],
                  args.metric)
        if rates:
            rates |= {1.0: budgets[4]} if 4 in budgets else {}
            keys = sorted(rates)
            table(f"{network}, highest rate", [f"x {k:g}" for k in keys], [rates[k] for k in keys], args.metric)


main()
