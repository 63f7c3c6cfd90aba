// The threshold and the prevalence: what a decision costs and finds. And how many seeds a verdict needs.

function decisions() {
  const data = pageData(), section = document.getElementById("decisions");
  const usable = data.rows.filter((row) => row.decisions.positives > 0 && row.decisions.negatives > 0);
  if (!usable.length) return;
  const prior = data.testPositives / data.testImages;
  const thresholds = usable[0].decisions.threshold;
  const ui = build(`<div class="live" id="threshold"><h3>Move the threshold</h3><div class="controls">
    <label>schedule <select data-as="row">${usable.map((row, i) =>
      `<option value="${i}">${escaped(row.name)}</option>`).join("")}</select></label>
    ${slider("at", "called positive above", 0, thresholds.length - 1, 1, thresholds.indexOf(0.5))}
    ${slider("prior", "positives among the images", 0, 200, 1, 0)}
    <button type="button" data-as="reset">as in the test set</button></div>
    <div class="pair">
    <svg class="plot" id="roc-svg" data-as="svg" role="img" aria-label="ROC curve with the threshold's point"></svg>
    <div><table class="confusion" data-as="matrix"></table>
    <table class="facts" data-as="facts" aria-live="polite"></table></div></div></div>`);
  section.querySelector("h2").after(ui.root);
  // The slider is logarithmic from 0.1 % to 50 %.
  const priorOf = (place) => 0.001 * 500 ** (place / 200);
  let ownPrior = null;

  function draw() {
    const row = usable[ui.row.value], d = row.decisions, t = Number(ui.at.value);
    const p = ownPrior === null ? prior : ownPrior;
    const sensitivity = d.truePositives[t] / d.positives, alarms = d.falsePositives[t] / d.negatives;
    const found = sensitivity * p, mistaken = alarms * (1 - p);
    const precision = found + mistaken > 0 ? found / (found + mistaken) : NaN;
    const f1 = found > 0 ? (2 * found) / (found + mistaken + p) : 0;
    ui.atText.textContent = number(thresholds[t], 4);
    ui.priorText.textContent = number(100 * p) + " %";
    const percent = (part, of) => number((100 * part) / of) + " %";
    const cell = (count, of) => `<td><b>${count}</b>${percent(count, of)}</td>`;
    ui.matrix.innerHTML = `<caption>The test images of all seeds</caption><thead><tr><td></td>` +
      `<th scope="col">called negative</th><th scope="col">called positive</th></tr></thead>` +
      `<tbody><tr><th scope="row">is negative</th>` +
      cell(d.negatives - d.falsePositives[t], d.negatives) + cell(d.falsePositives[t], d.negatives) +
      `</tr><tr><th scope="row">is positive</th>` + cell(d.positives - d.truePositives[t], d.positives) +
      cell(d.truePositives[t], d.positives) + "</tr></tbody>";
    const facts = {precision, recall: sensitivity, F1: f1, "false positive rate": alarms,
      "false alarms per find": found > 0 ? mistaken / found : NaN};
    ui.facts.innerHTML = "<tbody>" + Object.entries(facts).map(([name, value]) =>
      `<tr><th scope="row">${name}</th><td data-fact="${name}">${number(value, 4)}</td></tr>`).join("") + "</tbody>";
    const line = {colour: row.colour, dashes: row.dashes, x: d.falsePositives.map((n) => n / d.negatives).reverse(),
      y: d.truePositives.map((n) => n / d.positives).reverse()};
    line.x.unshift(0), line.y.unshift(0);
    const width = Math.min(440, widthOf(section));
    const guessing = {colour: "faint", x: [0, 1], y: [0, 1], thin: true};
    const point = {colour: row.colour, x: [alarms], y: [sensitivity], dots: true};
    const frame = drawPanels(ui.svg, width, [{label: "true positive rate", height: 240, low: 0, high: 1.02,
      lines: [line, guessing, point]}], "false positive rate");
    ui.svg.querySelector(".cursor").setAttribute("d", `M${frame.x(alarms).toFixed(1)} 24V${frame.height}`);
  }
  ui.row.oninput = ui.at.oninput = draw;
  ui.prior.oninput = () => (ownPrior = priorOf(Number(ui.prior.value)), draw());
  ui.reset.onclick = () => {
    ownPrior = null;
    ui.prior.value = Math.round((200 * Math.log(clamp(prior, 0.001, 0.5) / 0.001)) / Math.log(500));
    draw();
  };
  // It begins with the row whose curve has the largest area below it.
  const area = (d) => d.threshold.reduce((sum, _, t) => t === 0 ? 0 :
    sum + (d.falsePositives[t - 1] - d.falsePositives[t]) * (d.truePositives[t - 1] + d.truePositives[t]), 0) /
    (d.positives * d.negatives);
  const areas = usable.map((row) => area(row.decisions));
  ui.row.value = areas.indexOf(Math.max(...areas));
  ui.reset.onclick();
}

