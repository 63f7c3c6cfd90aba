// Rates, losses and AUCs under one cursor, with rows, seeds, scale and smoothing to choose.

function course() {
  const data = pageData(), host = document.getElementById("course");
  const drawn = data.rows.filter((row) => row.diverged.length || row.seeds.some((seed) => seed.loss.length));
  if (!drawn.length) return;
  const seeds = [...new Set(drawn.flatMap((row) => [...row.seeds, ...row.diverged].map((s) => s.seed)))];
  const chips = drawn.map((row, i) =>
    `<button type="button" class="chip ${classes(row)}" data-row="${i}" aria-pressed="true">` +
    `<span class="key${row.dashes ? " dashed" : ""}"></span>${escaped(row.name)}</button>`).join("");
  const ui = build(`<div class="live"><div class="controls" role="group" aria-label="Rows to draw">${chips}</div>
    <div class="controls">
    <label>seeds <select data-as="seed"><option value="mean">mean of all</option><option value="all">every seed</option>
      ${seeds.map((s) => `<option value="${s}">seed ${s}</option>`).join("")}</select></label>
    <label>loss <select data-as="divide"><option value="">as it is</option>
      ${drawn.map((row, i) => `<option value="${i}">divided by ${escaped(row.name)}</option>`).join("")}</select></label>
    <label><input type="checkbox" data-as="log" checked> logarithmic</label>
    ${slider("smooth", "smoothing", 0, 20, 1, 5)}</div>
    <svg class="plot" id="course-svg" data-as="svg" role="img" aria-label="Learning rate, training loss and AUC"></svg>
    ${cursorControls("update")}</div>`);
  host.prepend(ui.root);
  host.classList.add("replaced");
  const updates = Math.max(...drawn.map((row) => row.lossX[row.lossX.length - 1] || 0));
  ui.at.max = updates;
  ui.at.value = Math.round(updates / 2);
  const shown = drawn.map(() => true);

  /** The runs of the seeds that are chosen, and their curves; an AUC that is not defined is null. */
  const isChosen = (run) => isNaN(ui.seed.value) || String(run.seed) === ui.seed.value;
  const isDrawn = (run, key) => run[key].length && (key !== "auc" || run.auc.every(finite));
  const chosen = (row, key) => row.seeds.filter((s) => isDrawn(s, key) && isChosen(s));
  const curves = (row, key) => chosen(row, key).map((s) => s[key]);
  const averaged = (list) => (list.length ? list[0].map((_, i) => mean(list.map((l) => l[i]))) : []);
  const lossOf = (row) => {
    const list = curves(row, "loss").map((loss) =>
      smoothed(loss, Math.max(1, Math.round((loss.length * ui.smooth.value) / 100) | 1)));
    return list;
  };
  /** The losses to draw: divided by the same seed's of another row where that is asked for and has finished. */
  function losses(row) {
    const list = lossOf(row);
    if (ui.divide.value === "") return list;
    const below = drawn[ui.divide.value], other = lossOf(below);
    const theirs = chosen(below, "loss").map((s) => s.seed), own = chosen(row, "loss").map((s) => s.seed);
    return list.flatMap((loss, s) => {
      const at = theirs.indexOf(own[s]);
      return at < 0 ? [] : [loss.map((v, i) => v / other[at][i])];
    });
  }
  function meanLoss(row) {
    const list = losses(row);
    if (ui.divide.value === "" || !list.length) return averaged(list);
    return list[0].map((_, i) => Math.exp(mean(list.map((l) => Math.log(l[i])))));  // of ratios the geometric one
  }

  function draw() {
    const on = drawn.filter((_, i) => shown[i]);
    const look = (row) => ({colour: row.colour, dashes: row.dashes});
    const every = ui.seed.value === "all";
    const rate = {label: "learning rate", height: 90, low: 0,
      lines: on.map((row) => ({...look(row), x: row.rateX, y: row.rate}))};
    const divided = ui.divide.value !== "";
    const loss = {label: divided ? "training loss divided by that of " + drawn[ui.divide.value].name : "training loss",
      height: 230, kind: ui.log.checked ? "logarithmic" : "linear", lines: [],
      refs: divided ? [{y: 1, name: "equal"}] : finite(data.fractionsOnly) ?
        [{y: data.fractionsOnly, name: number(data.fractionsOnly, 2) + ": knows only the class fractions"}] : []};
    for (const row of on) {
      if (every) for (const one of losses(row)) loss.lines.push({...look(row), x: row.lossX, y: one, thin: true});
      loss.lines.push({...look(row), name: row.name, x: row.lossX, y: meanLoss(row)});
    }
    // Beyond what the finished runs show, an exploding loss would press all others flat.
    const most = Math.max(...loss.lines.flatMap((l) => l.y).filter(finite));
    const fastest = Math.max(...rate.lines.flatMap((l) => l.y));
    for (const row of divided ? [] : on)
      for (const run of row.diverged.filter(isChosen)) {
        const line = {...look(row), cause: `${row.name}, seed ${run.seed}, diverged: ${run.cause}`, x: run.update};
        rate.lines.push({...line, y: run.rate});
        loss.lines.push({...line, y: run.loss});
        if (isFinite(most)) loss.high = 1.2 * most;
        if (isFinite(fastest)) rate.high = 1.2 * fastest;
      }
    const auc = {label: "AUC on the test set", height: 140, kind: ui.log.checked ? "nearOne" : "linear", lines: []};
    // 1 has no place on the logarithmic scale: half a pair of images below it, as in the pictures without scripts.
    const pairs = data.testPositives * (data.testImages - data.testPositives), top = pairs > 0 ? 1 - 0.5 / pairs : 1 - 1e-9;
    const drawable = (list) => (ui.log.checked ? list.map((v) => (finite(v) ? Math.min(v, top) : NaN)) : list);
    for (const row of on) {
      const list = curves(row, "auc");
      if (every) for (const one of list) auc.lines.push({...look(row), x: row.aucX, y: drawable(one), thin: true});
      if (list.length)
        auc.lines.push({...look(row), name: row.name, x: row.aucX, y: drawable(averaged(list)), dots: true});
    }
    ui.smoothText.textContent = ui.smooth.value + " % of the run";
    place(drawPanels(ui.svg, widthOf(host), auc.lines.length ? [rate, loss, auc] : [rate, loss], "update"));
  }

  const place = cursor(ui, {value: Number, slider: (update) => Math.round(clamp(update, 0, updates))}, (at) => ({
    caption: `At update ${at}`, head: ["schedule", "rate", ui.divide.value === "" ? "loss" : "ratio", "AUC"],
    rows: drawn.filter((_, i) => shown[i]).map((row) => ({look: row, name: row.name, cells: [
      number(valueAt(row.rateX, row.rate, at)), number(valueAt(row.lossX, meanLoss(row), at)),
      number(valueAt(row.aucX, averaged(curves(row, "auc")), at), 4)]}))}));

  for (const chip of ui.root.querySelectorAll(".chip"))
    chip.onclick = () => {
      const i = Number(chip.dataset.row);
      shown[i] = !shown[i];
      chip.setAttribute("aria-pressed", shown[i]);
      draw();
    };
  for (const control of [ui.seed, ui.divide, ui.log, ui.smooth]) control.oninput = draw;
  addEventListener("resize", draw);
  draw();
}
