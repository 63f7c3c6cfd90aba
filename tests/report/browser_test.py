#!/usr/bin/env python3
"""Opens report.html in headless Chromium, uses every control, and compares what the page then says with the numbers
that it was made from.

    browser_test.py CHROMIUM FOLDER [PICTURES]

FOLDER holds report.html and, of a comparison, result.json and schedules.json (a list of {name, options, values}); of a
training or a range test lines.json ({x: the name of the axis, lines: [{name, x, y}]}), what its cursor is to show.
PICTURES is a folder for screenshots. Standard library only: Chromium is driven through its DevTools protocol over two
pipes.
"""
import base64
import fcntl
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time


class Browser:
    """One page of a headless Chromium. Events are kept in the order in which they came. `alone` are seconds in which
    the page that it starts with is left to itself."""

    def __init__(self, program, profile, url="about:blank", alone=0):
        def high(fd):  # away from 3 and 4, which Chromium reads and writes
            return fcntl.fcntl(fd, fcntl.F_DUPFD, 20)

        read, write = map(high, os.pipe())
        read_back, write_back = map(high, os.pipe())
        # The profile is a folder of this test's own; the sandbox needs rights that a container does not have.
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--window-size=1280,900", "--remote-debugging-pipe",
             "--user-data-dir=" + profile, url],
            pass_fds=(3, 4), preexec_fn=lambda: (os.dup2(read, 3), os.dup2(write_back, 4)),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read), os.close(write_back)
        self.out, self.back, self.buffer = write, read_back, b""
        self.events, self.last, self.session = [], 0, None
        time.sleep(alone)
        target = next(t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")

    def receive(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.back, 1 << 20)
            if not piece:
                raise SystemExit("Chromium ended")
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url):
        before = len(self.events)
        self.ask("Page.navigate", url=url)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events[before:]):
            self.events.append(self.receive())

    def wait(self, expression, seconds=20):
        end = time.monotonic() + seconds
        while not (found := self.value(expression)) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def value(self, expression):
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise SystemExit(f"{expression}: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    def middle(self, css, x=0.5, y=0.5):
        """A point of the element in the window, after scrolling to it."""
        return self.value(f"""(() => {{ const e = document.querySelector({json.dumps(css)});
            e.scrollIntoView({{block: 'center'}}); const b = e.getBoundingClientRect();
            return [b.left + b.width * {x}, b.top + b.height * {y}]; }})()""")

    def mouse(self, kind, point, buttons=0):
        self.ask("Input.dispatchMouseEvent", type=kind, x=point[0], y=point[1], buttons=buttons,
                 button="left" if buttons or kind == "mouseReleased" else "none", clickCount=1)

    def click(self, css):
        point = self.middle(css)
        self.mouse("mouseMoved", point)
        self.mouse("mousePressed", point, 1)
        self.mouse("mouseReleased", point)

    def keys(self, css, *names):
        self.value(f"document.querySelector({json.dumps(css)}).focus()")
        codes = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35}
        for name in names:
            for kind in ("rawKeyDown", "keyUp"):
                self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=codes[name])

    def screen(self, width, height, scheme):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=width < 500)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                         {"name": "prefers-reduced-motion", "value": "reduce"}])

    def picture(self, path):
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12000), "scale": 1})
        path.write_bytes(base64.b64decode(shot["data"]))

    def end(self):
        self.session = None
        self.ask("Browser.close")
        self.process.wait(timeout=20)


mistakes = []


def check(what, is_so, *seen):
    if not is_so:
        mistakes.append(what + (": " + ", ".join(map(str, seen)) if seen else ""))


def near(a, b, relative=2e-3):  # the page shows three digits or four
    return a is not None and b is not None and abs(a - b) <= relative * max(abs(a), abs(b)) + 1e-12


def at(xs, ys, x):
    """The curve's value at x, by straight lines."""
    for i in range(len(xs) - 1):
        if xs[i] <= x <= xs[i + 1]:
            return ys[i] + (ys[i + 1] - ys[i]) * (x - xs[i]) / (xs[i + 1] - xs[i])
    return ys[-1] if x == xs[-1] else None


def mean(values):
    return sum(values) / len(values)


def cell(browser, row, column):
    text = browser.value(f"document.querySelectorAll('#course tbody tr')[{row}].cells[{column}].textContent")
    return None if text == "n/a" else float(text)


