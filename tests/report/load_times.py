#!/usr/bin/env python3
"""How long a page takes from navigation to usable in headless Chromium: medians over several loads.

    load_times.py CHROMIUM PAGE [LOADS]

Chromium's own start is left out; the first load of a process, which also loads fonts, is told apart. Times are of the
page's own clock, from navigationStart; processor times are those of the main thread up to then, as
Performance.getMetrics tells them, and change less when the machine is busy.
"""
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


def processor_times(browser):
    metrics = {m["name"]: m["value"] for m in browser.ask("Performance.getMetrics")["metrics"]}
    return {name: 1000 * metrics[name] for name in PROCESSOR}


def load(browser, url):
    browser.open("about:blank")
    before = processor_times(browser)
    browser.open(url)
    for _ in range(200):
        if browser.value("document.documentElement.dataset.ready"):
            break
        time.sleep(0.02)
    after, times = processor_times(browser), browser.value(MARKS)
    # A new process counts from 0.
    times.update({f"main thread, {n}": after[n] - (before[n] if after[n] > before[n] else 0) for n in PROCESSOR})
    return times


def main():
    program, page = sys.argv[1], pathlib.Path(sys.argv[2])
    loads = int(sys.argv[3]) if len(sys.argv) > 3 else 9
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile)
        browser.ask("Performance.enable", timeDomain="threadTicks")
        browser.screen(1280, 900, "light")
        first = load(browser, page.resolve().as_uri())
        rows = [load(browser, page.resolve().as_uri()) for _ in range(loads)]
        browser.end()
    print(f"{page}, {page.stat().st_size} bytes; milliseconds, median of {loads} [least, most], and of a first load")
    for name in rows[0]:
        values = [row[name] for row in rows if row.get(name) is not None]
        if values:
            print(f"  {name:36} {statistics.median(values):6.0f} [{min(values):.0f}, {max(values):.0f}]  {first.get(name) or 0:6.0f}")


if __name__ == "__main__":
    main()
