// A valley to walk down with rates of one's own, and a curve to guess before it is shown.

/** The library's schedules (src/schedule) at update t of a run of n; s is the step size, half a cycle. */
const schedules = {
  triangular: (t, o) => o.base + (o.max - o.base) * wave(t, o.step),
  triangular2: (t, o) => o.base + (o.max - o.base) * wave(t, o.step) / 2 ** Math.floor(t / (2 * o.step)),
  "exp-range": (t, o) => o.base + (o.max - o.base) * wave(t, o.step) * o.gamma ** t,
  "one-cycle": (t, o) => {
    const last = o.n - 1, top = Math.max(0.3 * o.n - 1, 1), now = Math.min(t, last), first = o.max / 25, end = first / 1e4;
    return now <= top ? o.max + (first - o.max) * fall(now / top) : end + (o.max - end) * fall((now - top) / (last - top));
  },
  linear: (t, o) => o.max * Math.max(0, 1 - t / o.n),
  cosine: (t, o) => o.max * fall(Math.min(1, t / o.n)),
  "time-decay": (t, o) => o.base / (1 + 0.96 * t),
  constant: (t, o) => o.max,
};
/** 0 at the start of a cycle, 1 in its middle. */
function wave(t, step) {
  const place = t % (2 * step);
  return (place <= step ? place : 2 * step - place) / step;
}
/** From 1 to 0 along half a cosine. */
const fall = (part) => (1 + Math.cos(Math.PI * part)) / 2;