def check_course(browser, schedules):
    smooth, update = "#course [data-as=smooth]", "#course [data-as=at]"
    before = int(browser.value(f"document.querySelector('{update}').value"))
    check("the cursor begins inside the run", before > 0)
    browser.keys(smooth, "Home")
    browser.keys(update, "ArrowRight")
    now = int(browser.value(f"document.querySelector('{update}').value"))
    check("a key moves the cursor by one update", now == before + 1, before, now)
    check("the table names the update",
          browser.value("document.querySelector('#course caption').textContent") == f"At update {now}")
    for row, s in enumerate(schedules):
        c = s["curves"]
        loss = mean([at(c["loss"]["x"], seed["loss"], now) for seed in c["seeds"]])
        auc = mean([at(c["auc"]["x"], seed["auc"], now) for seed in c["seeds"]])
        rate = at(c["learning_rate"]["x"], c["learning_rate"]["mean"], now)
        check(f"rate of {s['name']}", near(cell(browser, row, 1), rate, 6e-3), cell(browser, row, 1), rate)
        check(f"loss of {s['name']}", near(cell(browser, row, 2), loss, 6e-3), cell(browser, row, 2), loss)
        check(f"AUC of {s['name']}", near(cell(browser, row, 3), auc), cell(browser, row, 3), auc)
    told = browser.value("[...document.querySelectorAll('#course-svg .cross')].map(c => c.parentNode.textContent)")
    causes = [d["cause"] for s in schedules for d in s["curves"].get("diverged", [])]
    check("a cross with its cause for the rate and the loss of each diverged run",
          len(told) == 2 * len(causes) and all(any(cause in t for t in told) for cause in causes), told)
    browser.keys("#course [data-as=seed]", "ArrowDown", "ArrowDown", "ArrowDown")
    chosen = browser.value("document.querySelector('#course [data-as=seed]').value")
    first = schedules[0]["curves"]
    own = [seed for seed in first["seeds"] if str(seed["seed"]) == chosen]
    check("one seed can be chosen", len(own) == 1, chosen)
    if own:
        check("its loss is shown", near(cell(browser, 0, 2), at(first["loss"]["x"], own[0]["loss"], now), 6e-3))
    browser.keys("#course [data-as=divide]", "ArrowDown")
    check("a row divided by itself is 1", cell(browser, 0, 2) == 1, cell(browser, 0, 2))
    browser.keys("#course [data-as=divide]", "ArrowUp")
    paths = "[...document.querySelectorAll('#course-svg .curve')].map(p => p.getAttribute('d')).join()"
    logarithmic = browser.value(paths)
    browser.click("#course [data-as=log]")
    check("linear is another picture", browser.value(paths) != logarithmic)
    browser.click("#course [data-as=log]")
    check("logarithmic again is the same picture", browser.value(paths) == logarithmic)
    browser.keys(smooth, "End")
    check("smoothing changes the lines", browser.value(paths) != logarithmic)
    browser.click("#course .chip[data-row='1']")
    check("a row can be left out",
          browser.value("document.querySelectorAll('#course tbody tr').length") == len(schedules) - 1)
    check("its button says so",
          browser.value("document.querySelector('#course .chip[data-row=\"1\"]').ariaPressed") == "false")
    browser.click("#course .chip[data-row='1']")
    places = []
    for part in (0.3, 0.6):
        browser.mouse("mouseMoved", browser.middle("#course-svg", part))
        places.append(int(browser.value(f"document.querySelector('{update}').value")))
    point = browser.middle("#course-svg", 0.4)
    browser.ask("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": point[0], "y": point[1]}])
    browser.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    places.append(int(browser.value(f"document.querySelector('{update}').value")))
    check("mouse and finger move the cursor", places[0] < places[2] < places[1], places)


