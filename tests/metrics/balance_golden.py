# Writes balance_golden.h: what scikit-learn and imbalanced-learn say of the cases below. Not needed to build the tests.
#   python3 -m venv v && v/bin/pip install scikit-learn==1.9.1 imbalanced-learn==0.14.2 numpy==2.4.6
#   v/bin/python tests/metrics/balance_golden.py > tests/metrics/balance_golden.h
import math
import numpy as np
from sklearn import metrics as m
from sklearn.utils.class_weight import compute_class_weight
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler


def lcg(n, seed):  # the test computes the same numbers
    x, out = seed, []
    for _ in range(n):
        x = (1103515245 * x + 12345) % 2**31
        out.append(x >> 16)  # 0 ... 32767
    return np.array(out)


def drawn(n, seed, levels, per_positive, shift):
    """As in sklearn_golden.py: scores on `levels` steps, about one positive in per_positive, shifted upwards."""
    words = lcg(2 * n, seed)
    y = (words[0::2] % per_positive == 0).astype(int)
    return y, np.minimum(words[1::2] % levels + y * shift, levels) / levels


def best(y, s, value):
    cuts = [np.inf] + sorted(set(s), reverse=True)
    return max(value(y, (s >= c).astype(int)) for c in cuts)


def recall_at(precision):
    def value(y, called):
        ok = called.sum() > 0 and m.precision_score(y, called, zero_division=0) >= precision
        return m.recall_score(y, called) if ok else -1
    return value


def numbers(values):
    return "{" + ", ".join("infinity" if math.isinf(v) else repr(float(v)) for v in values) + "}"


print("#pragma once\n// Written by balance_golden.py with scikit-learn and imbalanced-learn; do not edit.\n// clang-format off\n")
print("// arguments of drawn(), best F1, MCC, balanced accuracy, -(fp + 10 fn) / n, recall at precision 0.5")
print("inline const std::vector<TunedCase> tuned_cases = {")
for arguments in ((300, 1, 1000, 2, 250), (500, 2, 7, 5, 2), (4000, 3, 500, 37, 200), (60, 5, 40, 3, 4)):
    y, s = drawn(*arguments)
    goals = [best(y, s, g) for g in (m.f1_score, m.matthews_corrcoef, m.balanced_accuracy_score,
             lambda y, c: -(((c == 1) & (y == 0)).sum() + 10 * ((c == 0) & (y == 1)).sum()) / len(y), recall_at(.5))]
    print(f"    {{{', '.join(map(str, arguments))},\n     {numbers(goals)}}},")
print("};\n// clang-format on")
import sys
for counts in ((973, 27), (5, 1, 94), (7, 7)):
    y = np.repeat(np.arange(len(counts)), counts)
    print(counts, compute_class_weight("balanced", classes=np.arange(len(counts)), y=y).tolist(), file=sys.stderr)
for counts, ratio in (((973, 27), .5), ((973, 27), .29), ((100, 10), 1.0), ((1001, 33), .1), ((37, 12), .7)):
    y, x = np.repeat([0, 1], counts), np.arange(sum(counts))[:, None]
    over = np.bincount(RandomOverSampler(sampling_strategy=ratio).fit_resample(x, y)[1])
    under = np.bincount(RandomUnderSampler(sampling_strategy=ratio).fit_resample(x, y)[1])
    print(counts, ratio, "over", over.tolist(), "under", under.tolist(), file=sys.stderr)