/** Normal random numbers (Box and Muller) over a linear congruential generator: the same walk for the same seed. */
function normals(seed) {
  let state = seed >>> 0;
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 4294967296;
  for (let i = 0; i < 5; ++i) uniform();
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const drawn = new Map();
/** The first `count` of normals(seed), drawn once. */
function draws(seed, count) {
  if (drawn.has(seed) && drawn.get(seed).length >= count) return drawn.get(seed);
  const normal = normals(seed), list = new Float64Array(count);
  for (let i = 0; i < count; ++i) list[i] = normal();
  drawn.set(seed, list);
  return list;
}

/** Gradient descent with noisy gradients on (a² + steepness b²) / 2 from (3, 1); calls visit(a, b, loss) at each point. */
function descend(rates, steepness, noise, seed, visit) {
  const normal = draws(seed, 2 * rates.length), loss = () => (a * a + steepness * b * b) / 2;
  let a = 3, b = 1, next = 0;
  for (const rate of rates) {
    visit(a, b, loss());
    a -= rate * (a + noise * normal[next++]);
    b -= rate * (steepness * b + noise * Math.sqrt(steepness) * normal[next++]);
  }
  visit(a, b, loss());
  return loss();
}

function walk(...valley) {
  const points = {a: [], b: [], loss: []};
  descend(...valley, (a, b, loss) => (points.a.push(a), points.b.push(b), points.loss.push(loss)));
  return points;
}

/** The mean loss after the last update over many walks. */
const endLoss = (rates, steepness, noise) =>
  mean(Array.from({length: 40}, (_, i) => descend(rates, steepness, noise, 100 + i, () => {})));

function sandbox() {
  const before = document.getElementById("training");
  const n = 600;
  const ui = build(`<section id="sandbox" class="live"><h2>Try it: a valley, and rates of your own</h2>
    <p>The smallest picture of training a network: a valley that is steep across and flat along, with noisy gradients.
    Orange: your schedule. Blue: a constant rate with the same mean, so the same budget, and the same noise.</p>
    <div class="controls"><label>schedule <select data-as="kind">
    ${Object.keys(schedules).map((k) => `<option>${k}</option>`).join("")}</select></label>
    ${slider("base", "base rate", 0, 0.05, 0.001, 0.002)}${slider("max", "max rate", 0.002, 0.2, 0.002, 0.08)}
    ${slider("step", "step size", 10, 300, 10, 50)}${slider("steepness", "steepness", 2, 60, 1, 20)}
    ${slider("noise", "noise", 0, 1, 0.05, 0.3)}<button type="button" data-as="play">play</button></div>
    <p class="result" data-as="say" role="status"></p>
    <div class="pair"><svg class="plot" data-as="map" id="map-svg" role="img" aria-label="The path through the valley"></svg>
    <svg class="plot" data-as="curves" id="valley-svg" role="img" aria-label="Rate and loss over the updates"></svg></div>
    <div class="controls">${slider("at", "update", 0, n, 1, n)}</div></section>`);
  before.before(ui.root);
  let frame, yours, other, timer = 0;
  const settings = () =>
    ({base: Number(ui.base.value), max: Number(ui.max.value), step: Number(ui.step.value), n, gamma: 0.997});

  function sentence(rates, level, steepness, noise) {
    const limit = 2 / steepness, top = Math.max(...rates), over = rates.filter((r) => r > limit).length;
    const mine = endLoss(rates, steepness, noise), same = endLoss(rates.map(() => level), steepness, noise);
    ui.root.dataset.mine = mine, ui.root.dataset.same = same;
    const gone = (value) => !finite(value) || value > 1e3;
    let text = gone(mine) ? `The schedule ${ui.kind.value} explodes` : `The schedule ${ui.kind.value} ends at a loss of ${number(mine, 2)}`;
    text += gone(same) ? ", the constant of the same budget explodes. " :
      `, a constant of the same budget (${number(level, 2)}) at ${number(same, 2)}. `;
    if (over > 0)
      text += `For ${over} updates the rate is above the limit 2 / steepness = ${number(limit, 2)}: ` +
        "the walls throw it higher. ";
    if (gone(mine) || gone(same)) return text;
    const last = mean(rates.slice(-20));
    if (mine < 0.8 * same)
      return text + (noise > 0 ?
        `It stops at a rate of ${number(rates[n - 1], 2)}: the noise that is left follows the rate, so coming down pays.` :
        "Without noise: over the run its rates shrink the distance more than the constant does.");
    if (mine <= 1.25 * same) return text + "No difference worth a cycle.";
    if (top < limit && level * n < 6) return text + "Its budget is too small to reach the bottom.";
    return text + (last > level ? "It stops while the rate is high: end a run at the foot of a cycle." :
      "Going up again costs more than it gains here.");
  }

  function draw() {
    const o = settings(), steepness = Number(ui.steepness.value), noise = Number(ui.noise.value);
    const rates = Array.from({length: n}, (_, t) => schedules[ui.kind.value](t, o)), level = mean(rates);
    yours = walk(rates, steepness, noise, 7);
    other = walk(rates.map(() => level), steepness, noise, 7);
    for (const name of ["base", "max", "step", "steepness", "noise"]) ui[name + "Text"].textContent = ui[name].value;
    ui.say.textContent = sentence(rates, level, steepness, noise);
    const t = Array.from({length: n + 1}, (_, i) => i);
    const orange = {colour: "f5", name: ui.kind.value}, blue = {colour: "f1", name: "constant"};
    frame = drawPanels(ui.curves, Math.min(640, widthOf(ui.root)), [
      {label: "learning rate", height: 100, low: 0, refs: [{y: 2 / steepness, name: "limit of a constant"}],
        lines: [{...blue, x: [0, n - 1], y: [level, level]}, {...orange, x: t.slice(0, n), y: rates}]},
      {label: "loss", kind: "logarithmic", height: 190,
        lines: [{...blue, x: t, y: other.loss.map(capped)}, {...orange, x: t, y: yours.loss.map(capped)}]},
    ], "update");
    show();
  }
  const capped = (loss) => (loss > 1e4 || !finite(loss) ? NaN : loss);

  function show() {
    const at = Number(ui.at.value), width = 460, height = 340, steepness = Number(ui.steepness.value);
    const x = (a) => clamp(width * (0.42 + a / 7), -50, width + 50);
    const y = (b) => clamp(height * (0.5 - b / 2.6), -50, height + 50);
    let html = "";
    for (const level of [0.05, 0.2, 0.6, 1.5, 3.5, 7, 14])
      html += `<ellipse class="rule" cx="${x(0)}" cy="${y(0)}" rx="${(width * Math.sqrt(2 * level)) / 7}"` +
        ` ry="${(height * Math.sqrt((2 * level) / steepness)) / 2.6}"/>`;
    for (const [points, colour] of [[other, "f1"], [yours, "f5"]])
      html += `<g class="${colour}"><path class="curve thin" ` +
        `d="${path(points.a.slice(0, at + 1).map(x), points.b.slice(0, at + 1).map(y))}"/>` +
        dot([x(points.a[at]), y(points.b[at])]) + "</g>";
    html += `<text class="faint" x="${x(3) + 6}" y="${y(1)}">start</text>` +
      `<text class="faint" x="6" y="16">across: steep</text><text class="faint" x="6" y="${height - 6}">along: flat</text>`;
    ui.map.setAttribute("viewBox", `0 0 ${width} ${height}`);
    ui.map.innerHTML = html;
    ui.atText.textContent = at;
    const pixel = frame.x(at).toFixed(1);
    ui.curves.querySelector(".cursor").setAttribute("d", `M${pixel} 24V${frame.height}`);
  }

  function play() {
    clearInterval(timer);
    if (reducedMotion()) return void ((ui.at.value = n), show());
    ui.at.value = 0;
    timer = setInterval(() => {
      ui.at.value = Number(ui.at.value) + 4;
      show();
      if (Number(ui.at.value) >= n) clearInterval(timer);
    }, 30);
  }
  for (const name of ["kind", "base", "max", "step", "steepness", "noise"]) ui[name].oninput = draw;
  ui.at.oninput = () => (clearInterval(timer), show());
  ui.curves.onpointerdown = ui.curves.onpointermove = (event) => {
    clearInterval(timer);
    ui.at.value = Math.round(clamp(frame.value(pointerAt(ui.curves, event).x), 0, n));
    show();
  };
  ui.play.onclick = play;
  addEventListener("resize", draw);
  draw();
}

function guess() {
  const data = pageData(), section = document.getElementById("training");
  const usable = data.rows.filter((row) => row.seeds.some((s) => s.loss.length > 20));
  if (!usable.length) return;
  const points = 25;
  const ui = build(`<details class="live" id="guess"><summary>Guess first: draw the loss that you expect</summary>
    <p class="soft">Choose a schedule, draw its training loss into the empty picture with a finger or the mouse, then
    compare. By keyboard: left and right choose a point, up and down move it.</p><div class="controls">
    <label>schedule <select data-as="row">
    ${usable.map((row, i) => `<option value="${i}">${escaped(row.name)}</option>`).join("")}</select></label>
    <button type="button" data-as="show">show the run</button><button type="button" data-as="clear">again</button></div>
    <svg class="plot drawable" data-as="svg" id="guess-svg" tabindex="0" role="img"
    aria-label="Your guess of the training loss"></svg>
    <p class="result" data-as="say" role="status"></p></details>`);
  section.querySelector("h2").after(ui.root);
  let mine, revealed = false, place = 0, frame;
  const all = usable.flatMap((row) => row.seeds.flatMap((s) => s.loss)).filter((v) => v > 0);
  const low = Math.min(...all) / 1.2, high = Math.max(...all) * 1.2;
  const truth = () => {
    const row = usable[ui.row.value], list = row.seeds.map((s) => s.loss).filter((l) => l.length);
    const loss = list[0].map((_, i) => mean(list.map((l) => l[i])));
    return {row, x: row.lossX, y: smoothed(loss, (loss.length / 20) | 1)};
  };
  const xs = (run) => inSteps(0, run.x[run.x.length - 1], points);

  function draw() {
    if (!ui.root.open) return;
    const run = truth(), x = xs(run);
    const lines = [{colour: "c4", name: "your guess", x, y: mine, dots: true}];
    if (revealed) lines.push({colour: run.row.colour, dashes: run.row.dashes, name: run.row.name, x: run.x, y: run.y});
    const refs = finite(data.fractionsOnly) ? [{y: data.fractionsOnly, name: "knows only the class fractions"}] : [];
    frame = drawPanels(ui.svg, widthOf(section), [{label: "training loss (logarithmic)", kind: "logarithmic", height: 220,
      low, high, lines, refs}], "update");
    ui.svg.querySelector(".cursor").setAttribute("d", `M${frame.x(x[place]).toFixed(1)} 24V${frame.height}`);
    ui.say.textContent = "";
    if (!revealed) return;
    const factors = x.map((at, i) => Math.abs(Math.log(mine[i] / valueAt(run.x, run.y, at)))).filter(finite);
    const factor = Math.exp(mean(factors));
    ui.root.dataset.factor = factor;
    ui.say.textContent = `Your guess is off by a factor of ${number(factor)} on average` +
      (factor < 1.3 ? ": you know this schedule." : factor < 2 ? "." :
        ": look where the two part, and what the rate does there.");
  }
  function reset() {
    mine = Array(points).fill(Math.sqrt(low * high));
    revealed = false;
    place = 0;
    draw();
  }
  function put(event) {
    const {x, y} = pointerAt(ui.svg, event), run = truth();
    place = clamp(Math.round((frame.value(x) / run.x[run.x.length - 1]) * (points - 1)), 0, points - 1);
    mine[place] = clamp(high * (low / high) ** ((y - 24) / 220), low, high);
    draw();
  }
  ui.svg.onpointerdown = (event) => (ui.svg.setPointerCapture(event.pointerId), put(event));
  ui.svg.onpointermove = (event) => event.buttons && put(event);
  ui.svg.onkeydown = (event) => {
    const step = {ArrowLeft: [-1, 1], ArrowRight: [1, 1], ArrowUp: [0, 1.1], ArrowDown: [0, 1 / 1.1]}[event.key];
    if (!step) return;
    event.preventDefault();
    place = clamp(place + step[0], 0, points - 1);
    mine[place] = clamp(mine[place] * step[1], low, high);
    draw();
  };
  ui.row.oninput = ui.clear.onclick = reset;
  ui.show.onclick = () => ((revealed = true), draw());
  ui.root.ontoggle = draw;
  reset();
}
