// Trains in a thread of its own, so that the page stays responsive. It is told {start: seed, rate, number}, {rate},
// {run: updates per second} and {pause}.
"use strict";
const kBetweenAucs = 20, kPatches = 10;
let engine, running = false, perSecond = 60, done = 0, begun = 0, doneBefore = 0, number = 0;

function must(status) {
  if (status < 0) throw new Error(engine.UTF8ToString(engine._live_error()));
  return status;
}

function setRate(rate) {
  must(engine.ccall("live_rate", "number", ["string", "number", "number", "number", "number"],
    [rate.schedule, rate.base, rate.max, rate.step, rate.total]));
}

/** Half of them positive; the page shows them all the time. */
function patches() {
  const count = must(engine._live_test_patches()), chosen = [];
  for (const label of [1, 0])
    for (let i = 0, found = 0; i < count && found < kPatches / 2; ++i)
      if (engine._live_label(i) === label) ++found, chosen.push(i);
  return chosen;
}

function pixelsOf(i) {
  const place = engine._malloc(512);
  must(engine._live_pixels(i, place));
  const pixels = Array.from(new Uint16Array(engine.HEAPU8.buffer, place, 256));
  engine._free(place);
  return pixels;
}

let shown = [];
const probabilities = () => shown.map((i) => engine._live_probability(i));

/** `which` numbers the trainings: the page leaves out what an earlier one still sends. */
function start(seed, rate, which) {
  running = false;
  must(engine._live_start(seed));
  setRate(rate);
  done = 0, number = which;
  shown = patches();
  postMessage({
    of: number,
    patches: shown.map((i) => ({pixels: pixelsOf(i), positive: engine._live_label(i) === 1})),
    probabilities: probabilities(),
  });
}

/** Some updates, at most those up to the next AUC. */
function updates(count) {
  const room = Math.min(count, kBetweenAucs - (done % kBetweenAucs)), place = engine._malloc(16 * room);
  must(engine._live_run(room, place));
  const both = Array.from(new Float64Array(engine.HEAPU8.buffer, place, 2 * room));
  engine._free(place);
  done += room;
  const message = {of: number, rate: both.filter((_, i) => i % 2 === 0), loss: both.filter((_, i) => i % 2 === 1)};
  if (done % kBetweenAucs === 0) {
    message.auc = engine._live_auc();
    message.probabilities = probabilities();
  }
  postMessage(message);
}

function turn() {
  if (!running) return;
  try {
    const due = perSecond > 0 ? doneBefore + ((performance.now() - begun) * perSecond) / 1000 - done : 10;
    if (due >= 1) updates(Math.min(10, Math.floor(due)));
    if (perSecond > 0 && due > perSecond) begun = performance.now(), doneBefore = done;  // slower than wished for
    setTimeout(turn, perSecond > 0 ? Math.max(0, 1000 / perSecond - 4) : 0);
  } catch (error) {
    running = false;
    postMessage({fault: error.message});
  }
}

onmessage = ({data}) => {
  try {
    if ("start" in data) start(data.start, data.rate, data.number);
    else if (data.rate) setRate(data.rate);
    else if ("run" in data) {
      perSecond = data.run, begun = performance.now(), doneBefore = done;
      if (!running) running = true, turn();
    } else if (data.pause) running = false, postMessage({paused: true});
  } catch (error) {
    postMessage({fault: error.message});
  }
};

cycloneEngine().then((made) => ((engine = made), postMessage({ready: true})),
  (error) => postMessage({fault: "WebAssembly: " + (error && error.message)}));