def check_threshold(browser, results):
    def counts():
        return browser.value("[...document.querySelectorAll('#threshold .confusion td b')].map(b => Number(b.textContent))")

    def fact(name):
        text = browser.value(f"document.querySelector('#threshold [data-fact=\"{name}\"]').textContent")
        return None if text == "n/a" else float(text)

    browser.keys("#threshold [data-as=row]", "Home")
    for row, s in enumerate(results["schedules"]):
        runs = [r for r in results["runs"] if r["schedule"] == s["name"] and r["status"] == "finished"]
        sums = [sum(r[key] for r in runs)
                for key in ("true_negatives", "false_positives", "false_negatives", "true_positives")]
        if row > 0:
            browser.keys("#threshold [data-as=row]", "ArrowDown")
        check(f"counts of {s['name']} at 0.5", counts() == sums, counts(), sums)
    d = results["schedules"][-1]["curves"]["decisions"]
    browser.keys("#threshold [data-as=at]", *["ArrowLeft"] * 20)
    t = d["threshold"].index(float(browser.value("document.querySelector('#threshold [data-as=atText]').textContent")))
    tp, fp, p, n = d["true_positives"][t], d["false_positives"][t], d["positives"], d["negatives"]
    check("counts at a lower threshold", counts() == [n - fp, fp, p - tp, tp], counts(), t)
    check("twenty keys are twenty steps", t == d["threshold"].index(0.5) - 20, t)
    check("precision", near(fact("precision"), tp / (tp + fp)), fact("precision"), tp / (tp + fp))
    check("recall", near(fact("recall"), tp / p))
    check("F1", near(fact("F1"), 2 * tp / (2 * tp + fp + p - tp)))
    point = browser.value("document.querySelector('#roc-svg .cursor').getAttribute('d')")
    browser.keys("#threshold [data-as=prior]", "End")
    tpr, fpr = tp / p, fp / n
    expected = tpr / (tpr + fpr)
    check("precision among half positives", near(fact("precision"), expected), fact("precision"), expected)
    check("recall does not know the prevalence", near(fact("recall"), tpr))
    browser.click("#threshold [data-as=reset]")
    check("the test set's prevalence again", near(fact("precision"), tp / (tp + fp)))
    browser.keys("#threshold [data-as=at]", "End")
    check("nothing is called positive above 1", counts()[1] == 0 and counts()[3] == 0)
    check("the point moves along the curve",
          browser.value("document.querySelector('#roc-svg .cursor').getAttribute('d')") != point)


def check_cloud(browser, results):
    differences = results["statistics"]["differences"]
    verdicts = "[...document.querySelectorAll('#cloud tbody tr')].map(r => r.cells[1].textContent)"
    check("no verdict from two seeds", set(browser.value(verdicts)) == {"too few seeds"})
    which = "document.querySelector('#cloud [data-as=which]').textContent"
    before = browser.value(which)
    browser.click("#cloud [data-as=next]")
    check("other seeds are chosen", browser.value(which) != before, before)
    browser.keys("#cloud [data-as=count]", "ArrowDown")
    said = [d["training_runs"]["auc"]["verdict"] for d in differences]
    check("the verdicts of the seeds that there are", browser.value(verdicts) == said, browser.value(verdicts), said)
    browser.keys("#cloud [data-as=count]", "End")
    check("ten seeds are a guess", browser.value(which) == "as if the spread stayed")


def check_sandbox(browser, golden):
    for case in golden:
        values = browser.value(f"""Array.from({{length: {len(case['values'])}}}, (_, t) =>
            cyclonePage.schedules[{json.dumps(case['name'])}](t, {json.dumps(case['options'])}))""")
        worst = max(abs(a - b) / max(abs(b), 1e-12) for a, b in zip(values, case["values"]))
        check(f"{case['name']} as in the library", worst < 1e-9, worst)
    say = "document.querySelector('#sandbox [data-as=say]').textContent"
    first = browser.value(say)
    mine, same = (float(browser.value(f"document.getElementById('sandbox').dataset.{k}")) for k in ("mine", "same"))
    check("a triangle that ends at its foot ends below the constant", mine < 0.5 * same, mine, same)
    check("and the reason is told", "coming down pays" in first, first)
    for name in ("base", "max", "step", "steepness", "noise"):
        before = browser.value("document.querySelector('#valley-svg').innerHTML")
        browser.keys(f"#sandbox [data-as={name}]", "ArrowRight")
        check(f"{name} changes the picture", browser.value("document.querySelector('#valley-svg').innerHTML") != before)
    browser.keys("#sandbox [data-as=kind]", "End")
    browser.keys("#sandbox [data-as=max]", "End")
    check("a constant over the limit explodes", "explodes" in browser.value(say), browser.value(say))
    browser.keys("#sandbox [data-as=at]", "Home")
    place = "document.querySelector('#sandbox [data-as=atText]').textContent"
    check("the walk can be followed", browser.value(place) == "0")
    browser.click("#sandbox [data-as=play]")
    check("with reduced motion play shows the end", browser.value(place) == "600")


