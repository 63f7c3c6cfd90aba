// The live page: sends what the controls say to the worker, and draws what comes back.

const byId = (id) => document.getElementById(id);
const fault = (text) => {
  byId("fault").textContent = `Nothing trains here: ${text}`;
  byId("fault").hidden = false;
};
const kClassesOnly = -(0.25 * Math.log(0.25) + 0.75 * Math.log(0.75));  // a quarter is positive
const kMost = 10000, kMean = 25;

const empty = () => ({rate: [], loss: [], aucAt: [], auc: []});
let run = empty(), before = null, running = false, broken = false, drawn = 0, said = 0, trainings = 0, worker;

const rates = ["rate", "base", "max"];
const valueOf = (id) => (rates.includes(id) ? 10 ** Number(byId(id).value) : Number(byId(id).value));

function chosenRate() {
  const kind = byId("kind").value, max = valueOf("max");
  return kind === "fixed" ? {schedule: "constant:max", base: 0, max: valueOf("rate"), step: 1, total: 1} :
    {schedule: kind, base: Math.min(valueOf("base"), max), max, step: valueOf("step"), total: valueOf("total")};
}

function showControls() {
  const kind = byId("kind").value;
  for (const label of document.querySelectorAll("[data-for]")) {
    label.hidden = !label.dataset.for.split(" ").includes(kind);
    const input = label.querySelector("input"), text = number(valueOf(input.id), 2);
    label.querySelector("output").textContent = text;
    input.setAttribute("aria-valuetext", text);
  }
  byId("go").textContent = running ? "Pause" : run.loss.length ? "Go on" : "Start";
  byId("go").disabled = broken || run.loss.length >= kMost;
}

/** The mean of the last `kMean` values at each place. */
function trailing(values) {
  let sum = 0;
  return values.map((v, i) => (sum += v - (i >= kMean ? values[i - kMean] : 0)) / Math.min(i + 1, kMean));
}

/** At most about 500 points: means of neighbours, and the last one as it is. */
function thinned(values) {
  const each = Math.ceil(values.length / 500), x = [], y = [];
  for (let i = 0; i < values.length; i += each) {
    const some = values.slice(i, i + each);
    x.push(i + (some.length - 1) / 2), y.push(mean(some));
  }
  if (each > 1) x.push(values.length - 1), y.push(values[values.length - 1]);
  return {x, y};
}

function lines(of, colour, name, what) {
  if (!of || !of.loss.length) return [];
  if (what === "auc") return of.auc.length ? [{colour, name, x: of.aucAt, y: of.auc}] : [];
  if (what === "rate") return [{colour, name, ...thinned(of.rate)}];
  const smooth = {colour, name, ...thinned(trailing(of.loss))};
  return colour === "f1" ? [smooth] : [{colour, thin: true, ...thinned(of.loss)}, smooth];
}

function draw() {
  drawn = performance.now();
  const both = (what) => [...lines(before, "f1", "run before", what), ...lines(run, "f5", "this run", what)];
  const axis = {colour: "f5", x: [0, Math.max(100, run.loss.length, before ? before.loss.length : 0)], y: [NaN, NaN]};
  const panel = (label, what, more) => ({label, lines: [axis, ...both(what)], ...more});
  drawPanels(byId("curves"), widthOf(byId("live")), [
    panel("learning rate", "rate", {height: 110, low: 0}),
    panel("loss", "loss", {height: 190, kind: "logarithmic", refs: [{y: kClassesOnly, name: "knows only the class fractions"}]}),
    panel("AUC, held out", "auc", {height: 130, refs: [{y: 0.5, name: "chance"}]}),
  ], "update");
  const n = run.loss.length, last = (list) => (list.length ? number(list[list.length - 1]) : "n/a");
  byId("before").hidden = !before;
  const cells = byId("now").tBodies[0].rows[0].cells;
  [n, last(run.rate), last(run.loss), last(run.auc)].forEach((text, i) => (cells[i].textContent = text));
  byId("curves").setAttribute("aria-label", `Learning rate, loss and AUC over ${n} updates; now ${last(run.rate)}, ` +
    `${last(run.loss)} and ${last(run.auc)}`);
}

const recent = (list, end) => mean(list.slice(Math.max(0, end - kMean), end));

