"""What every peer does the same way: take turns with the others, as tests/bench/worker.cpp does for Cyclone."""

import argparse
import sys
import time

LEARNING_RATE = 0.01


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["training", "inference"])
    parser.add_argument("batch", type=int)
    parser.add_argument("threads", type=int)
    parser.add_argument("mode")
    return parser.parse_args()


def images_and_labels(count):
    """The peers get their batch ready-made: standardised f32 (count, 16, 16, 1) and i64 labels."""
    import numpy

    random = numpy.random.default_rng(1)
    x = random.standard_normal((count, 16, 16, 1), dtype=numpy.float32)
    return x, random.integers(0, 2, count)


def _rate(step, seconds):
    start = time.perf_counter()
    steps = 0
    while True:
        step()
        steps += 1
        spent = time.perf_counter() - start
        if spent >= seconds:
            return steps / spent


def serve(step, images_per_step):
    """Says "started" after the first step and "ready" when warm; then a turn for each line of seconds."""
    step()
    print("started", flush=True)
    _rate(step, 1.0)
    print("ready", flush=True)
    for line in sys.stdin:
        print(images_per_step * _rate(step, float(line)), flush=True)
