#!/usr/bin/env python3
"""How long a page takes from navigation to usable in headless Chromium: medians over several loads.

    load_times.py CHROMIUM PAGE [LOADS]          # one process, which has loaded the page before
    load_times.py --cold CHROMIUM PAGE [LOADS]   # a new process with a new profile for each load

Times are of the page's own clock, from the start of its navigation (performance.timeOrigin). Warm: Chromium's own start is left
out; the first load of the process, which also loads fonts, is told apart; processor times are those of the main thread
up to then, as Performance.getMetrics tells them, and change less when the machine is busy. Cold: Chromium starts with the page's
address and is left alone while it loads; the row "process start" is from before the process is started to the start of
the navigation, and is in no other row. Both need a quiet machine: the load average is printed.
"""
import os
import pathlib
import statistics
import sys
import tempfile
import time

from browser_test import Browser

MARKS = """(() => {
    const at = (name) => (performance.getEntriesByName(name)[0] || {}).startTime, root = document.documentElement.dataset;
    const page = performance.getEntriesByType('navigation')[0];
    return {'first paint': at('first-contentful-paint'), 'HTML read': page.domInteractive,
            'interactive': at('cyclone-interactive') || Number(root.ready), 'all parts built': Number(root.ready),
            'script': Number(root.script)};
})()"""
PROCESSOR = ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration"]
ALONE = 2.5  # seconds


def wait_until_ready(browser):
    if not browser.wait("document.documentElement.dataset.ready"):
        raise SystemExit("the page did not become ready (is it a page of `cyclone compare`, `train` or `find-lr`?)")


def processor_times(browser):
    metrics = {m["name"]: m["value"] for m in browser.ask("Performance.getMetrics")["metrics"]}
    return {name: 1000 * metrics[name] for name in PROCESSOR}


def load(browser, url):
    browser.open("about:blank")
    before = processor_times(browser)
    browser.open(url)
    wait_until_ready(browser)
    after, times = processor_times(browser), browser.value(MARKS)
    # A new process counts from 0.
    times.update({f"main thread, {n}": after[n] - (before[n] if after[n] > before[n] else 0) for n in PROCESSOR})
    return times


def warm_loads(program, url, loads):
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile)
        browser.ask("Performance.enable", timeDomain="threadTicks")
        browser.screen(1280, 900, "light")
        rows = [load(browser, url) for _ in range(loads + 1)]
        browser.end()
    return rows[1:], rows[0]


def cold_load(program, url):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        start = time.time()
        browser = Browser(program, profile, url, ALONE)
        wait_until_ready(browser)
        times = {"process start": browser.value("performance.timeOrigin") - 1000 * start}
        times.update(browser.value(MARKS))
        browser.end()
    return times


def main():
    words = [word for word in sys.argv[1:] if word != "--cold"]
    program, page, cold = words[0], pathlib.Path(words[1]), "--cold" in sys.argv
    loads, url = int(words[2]) if len(words) > 2 else 9, page.resolve().as_uri()
    first = {}
    if cold:
        rows = [cold_load(program, url) for _ in range(loads)]
    else:
        rows, first = warm_loads(program, url, loads)
    print(f"{page}, {page.stat().st_size} bytes; milliseconds, median of {loads} {'cold' if cold else 'warm'} loads [least, "
          f"most]{'' if cold else ', and of a first load'}; load average {os.getloadavg()[0]:.1f}")
    for name in rows[0]:
        values = [row[name] for row in rows if row.get(name) is not None]
        if values:
            of_first = "" if cold else f"  {first.get(name) or 0:6.0f}"
            print(f"  {name:36} {statistics.median(values):6.0f} [{min(values):.0f}, {max(values):.0f}]{of_first}")


if __name__ == "__main__":
    main()