function sentence() {
  const n = run.loss.length;
  if (!n) return "Press start. The network knows nothing yet; its probabilities are chance.";
  const now = run.rate[n - 1];
  if (!finite(run.loss[n - 1]))
    return `At update ${n} the loss is no longer a number: a rate of ${number(now, 2)} threw the weights out of the ` +
      "valley for good. Lower the rate, and reset.";
  const loss = recent(run.loss, n), auc = run.auc[run.auc.length - 1];
  const then = run.rate[Math.max(0, n - kMean)];
  const course = now > 1.02 * then ? "rises" : now < 0.98 * then ? "falls" : "stays";
  let text = `Update ${n}: the rate ${course} at ${number(now, 2)}, the loss is ${number(loss, 2)}`;
  if (n >= 2 * kMean) {
    const earlier = recent(run.loss, n - kMean);
    text += loss < 0.93 * earlier ? " and falls" : loss > 1.07 * earlier ? " and rises" : " and holds";
  }
  text += finite(auc) ? `, the AUC ${number(auc, 3)}. ` : ". ";
  if (loss > 1.05 * kClassesOnly && n >= kMean)
    return text + "That is worse than to know the class fractions alone: the rate is too high for these weights.";
  if (course === "rises" && n >= 2 * kMean) return text + "On the way up noise and curvature cost loss: the price of larger steps.";
  if (course === "falls") return text + "On the way down the weights settle, and what the large steps found shows.";
  if (before && before.loss.length >= n)
    return text + `The run before had a loss of ${number(recent(before.loss, n), 2)} here, on the same batches if the seed is the same.`;
  return text;
}

function say(text) {
  said = performance.now();
  if (byId("say").textContent !== text) byId("say").textContent = text;
}

function refresh(now) {
  const wait = reducedMotion() ? 1000 : 120;
  if (now || performance.now() - drawn > wait) draw();
  if (now || performance.now() - said > 3000) say(sentence());
}

function showPatches(patches) {
  byId("patches").innerHTML = patches.map((p, i) => `<figure><canvas width="16" height="16" role="img" ` +
    `aria-label="Patch ${i + 1}, ${p.positive ? "with" : "without"} calcifications"></canvas><figcaption>` +
    `${p.positive ? "with" : "without"}<br><output></output><br><meter min="0" max="1" aria-label="probability"></meter></figcaption></figure>`).join("");
  patches.forEach(({pixels}, i) => {
    const canvas = byId("patches").children[i].querySelector("canvas").getContext("2d"), image = canvas.createImageData(16, 16);
    const least = Math.min(...pixels), span = Math.max(...pixels) - least || 1;
    pixels.forEach((v, k) => image.data.set([0, 1, 2].map(() => (255 * (v - least)) / span).concat(255), 4 * k));
    canvas.putImageData(image, 0, 0);
  });
}

function showProbabilities(list) {
  list.forEach((p, i) => {
    const figure = byId("patches").children[i];
    figure.querySelector("output").textContent = finite(p) ? p.toFixed(3) : "n/a";
    figure.querySelector("meter").value = finite(p) ? p : 0;
  });
}

function pause() {
  running = false;
  worker.postMessage({pause: true});
  showControls();
  refresh(true);
}

function reset() {
  running = false;
  if (run.loss.length > kMean) before = run;
  run = empty();
  broken = false;
  worker.postMessage({start: Math.max(0, Math.floor(Number(byId("seed").value)) || 0), rate: chosenRate(),
    number: ++trainings});
  showControls();
  refresh(true);
}

const answers = {
  ready() {
    byId("live").hidden = false;
    reset();
  },
  patches: showPatches,
  probabilities: showProbabilities,
  loss(list, message) {
    if (broken) return;
    run.rate.push(...message.rate), run.loss.push(...list);
    if ("auc" in message) run.aucAt.push(run.loss.length), run.auc.push(message.auc);
    const bad = run.loss.findIndex((v) => !finite(v));
    broken = bad >= 0;
    if (broken) run.rate.length = run.loss.length = bad + 1;
    if (broken || run.loss.length >= kMost) pause();
    else refresh(false);
  },
  paused: () => refresh(true),
  fault,
};

const hear = ({data}) => {
  if ("of" in data && data.of !== trainings) return;
  for (const [what, value] of Object.entries(data)) if (answers[what]) answers[what](value, data);
};

function changed() {
  showControls();
  worker.postMessage({rate: chosenRate()});
}

function prepare() {
  if (typeof WebAssembly !== "object") return fault("this browser has no WebAssembly.");
  try {
    const text = byId("engine").textContent + "\n" + byId("worker").textContent;
    worker = new Worker(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
  } catch (error) {
    return fault(`this browser starts no worker (${error.message}).`);
  }
  worker.onmessage = hear;
  worker.onerror = (event) => fault(event.message || "the worker ended.");
  byId("go").onclick = () => {
    if (running) return pause();
    running = true;
    worker.postMessage({run: Number(byId("speed").value)});
    showControls();
  };
  byId("reset").onclick = reset;
  byId("seed").onchange = reset;
  byId("speed").onchange = () => running && worker.postMessage({run: Number(byId("speed").value)});
  for (const id of ["kind", "rate", "base", "max", "step", "total"]) byId(id).oninput = changed;
  addEventListener("resize", () => draw());
  window.cycloneLive = {run: () => run, before: () => before};
}
prepare();