function seedCloud() {
  const data = pageData(), section = document.getElementById("statistics");
  if (!data.clouds.length) return;
  const counts = [...new Set(data.clouds.map((c) => c.seeds))];
  const ui = build(`<div class="live" id="cloud"><h3>How many seeds does a verdict need?</h3>
    <p class="soft">Each line is the interval of the difference in AUC to the baseline, from the seeds named. With more
    seeds than were trained, the mean and the spread are taken to stay what they are.</p><div class="controls">
    <label>seeds <select data-as="count">${counts.map((n) => `<option>${n}</option>`).join("")}</select></label>
    <button type="button" data-as="next">other seeds</button><span data-as="which" aria-live="polite"></span></div>
    <svg class="plot" data-as="svg" id="cloud-svg" role="img" aria-label="Differences and their intervals"></svg>
    <div class="scroll"><table class="facts" data-as="table"></table></div></div>`);
  section.querySelector("h2").after(ui.root);
  let choice = 0;
  const ends = data.clouds.filter((c) => c.seeds > 2).flatMap((c) => c.draws.flatMap((d) => [d.low, d.high]));
  const reach = Math.max(3 * data.alikeWithin, ...ends.filter(finite).map(Math.abs).sort((a, b) => a - b).slice(0, -2));

  function draw() {
    const clouds = data.clouds.filter((c) => c.seeds === Number(ui.count.value));
    const draws = clouds[0].draws.length, at = choice % draws;
    ui.next.disabled = draws < 2;
    const of = clouds[0].draws[at].seeds;
    ui.which.textContent = !of.length ? "as if the spread stayed" :
      `seeds ${of.join(", ")}` + (draws > 1 ? ` (choice ${at + 1} of ${draws})` : "");
    const width = widthOf(section), left = Math.min(190, width / 3), height = 24 * clouds.length + 26;
    const x = scale("linear", -reach, reach, left, width - 10), held = (v) => clamp(x(v), left, width - 10);
    const alike = [x(-data.alikeWithin), x(data.alikeWithin)], bottom = height - 22;
    let html = `<g class="faint"><path class="zone" d="M${alike[0]} 2H${alike[1]}V${bottom}H${alike[0]}Z"/></g>` +
      `<path class="axis" d="M${x(0)} 2V${bottom}"/>`;
    for (const tick of ticks("linear", -reach, reach, width / 160))
      html += `<text class="faint" text-anchor="middle" x="${x(tick)}" y="${height - 6}">${number(tick)}</text>`;
    clouds.forEach((cloud, i) => {
      const row = data.rows.find((r) => r.name === cloud.schedule), y = 16 + 24 * i, d = cloud.draws[at];
      html += `<g class="${classes(row)}"><text x="4" y="${y + 4}">${escaped(row.name)}</text>`;
      for (const other of cloud.draws)
        if (finite(other.mean)) html += `<path class="dot thin" stroke-opacity=".25" d="M${held(other.mean)} ${y}h0"/>`;
      if (finite(d.low)) html += `<path class="curve wide-line" d="M${held(d.low)} ${y}H${held(d.high)}"/>`;
      if (finite(d.mean)) html += `<path class="dot" d="M${held(d.mean)} ${y}h0"/>`;
      html += "</g>";
    });
    ui.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    ui.svg.innerHTML = html;
    ui.table.innerHTML = `<thead><tr><th scope="col">schedule</th><th scope="col">verdict</th>` +
      `<th scope="col">of all choices</th></tr></thead><tbody>` +
      clouds.map((cloud) => {
        const tally = {};
        for (const d of cloud.draws) tally[d.verdict] = (tally[d.verdict] || 0) + 1;
        return `<tr><th scope="row">${escaped(cloud.schedule)}</th><td>${escaped(cloud.draws[at].verdict)}</td><td>` +
          Object.entries(tally).map(([verdict, n]) => `${n} × ${escaped(verdict)}`).join(", ") + "</td></tr>";
      }).join("") + "</tbody>";
  }
  ui.count.oninput = () => (choice = 0, draw());
  ui.next.onclick = () => (++choice, draw());
  draw();
}
