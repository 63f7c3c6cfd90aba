"""Training, classifier and range test on arrays."""

import _thread
import json
import os
import signal
import subprocess
import threading

import numpy as np
import pytest

import cyclone
from data import SMALL, faint_columns, stripes


@pytest.fixture(scope="module")
def trained():
    x, y = stripes()
    return cyclone.fit(x, y, schedule="triangular", base_lr=0.02, max_lr=0.2, step_size="1epoch", seed=3,
                       validation=stripes(80, seed=2), class_names=["across", "down"], **SMALL)


def test_fit_learns_and_keeps_its_history(trained):
    assert len(trained.loss) == 40 and len(trained.history["epoch_loss"]) == 4
    assert trained.loss[-5:].mean() < trained.loss[:5].mean() / 2
    assert trained.history["validation_accuracy"][-1] > 0.9
    np.testing.assert_allclose(trained.learning_rate, cyclone.schedule.triangular(0.02, 0.2, 10)(np.arange(40)), rtol=1e-12)
    assert "updates 40" in repr(trained) and "<table>" in trained._repr_html_()


def test_the_classifier_answers_and_survives_a_file(trained, tmp_path):
    x, y = stripes(50, seed=5)
    p = trained.predict(x)
    assert p.shape == (50, 2) and p.dtype == np.float32
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-6)
    assert (trained.classifier.classify(x) == y).mean() > 0.9
    trained.save(tmp_path / "net.safetensors")
    loaded = cyclone.Classifier(tmp_path / "net.safetensors")
    assert loaded.classes == ("across", "down") and loaded.input_shape == (8, 8, 1) and loaded.dtype == np.uint8
    np.testing.assert_array_equal(loaded.probabilities(x), p)
    np.testing.assert_array_equal(loaded.probabilities(x[3]), p[3:4])
    again = cyclone.Classifier.from_bytes((tmp_path / "net.safetensors").read_bytes())
    np.testing.assert_array_equal(again.probabilities(np.asfortranarray(x)), p)


def test_the_program_trains_to_the_same_bits(trained, tmp_path):
    x, y = stripes()
    vx, vy = stripes(80, seed=2)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_val=vx, y_val=vy, x_test=vx, y_test=vy)
    subprocess.run([os.environ["CYCLONE_PROGRAM"], "train", tmp_path / "d.npz", "--model", SMALL["model"], "--epochs", "4",
                    "--batch-size", "16", "--schedule", "triangular", "--base-lr", "0.02", "--max-lr", "0.2", "--step-size",
                    "1epoch", "--seed", "3", "--threads", "1", "--quiet", "--out", tmp_path / "run"], check=True,
                   stdout=subprocess.DEVNULL)
    by_program = cyclone.Classifier(tmp_path / "run" / "best.safetensors")
    images, _ = stripes(30, seed=9)
    np.testing.assert_array_equal(by_program.probabilities(images), trained.predict(images))


def test_callbacks_see_updates_and_end_a_training():
    x, y = stripes()
    seen = []
    run = cyclone.fit(x, y, on_update=lambda u: seen.append(u) or u.update == 6, **SMALL)
    assert [u.update for u in seen] == list(range(7))
    assert seen[0].updates == 40 and seen[0].epoch == 1
    np.testing.assert_array_equal([u.loss for u in seen], run.loss)
    epochs = []
    cyclone.fit(x, y, on_epoch=lambda e: epochs.append(e) and False, **SMALL)
    assert [e.epoch for e in epochs] == [1, 2, 3, 4] and np.isnan(epochs[0].validation_auc)


@pytest.mark.parametrize("kind", [ZeroDivisionError, KeyboardInterrupt])
def test_what_a_callback_raises_arrives(kind):
    x, y = stripes()

    def broken(update):
        raise kind("here")

    with pytest.raises(kind, match="here"):
        cyclone.fit(x, y, on_update=broken, **SMALL)


def test_ctrl_c_ends_a_training_wherever_it_arrives():
    x, y = stripes(2000)
    for strike_after in range(1, 9):
        seen, reached = [], threading.Event()

        def strike():
            reached.wait()
            _thread.interrupt_main()

        def on_update(update):
            seen.append(update)
            if len(seen) == strike_after:
                reached.set()

        thread = threading.Thread(target=strike)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            cyclone.fit(x, y, on_update=on_update, **{**SMALL, "epochs": 200})
        thread.join()
        assert strike_after <= len(seen) < 20_000
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_ones_own_sees_ctrl_c():
    x, y = stripes()
    came = []
    usual = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        run = cyclone.fit(x, y, on_update=lambda update: update.update == 3 and _thread.interrupt_main(), **SMALL)
    finally:
        signal.signal(signal.SIGINT, usual)
    assert came == [signal.SIGINT] and len(run.loss) == 40


def test_other_threads_run_while_it_trains():
    x, y = stripes(2000)
    ticks, done = [], threading.Event()
    thread = threading.Thread(target=lambda: [ticks.append(1) for _ in iter(lambda: done.wait(0.001), True)])
    thread.start()
    cyclone.fit(x, y, **SMALL)
    done.set()
    thread.join()
    assert len(ticks) > 3


def test_a_schedule_object_is_taken_apart():
    x, y = stripes()
    rate = cyclone.schedule.triangular(0.02, 0.2, 10)
    run = cyclone.fit(x, y, schedule=rate, **SMALL)
    np.testing.assert_allclose(run.learning_rate, rate(np.arange(40)), rtol=1e-12)
    with pytest.raises(cyclone.UsageError, match="length"):
        cyclone.fit(x, y, schedule=cyclone.schedule.cosine(0.1, 7), **SMALL)
    from_zero = cyclone.schedule.triangular(0, 0.2, 10)
    run = cyclone.fit(x, y, schedule=from_zero, **SMALL)
    np.testing.assert_allclose(run.learning_rate, from_zero(np.arange(40)), rtol=1e-12)


