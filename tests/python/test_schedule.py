"""Schedules as Python sees them, against their formulas written down in NumPy."""

import numpy as np
import pytest

import cyclone
from cyclone import schedule


def triangle(t, base, up, peak):
    x = np.abs(t / up - 2 * np.floor(1 + t / (2 * up)) + 1)
    return base + (peak - base) * np.maximum(0, 1 - x)


def test_triangular_on_a_number_and_on_arrays():
    rate = schedule.triangular(0.002, 0.03, step_size=2000)
    assert rate(0) == 0.002 and rate(2000) == 0.03
    assert isinstance(rate(1000), float) and rate(1000) == pytest.approx(0.016)
    t = np.arange(24000)
    np.testing.assert_allclose(rate(t), triangle(t, 0.002, 2000, 0.03), rtol=1e-12)
    assert rate(t.reshape(2, -1)).shape == (2, 12000)
    assert rate(np.int32(5)) == rate(5)
    assert "triangular" in repr(rate)


def test_the_others_against_their_formulas():
    t = np.arange(1000)
    np.testing.assert_allclose(schedule.triangular2(0.1, 0.5, 100)(t),
                               0.1 + (triangle(t, 0.1, 100, 0.5) - 0.1) / 2.0 ** (t // 200), rtol=1e-12)
    np.testing.assert_allclose(schedule.exp_range(0.1, 0.5, 100, gamma=0.99)(t),
                               0.1 + (triangle(t, 0.1, 100, 0.5) - 0.1) * 0.99**t, rtol=1e-12)
    np.testing.assert_allclose(schedule.cosine(0.1, 1000)(t), 0.05 * (1 + np.cos(np.pi * t / 1000)), rtol=1e-9)
    np.testing.assert_allclose(schedule.linear(0.1, 1000, end=0.01)(t), 0.1 + (0.01 - 0.1) * t / 1000, rtol=1e-12)
    np.testing.assert_allclose(schedule.polynomial(0.1, 1000, power=3)(t), 0.1 * (1 - t / 1000) ** 3, rtol=1e-12)
    np.testing.assert_allclose(schedule.time_decay(0.002)(t), 0.002 / (1 + 0.96 * t), rtol=1e-12)
    np.testing.assert_allclose(schedule.exponential(0.1, 1000, ratio=0.01)(t), 0.1 * 0.01 ** (t / 1000), rtol=1e-12)
    np.testing.assert_allclose(schedule.multi_step(0.1, 1000)(t), 0.1 * 0.1 ** ((t >= 500) * 1 + (t >= 750)), rtol=1e-12)
    np.testing.assert_allclose(schedule.step(0.1, 900)(t[:900]), 0.1 * 0.1 ** (t[:900] // 300), rtol=1e-12)
    np.testing.assert_array_equal(schedule.constant(0.05)(t), np.full(1000, 0.05))
    restarts = schedule.cosine_restarts(0.01, 0.1, 50)
    assert restarts(0) == restarts(100) == 0.1 and restarts(50) == pytest.approx(0.055)
    one = schedule.one_cycle(0.1, 1000)
    assert one(299) == 0.1 and one(0) == pytest.approx(0.004) and one(999) == pytest.approx(0.1 / 25 / 1e4)


def test_lengths_in_epochs_wait_for_the_updates_of_an_epoch():
    rate = schedule.triangular(0.1, 0.5, "2epochs")
    with pytest.raises(cyclone.UsageError, match="epoch"):
        rate(0)
    assert rate.with_updates_per_epoch(50)(100) == 0.5
    assert schedule.warmup(100, schedule.cosine(0.1, 1000))(50) == pytest.approx(0.05)
    warm = schedule.warmup(100, schedule.triangular(0.1, 0.5, 100))
    assert [warm(t) for t in (0, 50, 100, 200, 300)] == pytest.approx([0, 0.05, 0.1, 0.5, 0.1])
    assert schedule.warmup(10, schedule.constant(0.2))(10**6) == 0.2


@pytest.mark.parametrize("bad, says", [
    (lambda: schedule.Schedule("triangel"), "triangular"),
    (lambda: schedule.triangular(0.5, 0.1, 100), "base"),
    (lambda: schedule.triangular(0.1, 0.5, 0), "length"),
    (lambda: schedule.triangular(0.1, 0.5, 1.5), "1.5"),
    (lambda: schedule.triangular(0.1, 0.5, 100)(-1), "-1"),
    (lambda: schedule.triangular(0.1, 0.5, 100)(0.5), "0.5"),
    (lambda: schedule.exp_range(0.1, 0.5, 100, gamma=2), "gamma"),
    (lambda: schedule.triangular(0.1, 0.5, "2epochs").with_updates_per_epoch(1562.5), "1562.5"),
])
def test_what_makes_no_schedule_is_an_error(bad, says):
    with pytest.raises(cyclone.UsageError, match=says):
        bad()


def test_a_pytorch_loop_takes_the_rate():
    torch = pytest.importorskip("torch")
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1)
    rate = schedule.triangular(0.1, 0.5, 4)
    for update in range(8):
        for group in optimizer.param_groups:
            group["lr"] = rate(update)
        before = weight.item()
        weight.grad = torch.ones(1)
        optimizer.step()
        assert before - weight.item() == pytest.approx(rate(update), rel=1e-5)