def check_guess(browser, schedules):
    browser.click("#guess summary")
    browser.click("#guess [data-as=show]")
    curves = [s["curves"] for s in schedules]
    all_losses = [v for c in curves for seed in c["seeds"] for v in seed["loss"]]
    level = math.sqrt(min(all_losses) / 1.2 * max(all_losses) * 1.2)
    x, losses = curves[0]["loss"]["x"], [seed["loss"] for seed in curves[0]["seeds"]]
    loss = [mean([l[i] for l in losses]) for i in range(len(x))]
    reach = (len(loss) // 20 | 1) // 2
    smooth = {i: mean(loss[i - reach:i + reach + 1]) for i in range(reach, len(loss) - reach)}
    inner = sorted(smooth)
    factors = []
    for k in range(25):
        place = x[-1] * k / 24
        right = next(i for i in range(len(x)) if x[i] >= place)
        if max(right - 1, 0) in smooth and right in smooth:
            value = at([x[i] for i in inner], [smooth[i] for i in inner], place)
            factors.append(abs(math.log(level / value)))
    factor = float(browser.value("document.getElementById('guess').dataset.factor"))
    check("a flat guess is off by what it is", near(factor, math.exp(mean(factors)), 0.02), factor, math.exp(mean(factors)))
    browser.click("#guess [data-as=clear]")
    start, end = browser.middle("#guess-svg", 0.1, 0.2), browser.middle("#guess-svg", 0.8, 0.8)
    browser.mouse("mousePressed", start, 1)
    for part in range(11):
        browser.mouse("mouseMoved", [start[i] + (end[i] - start[i]) * part / 10 for i in (0, 1)], 1)
    browser.mouse("mouseReleased", end)
    browser.keys("#guess-svg", "ArrowRight", "ArrowUp")
    browser.click("#guess [data-as=show]")
    drawn = float(browser.value("document.getElementById('guess').dataset.factor"))
    check("a drawn guess is another one", abs(drawn - factor) > 1e-6, drawn, factor)
    check("it is told in words",
          "off by a factor" in browser.value("document.querySelector('#guess [data-as=say]').textContent"))


def check_quiet(browser):
    """No message, and nothing asked of the network."""
    for event in browser.events:
        method, what = event.get("method"), event.get("params", {})
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            check("the console is empty", False, json.dumps(what)[:300])
        if method == "Network.requestWillBeSent":
            url = what["request"]["url"]
            check("no network", url.startswith(("file:", "data:", "chrome:", "about:")), url)


READY = "document.documentElement.dataset.ready"


def check_order(browser, url):
    """What is on the screen is built first, the rest where the reader goes or before it is printed."""
    idle = browser.ask("Page.addScriptToEvaluateOnNewDocument", source="window.requestIdleCallback = () => {}")
    browser.open(url)
    check("the page becomes interactive", browser.wait("performance.getEntriesByName('cyclone-interactive').length == 1"))
    check("what is far away is not built", browser.value("document.getElementById('cloud')") is None)
    browser.value("document.getElementById('statistics').scrollIntoView()")
    check("it is where the reader goes", browser.wait("!!document.getElementById('cloud')"))
    check("a link leads to its section", 0 <= browser.value(
        "(location.hash = '#glossary', document.getElementById('glossary').getBoundingClientRect().top)") < 900)
    check("whose words can be read", browser.value("document.querySelector('#glossary dd').getBoundingClientRect().height") > 10)
    browser.ask("Page.printToPDF")
    check("everything is before it is printed", browser.value(READY) is not None)
    check("nothing is built twice", browser.value("document.querySelectorAll('#cloud, #sandbox, #course-svg').length") == 3)
    browser.ask("Page.removeScriptToEvaluateOnNewDocument", identifier=idle["identifier"])


def check_lines(browser, expected):
    """The cursor of one plot, by key, mouse and finger: it shows each line's value at the place that it names."""
    at = "#curves [data-as=at]"

    def place():
        return float(browser.value("document.querySelector('#curves [data-as=atText]').textContent"))

    def shown():
        return dict(browser.value("[...document.querySelectorAll('#curves tbody tr')].map(r => [r.cells[0].textContent, "
                                  "r.cells[1].textContent])"))

    def compare():
        values, x = shown(), place()
        check("the table names the place", browser.value("document.querySelector('#curves caption').textContent")
              .startswith(f"At {expected['x']} "))
        check("a row for each line", list(values) == [line["name"] for line in expected["lines"]], list(values))
        for line in expected["lines"]:
            i = next((i for i, value in enumerate(line["x"]) if near(value, x, 1e-5)), None)
            if i is None:
                continue
            y, text = line["y"][i], values.get(line["name"], "")
            check(f"{line['name']} at {x}", text == "n/a" if y is None else text != "n/a" and near(float(text), y, 6e-3), text, y)

    before = place()
    compare()
    browser.keys(at, "ArrowRight", "ArrowRight")
    check("a key moves the cursor", place() > before, before, place())
    compare()
    browser.keys(at, "Home")
    first = place()
    compare()
    places = []
    for part in (0.3, 0.6):
        browser.mouse("mouseMoved", browser.middle("#curves-svg", part))
        places.append(place())
        compare()
    point = browser.middle("#curves-svg", 0.4)
    browser.ask("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": point[0], "y": point[1]}])
    browser.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    places.append(place())
    check("mouse and finger move the cursor", first < places[0] < places[2] < places[1], places)
    check("the line follows", browser.value("document.querySelector('#curves-svg .cursor').getAttribute('d')").startswith("M"))


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    pictures = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    lines = folder / "lines.json"
    host = "#curves" if lines.exists() else "#course"
    url = (folder / "report.html").resolve().as_uri()
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile)
        browser.ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0,
                    uploadThroughput=0)
        browser.screen(1280, 900, "light")
        browser.open(url)
        ready = browser.wait(READY)
        check("the script ran to its end", ready is not None)
        own, interactive = (browser.value(f"document.documentElement.dataset.{k}") for k in ("script", "interactive"))
        print(f"interactive {interactive} ms after navigationStart, all parts {ready} ms, {own} of them the script's, "
              f"{(folder / 'report.html').stat().st_size} bytes")
        if lines.exists():
            check_lines(browser, json.loads(lines.read_text()))
        elif ready is not None:
            results = json.loads((folder / "result.json").read_text())
            check_course(browser, results["schedules"])
            check_threshold(browser, results)
            check_cloud(browser, results)
            check_sandbox(browser, json.loads((folder / "schedules.json").read_text()))
            check_guess(browser, results["schedules"])
            check_order(browser, url)
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                browser.screen(width, 844, scheme)
                browser.open(url)
                browser.wait(READY)
                # Without what leaves out sections beyond the screen: a picture and a width of all.
                browser.value("document.head.append(Object.assign(document.createElement('style'), "
                              "{textContent: 'main > section { content-visibility: visible !important }'}))")
                wide = browser.value("document.documentElement.scrollWidth")
                check(f"no sideways scrolling at {width} pixels", wide <= width, wide)
                unnamed = browser.value("""[...document.querySelectorAll('input, select, button, svg')].filter(e =>
                    !(e.ariaLabel || e.textContent.trim() || (e.labels && e.labels.length))).length""")
                check("every control and picture has a name", unnamed == 0, unnamed)
                if pictures:
                    browser.picture(pictures / f"report_{width}_{scheme}.png")
        browser.ask("Emulation.setScriptExecutionDisabled", value=True)
        browser.screen(1280, 900, "light")
        browser.open(url)
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        check("without scripts the pictures stand",
              browser.value(f"""(() => {{ const e = [...document.querySelectorAll('{host} figure')].find(
                  f => getComputedStyle(f).display != 'none'); e.scrollIntoView(); return e.getBoundingClientRect().height; }})()""") > 300)
        check("and no control that does nothing",
              browser.value("document.querySelectorAll('.live, input, select').length") == 0)
        check("it prints", len(browser.ask("Page.printToPDF")["data"]) > 10000)
        check_quiet(browser)
        browser.end()
    for mistake in mistakes:
        print("MISTAKE", mistake)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
