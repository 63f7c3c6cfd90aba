"""What the long experiments of this folder share: comparisons that the program runs, and paired differences of seeds."""

import json
import math
import pathlib
import statistics
import subprocess

# Quantiles of Student's t at 97.5 %, by degrees of freedom.
T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


def compare(program, folder, arguments, seeds):
    """The AUC of the seeds 1 to `seeds` (a dict) under the one schedule that `arguments` ask for.

    Finished runs in `folder` are kept, also those of more seeds. A run that diverged has no AUC and is left out.
    """
    folder = pathlib.Path(folder)
    mode = ["--resume"] if (folder / "result.json").exists() else ["--overwrite"]
    command = [program, "compare", *arguments, "--out", str(folder), "--seeds", str(seeds), "--quiet", *mode]
    done = subprocess.run(command, capture_output=True, text=True)
    result = folder / "result.json"
    if done.returncode != 0 or not result.exists():
        raise SystemExit(f"{' '.join(command)} ended with code {done.returncode}:\n{done.stderr}")
    [row] = json.loads(result.read_text())["schedules"]
    return {seed: auc for seed, auc in zip(row["seeds"], row["auc"]["runs"]) if seed <= seeds}


def paired_difference(values, others):
    """Mean of values - others over the seeds that both have, and its 95 % t interval."""
    differences = [values[seed] - others[seed] for seed in sorted(values.keys() & others.keys())]
    mean = statistics.fmean(differences)
    if len(differences) < 2:
        return mean, -math.inf, math.inf
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    reach = T_975[len(differences) - 1] * error
    return mean, mean - reach, mean + reach
