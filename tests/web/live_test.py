#!/usr/bin/env python3
"""Opens the live page offline in headless Chromium, trains with it, and compares its first updates with expected.json.

    live_test.py CHROMIUM PAGE EXPECTED [PICTURES]

PICTURES is a folder for screenshots.
"""
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "report"))
from browser_test import Browser, check, mistakes  # noqa: E402

RUN = "cycloneLive.run()"


def wait(browser, what, expression, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if browser.value(expression):
            return True
        time.sleep(0.05)
    check(what, False, expression, browser.value("document.getElementById('fault').textContent"))
    return False


def move(browser, css, value):
    """As a user who drags: the value, and what the browser then tells the page."""
    browser.value(f"""(() => {{ const e = document.querySelector({json.dumps(css)}); e.value = {json.dumps(value)};
        e.dispatchEvent(new Event('input', {{bubbles: true}})); e.dispatchEvent(new Event('change', {{bubbles: true}})); }})()""")


def updates(browser):
    return browser.value(f"{RUN}.loss.length")


def opened(browser, url):
    browser.open(url)
    return wait(browser, "the engine starts", "document.querySelectorAll('#patches canvas').length === 10")


def check_numbers(browser, expected):
    """The first updates at a fixed rate, against those of the native build."""
    move(browser, "#kind", "fixed")
    move(browser, "#rate", str(-1.7))
    near = browser.value("document.querySelector('output[for=rate]').textContent")
    check("the slider says its rate", near == "0.02", near)
    first = browser.value("[...document.querySelectorAll('#patches output')].map(o => o.textContent).join()")
    browser.click("#go")
    wait(browser, "20 updates", f"{RUN}.loss.length >= 20 && {RUN}.auc.length > 0")
    browser.click("#go")
    check("the button says what it does", browser.value("document.getElementById('go').textContent") == "Go on")
    run = browser.value(RUN)
    rate = 10 ** -1.7
    for i, loss in enumerate(expected["loss"]):
        check(f"rate of update {i}", abs(run["rate"][i] - rate) < 1e-9, run["rate"][i])
        check(f"loss of update {i}", abs(run["loss"][i] - loss) < 1e-4, run["loss"][i], loss)
    check("the AUC", run["aucAt"][0] == 20 and abs(run["auc"][0] - expected["auc"]) < 1e-4, run["auc"][0], expected["auc"])
    then = browser.value("[...document.querySelectorAll('#patches output')].map(o => o.textContent).join()")
    check("the probabilities move", first != then, then)
    if len(run["auc"]) == 1:
        check("and are those of the native build", float(then.split(",")[0]) == round(expected["probabilities"][0], 3), then)


def check_training(browser):
    browser.value("document.getElementById('speed').value = '0'")
    browser.click("#go")
    wait(browser, "200 updates", f"{RUN}.loss.length >= 200")
    run = browser.value(RUN)
    check("the loss falls", sum(run["loss"][150:200]) < 0.8 * sum(run["loss"][:50]), sum(run["loss"][150:200]) / 50)
    check("the AUC grows", run["auc"][-1] > 0.85, run["auc"][-1])
    move(browser, "#rate", "-3")
    seen = updates(browser)
    wait(browser, "the slider moves the rate under way", f"{RUN}.rate.at(-1) === 0.001")
    browser.click("#go")
    check("it trained on meanwhile", updates(browser) >= seen)
    check("a sentence says what is seen", "AUC" in browser.value("document.getElementById('say').textContent"))
    time.sleep(0.3)  # the updates under way come in
    count = browser.value("document.querySelector('#now tbody td').textContent")
    check("the table says the update", int(count) == updates(browser), count)
    label = browser.value("document.getElementById('curves').ariaLabel")
    check("the picture says its numbers", count + " updates" in label, label)
    still = updates(browser)
    time.sleep(0.3)
    check("paused is paused", updates(browser) == still)


def check_reset(browser, expected):
    browser.click("#reset")
    wait(browser, "reset", f"{RUN}.loss.length === 0")
    check("the run before stays", browser.value("cycloneLive.before().loss.length") >= 200)
    move(browser, "#rate", "-1.7")
    browser.keys("#kind", "ArrowDown")
    check("the keyboard chooses the schedule", browser.value("document.getElementById('kind').value") == "triangular")
    shown = browser.value("[...document.querySelectorAll('[data-for]')].filter(e => !e.hidden).map(e => e.querySelector('input').id).join()")
    check("the sliders of the schedule are there", shown == "base,max,step", shown)
    browser.keys("#step", "Home")
    browser.click("#go")
    wait(browser, "a cycle", f"{RUN}.loss.length >= 40")
    browser.click("#go")
    rates = browser.value(f"{RUN}.rate")
    low, high = 10 ** -2.7, 10 ** -1.1
    worst = max(abs(r - (low + (high - low) * (1 - abs(t % 20 / 10 - 1)))) for t, r in enumerate(rates[:40]))
    check("the cycle is that of the library", worst < 1e-9, worst)
    first = browser.value(f"{RUN}.loss[0]")
    check("the same seed begins the same", abs(first - expected["loss"][0]) < 1e-4, first)
    move(browser, "#seed", "2")
    wait(browser, "another seed", f"{RUN}.loss.length === 0")
    browser.click("#go")
    wait(browser, "it trains", f"{RUN}.loss.length > 0")
    check("another seed begins another way", abs(browser.value(f"{RUN}.loss[0]") - first) > 1e-6)
    move(browser, "#kind", "fixed")
    move(browser, "#rate", "0.3")
    wait(browser, "a rate of 2 breaks it", "document.getElementById('go').disabled", 60)
    told = browser.value("document.getElementById('say').textContent")
    check("and is told", "no longer a number" in told, told)


def check_quiet(browser):
    for event in browser.events:
        method, what = event.get("method"), event.get("params", {})
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            check("the console is empty", False, json.dumps(what)[:300])
        if method == "Network.requestWillBeSent":
            url = what["request"]["url"]
            check("no network", url.startswith(("file:", "data:", "blob:", "chrome:", "about:")), url)


def check_layout(browser, width):
    wide = browser.value("document.documentElement.scrollWidth")
    check(f"no sideways scrolling at {width} pixels", wide <= width, wide)
    unnamed = browser.value("""[...document.querySelectorAll('input, select, button, svg, canvas, meter')].filter(e =>
        !(e.ariaLabel || e.textContent.trim() || (e.labels && e.labels.length))).length""")
    check("every control and picture has a name", unnamed == 0, unnamed)


def look(browser, url, pictures):
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            browser.screen(width, 844, scheme)
            opened(browser, url)
            if not pictures:
                check_layout(browser, width)
                continue
            browser.value("document.getElementById('speed').value = '0'")
            browser.click("#go")
            wait(browser, "260 updates", f"{RUN}.loss.length >= 260")
            browser.click("#reset")
            wait(browser, "reset", f"{RUN}.loss.length === 0")
            move(browser, "#kind", "fixed")
            browser.click("#go")
            wait(browser, "180 updates", f"{RUN}.loss.length >= 180")
            browser.click("#go")
            check_layout(browser, width)
            browser.picture(pictures / f"live_{width}_{scheme}.png")


def main():
    program, page, expected = sys.argv[1], pathlib.Path(sys.argv[2]), json.loads(pathlib.Path(sys.argv[3]).read_text())
    pictures = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
    url = page.resolve().as_uri()
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile)
        browser.ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0,
                    uploadThroughput=0)
        browser.screen(1280, 900, "light")
        if opened(browser, url):
            check_numbers(browser, expected)
            check_training(browser)
            check_reset(browser, expected)
            look(browser, url, pictures)
        browser.ask("Emulation.setScriptExecutionDisabled", value=True)
        browser.open(url)
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        check("without scripts the page says so", "JavaScript" in browser.value("document.querySelector('main').innerText"))
        check("and shows no control that does nothing",
              browser.value("[...document.querySelectorAll('button')].every(b => b.offsetParent === null)"))
        check_quiet(browser)
        browser.end()
    print(f"{page.stat().st_size} bytes")
    for mistake in mistakes:
        print("MISTAKE", mistake)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
