// The common cursor: one place on the x axis of stacked panels, by pointer, finger or keyboard, with the values there.

/** What cursor() moves and fills; `what` is the x axis. */
const cursorControls = (what) =>
  `<div class="controls">${slider("at", `cursor: ${escaped(what)}`, 0, 1, 1, 0)}</div>
  <div class="scroll"><table class="wide" data-as="table"></table></div>`;

/**
 * Over ui.svg, which drawPanels() fills. axis.value(slider) is the place on the x axis, axis.slider(x) the nearest
 * position; table(x) gives caption, head and rows of {look, name, cells}. Returns what to call with each new frame.
 */
function cursor(ui, axis, table) {
  let frame = null;
  function show() {
    const at = axis.value(ui.at.value), x = frame.x(at).toFixed(1), {caption, head, rows} = table(at);
    ui.svg.querySelector(".cursor").setAttribute("d", `M${x} 20V${frame.height}`);
    ui.atText.textContent = number(at, 6);
    ui.table.innerHTML = `<caption>${escaped(caption)}</caption><thead><tr>` +
      head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("") + "</tr></thead><tbody>" +
      rows.map(({look, name, cells}) => `<tr><th scope="row"><span class="${classes(look)}">` +
        `<span class="key${look.dashes ? " dashed" : ""}"></span></span>${escaped(name)}</th>` +
        cells.map((cell) => `<td>${cell}</td>`).join("") + "</tr>").join("") + "</tbody>";
  }
  ui.at.oninput = show;
  ui.svg.onpointermove = ui.svg.onpointerdown = (event) => {
    ui.at.value = axis.slider(frame.value(pointerAt(ui.svg, event).x));
    show();
  };
  return (drawn) => ((frame = drawn), show());
}

/** The panels of a picture that the page has as data, with a cursor: of one training, or of a range test. */
function touchedPlot() {
  const {label, kind, panels} = pageData().curves, host = document.getElementById("curves");
  for (const line of panels.flatMap((panel) => panel.lines)) line.y = line.y.map((v) => (v === null ? NaN : v));
  const lines = panels.flatMap((panel) => panel.lines.filter(isNamed)
    .map((line) => ({...line, panel: panel.label, digits: panel.kind === "nearOne" ? 4 : 3})));
  for (const line of lines)  // a name that two panels have says in which it is
    line.row = lines.filter(({name}) => name === line.name).length > 1 ?
      `${line.name}: ${line.panel.replace(" (logarithmic)", "")}` : line.name;
  const places = [...new Set(lines.flatMap((line) => line.x))].filter(finite).sort((a, b) => a - b);
  if (!places.length) return;
  const ui = build(`<div class="live"><svg class="plot" id="curves-svg" data-as="svg" role="img"
    aria-label="${escaped(panels.map((panel) => panel.label).join(", "))}"></svg>${cursorControls(label)}</div>`);
  const caption = host.querySelector("figcaption");
  if (caption) ui.root.append(build(`<p class="soft">${caption.innerHTML}</p>`).root);
  host.prepend(ui.root);
  host.classList.add("replaced");
  ui.at.max = places.length - 1;
  ui.at.value = Math.floor(places.length / 2);
  const {to, ok} = kinds[kind], along = (x) => (ok(x) ? to(x) : -Infinity);
  /** The last place that is not after x, or the next where that is nearer. */
  function nearest(x) {
    let low = 0, high = places.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (places[middle] <= x) low = middle;
      else high = middle - 1;
    }
    const next = Math.min(low + 1, places.length - 1);
    return Math.abs(along(places[next]) - along(x)) < Math.abs(along(places[low]) - along(x)) ? next : low;
  }
  const place = cursor(ui, {value: (i) => places[i], slider: nearest}, (at) => ({
    caption: `At ${label} ${number(at, 6)}`, head: ["line", "value"],
    rows: lines.map((line) => ({look: line, name: line.row, cells: [number(valueAt(line.x, line.y, at), line.digits)]}))}));
  const draw = () => place(drawPanels(ui.svg, widthOf(host), panels, label, kind));
  addEventListener("resize", draw);
  draw();
}
