# Prints the expected values of bootstrap_test.cpp: python3 bootstrap_golden.py (NumPy 2.4.6, SciPy 1.17.1).
# Everything by definition and with NumPy's own random numbers, so that nothing is shared with the C++ code.
import numpy as np
from scipy import stats


def data(n=300, positives=40):
    i = np.arange(n)
    y = (i < positives).astype(int)
    wave = lambda a: np.modf(a * (i + 1) * 0.6180339887498949)[0]
    a = np.round(0.45 * wave(1) + 0.35 * y + 0.1, 3)
    b = np.round(0.60 * wave(7) + 0.25 * y + 0.1, 2)
    return y, a, b


def average_precision(y, s):
    value, recall = 0.0, 0.0
    for threshold in np.unique(s)[::-1]:
        called = s >= threshold
        tp = y[called].sum()
        value += (tp / y.sum() - recall) * tp / called.sum()
        recall = tp / y.sum()
    return value


def f1(y, s):
    called = s > 0.5
    tp = y[called].sum()
    return 2 * tp / (called.sum() + y.sum())


def components(y, s):
    p, n = s[y == 1], s[y == 0]
    above = (p[:, None] > n).astype(float) + 0.5 * (p[:, None] == n)
    return above.mean(1), above.mean(0)


def main():
    y, a, b = data()
    rng = np.random.default_rng(7)
    pos, neg = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    rows = []
    for _ in range(20_000):
        k = np.concatenate([rng.choice(pos, pos.size), rng.choice(neg, neg.size)])
        rows.append([average_precision(y[k], a[k]), average_precision(y[k], b[k]), f1(y[k], a[k]), f1(y[k], b[k])])
    rows = np.array(rows)
    for name, value, draws in [("AP of a", average_precision(y, a), rows[:, 0]),
                               ("AP of a and b", (average_precision(y, a) + average_precision(y, b)) / 2,
                                rows[:, :2].mean(1)),
                               ("F1 of a", f1(y, a), rows[:, 2]),
                               ("F1 of a and b", (f1(y, a) + f1(y, b)) / 2, rows[:, 2:].mean(1))]:
        print(name, repr(float(value)), np.percentile(draws, [2.5, 97.5]), "sd", draws.std())

    (pa, na), (pb, nb) = components(y, a), components(y, b)
    var = lambda p, n: p.var(ddof=1) / p.size + n.var(ddof=1) / n.size
    mean = ((pa + pb) / 2, (na + nb) / 2)
    print("mean AUC", repr(float(mean[0].mean())), "variance", repr(float(var(*mean))))
    diff = (mean[0] - pb, mean[1] - nb)
    z = diff[0].mean() / np.sqrt(var(*diff))
    print("mean of a and b against b", repr(float(diff[0].mean())), "variance", repr(float(var(*diff))),
          "p", repr(float(2 * stats.norm.sf(abs(z)))))

    seeds = np.array([0.971, 0.968, 0.975, 0.961, 0.979, 0.966])
    exact = np.sort(seeds[np.stack(np.meshgrid(*[np.arange(6)] * 6), -1).reshape(-1, 6)].mean(1))
    print("bootstrap of six means, all 6^6 resamples", np.percentile(exact, [2.5, 97.5]))


main()
