# Writes sklearn_golden.h: what scikit-learn says of the cases below. Not needed to build or run the tests.
#   python3 -m venv v && v/bin/pip install scikit-learn==1.9.1 numpy==2.4.6
#   v/bin/python tests/metrics/sklearn_golden.py > tests/metrics/sklearn_golden.h
import math, warnings
import numpy as np
from sklearn import metrics as m

warnings.simplefilter("ignore")


def lcg(n, seed):  # the test computes the same numbers
    x, out = seed, []
    for _ in range(n):
        x = (1103515245 * x + 12345) % 2**31
        out.append(x >> 16)  # 0 ... 32767
    return np.array(out)


def drawn(n, seed, levels, per_positive, shift):
    """Scores on `levels` steps (so with ties), about one positive in per_positive, positives shifted upwards."""
    words = lcg(2 * n, seed)
    y = (words[0::2] % per_positive == 0).astype(int)
    step = np.minimum(words[1::2] % levels + y * shift, levels)
    return y.tolist(), (step / levels).tolist()


written = {
    "four": ([0, 0, 1, 1], [.1, .4, .35, .8]),
    "ties": ([0, 1, 0, 1, 1, 0, 0, 1], [.2, .2, .5, .7, .5, .1, .5, .2]),
    "constant": ([0, 1, 0, 0, 1, 0, 0], [.5] * 7),
    "constant above": ([0, 1, 0, 0, 1, 0, 0], [.9] * 7),
    "perfect": ([0, 0, 0, 1, 1], [0, .2, .49, .51, 1]),
    "inverted": ([1, 1, 0, 0], [.1, .3, .6, .9]),
    "no positives": ([0, 0, 0], [.2, .6, .7]),
    "no negatives": ([1, 1, 1, 1], [.2, .6, .7, .6]),
    "no positives none called": ([0, 0, 0], [.2, .1, .3]),
    "one sample": ([1], [.7]),
    "certain and wrong": ([1, 0, 1, 0], [0, 1, 1, 0]),
    "one in 30": ([0] * 29 + [1], [i / 32 for i in range(29)] + [.8125]),
}
generated = {"even": (300, 1, 1000, 2, 250), "few levels": (500, 2, 7, 5, 2), "1 in 36": (4000, 3, 500, 37, 200),
             "1 in 3000": (20000, 4, 20000, 3001, 9000)}


def number(x):
    return "nan" if math.isnan(x) else "infinity" if math.isinf(x) else repr(float(x))


def ece(y, s, strategy):
    edges = np.linspace(0, 1, 16) if strategy == "uniform" else np.percentile(s, np.linspace(0, 1, 16) * 100)
    which = np.searchsorted(edges[1:-1], s)  # as sklearn.calibration.calibration_curve
    return sum(abs(y[which == b].sum() - s[which == b].sum()) for b in range(15)) / len(y)


def row(y, s):
    y, s = np.array(y), np.array(s)
    called = (s > .5).astype(int)
    tn, fp, fn, tp = m.confusion_matrix(y, called, labels=[0, 1]).ravel()
    values = [m.roc_auc_score(y, s), m.average_precision_score(y, s), m.brier_score_loss(y, s),
              m.log_loss(y, s, labels=[0, 1]), ece(y, s, "uniform"), ece(y, s, "quantile"), m.accuracy_score(y, called),
              m.balanced_accuracy_score(y, called), m.matthews_corrcoef(y, called)]
    for zero in (0, 1, float("nan")):
        values += [m.precision_score(y, called, zero_division=zero), m.recall_score(y, called, zero_division=zero)]
        values += [m.fbeta_score(y, called, beta=b, zero_division=zero) for b in (1, 2, .5)]
    return f"{{{{{tp}, {fp}, {fn}, {tn}}}, {{" + ", ".join(number(v) for v in values) + "}}"


def numbers(values):
    return "{" + ", ".join(number(v) for v in values) + "}"


print("#pragma once\n// Written by sklearn_golden.py with scikit-learn 1.9.1; do not edit.\n// clang-format off\n")
print("// name, labels, scores, {tp, fp, fn, tn at > .5}, values in the order of row() in sklearn_golden.py")
print("inline const std::vector<WrittenCase> written_cases = {")
for name, (y, s) in written.items():
    print(f'    {{"{name}", {{{", ".join(map(str, y))}}}, {numbers(s)},\n        {row(y, s)}}},')
print("};\n\n// name, arguments of drawn(), the same values")
print("inline const std::vector<GeneratedCase> generated_cases = {")
for name, arguments in generated.items():
    print(f'    {{"{name}", {", ".join(map(str, arguments))},\n        {row(*drawn(*arguments))}}},')
print("};\n")
print("// name, roc_curve without drop_intermediate, precision_recall_curve")
print("inline const std::vector<CurveCase> curve_cases = {")
for name in ("four", "ties", "constant", "perfect", "no positives", "no negatives", "one in 30"):
    curves = [*m.roc_curve(*written[name], drop_intermediate=False),
              *m.precision_recall_curve(*written[name])]
    print(f'    {{"{name}",\n        {{' + ",\n         ".join(numbers(c) for c in curves) + "}},")
print("};\n// clang-format on")