def test_the_range_test_suggests_rates_or_says_why_not():
    x, y = stripes(400)
    found = cyclone.range_test(x, y, model=SMALL["model"], batch_size=16, threads=1, range_updates=200, progress=False)
    assert len(found.rates) == len(found.losses) > 50 and np.all(np.diff(found.rates) > 0)
    assert found.reason
    assert (found.base_lr is None) == (found.max_lr is None)
    if found.max_lr is not None:
        assert found.base_lr < found.max_lr


def test_the_range_test_has_the_rates_of_the_program(tmp_path):
    x, y = faint_columns()
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_val=x[:80], y_val=y[:80], x_test=x[:80], y_test=y[:80])
    options = ["--model", SMALL["model"], "--batch-size", "16", "--threads", "1", "--quiet"]

    def run(command, *more):
        subprocess.run([os.environ["CYCLONE_PROGRAM"], command, tmp_path / "d.npz", *options, *more], check=True,
                       stdout=subprocess.DEVNULL)

    for more, seed in ({}, 1), ({"range_seeds": 2, "range_updates": 150, "range_trials": 60}, 4):
        found = cyclone.range_test(x, y, model=SMALL["model"], batch_size=16, threads=1, seed=seed, progress=False, **more)
        flags = [text for key, value in more.items() for text in (key.replace("range_", "--"), str(value))]
        run("find-lr", "--first-seed", str(seed), "--overwrite", "--out", tmp_path / "found", *flags)
        by_program = json.loads((tmp_path / "found" / "result.json").read_text())
        assert (found.base_lr, found.max_lr) == (by_program["pair"]["base"], by_program["pair"]["max"])
        assert found.reason == by_program["trials"]["reason"]
        np.testing.assert_array_equal(found.rates, [point["learning_rate"] for point in by_program["curve"]])
        if not more:
            run("train", "--find-lr", "--seed", str(seed), "--epochs", "1", "--out", tmp_path / "run")
            config = json.loads((tmp_path / "run" / "config.json").read_text())
            assert (found.base_lr, found.max_lr) == (config["base_lr"], config["max_lr"])
    plain = cyclone.range_test(x, y, model=SMALL["model"], batch_size=16, threads=1, range_trials=0, progress=False)
    assert plain.max_lr and "half of its gain" in plain.reason  # the sweeps' own


X, Y = stripes(40)


def test_arrays_of_another_byte_order_or_alignment_are_the_same_images():
    x, y = stripes(80)
    pixels = {"u2": x.astype(np.uint16) * 257, "f4": x.astype(np.float32)}
    for code, images in pixels.items():
        usual = cyclone.fit(images, y, **SMALL).loss
        swapped = cyclone.fit(images.astype(">" + code), y.astype(">i8"), **SMALL).loss
        np.testing.assert_array_equal(swapped, usual)
        fields = np.zeros(80, np.dtype([("flag", "u1"), ("image", code, x.shape[1:]), ("label", "i8")]))
        fields["image"], fields["label"] = images, y
        assert not fields["image"].flags.aligned
        np.testing.assert_array_equal(cyclone.fit(fields["image"], fields["label"], **SMALL).loss, usual)


def test_seeds_have_64_bits():
    x, y = stripes(80)
    losses = [cyclone.fit(x, y, seed=seed, **SMALL).loss for seed in (2**64 - 1, 2**64 - 2, 2**53 + 1, 2**53)]
    assert len({tuple(loss) for loss in losses}) == 4
    with pytest.raises(cyclone.UsageError, match="seed"):
        cyclone.fit(x, y, seed=2**64, **SMALL)


@pytest.mark.parametrize("x, y, options, says", [
    (X.reshape(40, 64), Y, {}, "reshape"),
    (np.zeros((40, 3, 16, 16), np.uint8), Y, {}, "transpose"),
    (X.astype(np.int32), Y, {}, "astype"),
    (X, Y[:-1], {}, "39"),
    (X, Y - 1, {}, "-1"),
    (X, Y.astype(str), {}, "unique"),
    (X, Y.astype(float), {}, "astype"),
    (X, np.eye(2)[Y], {}, "argmax"),
    (X, Y, {"epoch": 3}, "epochs"),
    (X, Y, {"momentum": "much"}, "momentum"),
    (X, Y, {"model": "resnett:20"}, "resnet"),
    (X, Y, {"schedule": "triangel"}, "triangular"),
    (X, Y, {"validation": X}, "validation"),
    (X.astype(np.float32) * np.nan, Y, {}, "(?i)nan|finite"),
])
def test_bad_input_is_one_clear_error(x, y, options, says):
    with pytest.raises(cyclone.Error, match=says):
        cyclone.fit(x, y, **{**SMALL, **options})


def test_foreign_files_are_refused(tmp_path):
    (tmp_path / "no.safetensors").write_bytes(b"\x80\x02pickle")
    for path in (tmp_path / "no.safetensors", tmp_path / "missing.safetensors"):
        with pytest.raises(cyclone.Error, match=path.name):
            cyclone.Classifier(path)
    with pytest.raises(cyclone.Error):
        cyclone.Classifier.from_bytes(b"")


def test_a_rate_that_is_too_high_says_so():
    x, y = stripes()
    with pytest.raises(cyclone.Diverged, match="(?i)rate|finite|infinite|nan"):
        cyclone.fit(x, y, schedule="constant:1e30", **SMALL)
