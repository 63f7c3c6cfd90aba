"""Metrics against their definitions, counted by hand."""

import numpy as np
import pytest

import cyclone


def pairs_won(y, s):
    d = s[y == 1][:, None] - s[y == 0][None, :]
    return ((d > 0) + 0.5 * (d == 0)).mean()


def test_auc_is_the_fraction_of_pairs_in_order():
    random = np.random.default_rng(1)
    y = random.integers(0, 2, 200)
    s = np.round(random.normal(y, 1), 1)  # with ties
    found = cyclone.auc(y, s)
    assert found.value == pytest.approx(pairs_won(y, s), abs=1e-12)
    assert found.low < found.value < found.high
    assert cyclone.auc(y, s, level=0.5).low > found.low


def test_average_precision_is_the_mean_precision_at_the_positives():
    y = np.array([1, 0, 1, 1, 0])
    s = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    found = cyclone.average_precision(y, s)
    assert found.value == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert cyclone.average_precision(y, s, seed=1) == found


def test_a_metric_by_name():
    y, p = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.4, 0.2])
    assert cyclone.metrics.metric("accuracy", y, p) == 0.75
    assert cyclone.metrics.metric("accuracy", y, p, threshold=0.3) == 1.0
    assert cyclone.metrics.metric("f1", y, np.stack([1 - p, p], 1)) == pytest.approx(2 / 3)
    with pytest.raises(cyclone.UsageError, match="accuracy"):
        cyclone.metrics.metric("acuracy", y, p)


def test_what_cannot_be_measured_is_an_error_or_nan():
    assert np.isnan(cyclone.auc([1, 1], [0.1, 0.2]).value)
    with pytest.raises(cyclone.Error, match="2"):
        cyclone.auc([0, 2], [0.1, 0.2])
    with pytest.raises(cyclone.UsageError, match="score"):
        cyclone.auc([0, 1], [0.1])
    with pytest.raises(cyclone.Error):
        cyclone.auc([0, 1], [0.1, np.nan])
    with pytest.raises(cyclone.UsageError):
        cyclone.auc([], [])
