// The page answers to touch. Everything here is drawn from the numbers in #data; without this script the page is whole.
"use strict";

const begun = performance.now();
let numbers = null;
/** The page's numbers, read when the first part asks for them. */
const pageData = () => (numbers = numbers || JSON.parse(document.getElementById("data").textContent));

// --- small things -------------------------------------------------------------------------------------------------
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const finite = (value) => typeof value === "number" && isFinite(value);
const escaped = (text) =>
  String(text).replace(/[&<>"']/g, (c) => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})[c]);

/** A number for people: three significant digits, an exponent below 0.0001. */
function number(value, digits = 3) {
  if (!finite(value)) return "n/a";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(digits)));
}

/** An element of HTML text; its children with data-as="name" are found by that name. */
function build(html) {
  const box = document.createElement("div");
  box.innerHTML = html;
  const root = box.firstElementChild;
  const parts = {root};
  for (const part of root.querySelectorAll("[data-as]")) parts[part.dataset.as] = part;
  return parts;
}

const inSteps = (low, high, count) => Array.from({length: count}, (_, i) => low + ((high - low) * i) / (count - 1));

/** The value at x of a curve through points with rising x. */
function valueAt(xs, ys, x) {
  if (!xs.length || x < xs[0] || x > xs[xs.length - 1]) return NaN;
  let i = 0;
  while (i + 1 < xs.length && xs[i + 1] < x) ++i;
  if (i + 1 === xs.length) return ys[i];
  const part = xs[i + 1] > xs[i] ? (x - xs[i]) / (xs[i + 1] - xs[i]) : 0;
  return ys[i] + (ys[i + 1] - ys[i]) * clamp(part, 0, 1);
}

/** The mean of `width` values around each; nothing at the ends, where there are not as many. */
function smoothed(values, width) {
  const reach = Math.floor(width / 2);
  return values.map((_, i) =>
    i < reach || i + reach >= values.length ? NaN : mean(values.slice(i - reach, i + reach + 1)));
}

// --- scales -------------------------------------------------------------------------------------------------------
const kinds = {
  linear: {to: (v) => v, from: (t) => t, ok: () => true},
  logarithmic: {to: (v) => Math.log10(v), from: (t) => 10 ** t, ok: (v) => v > 0},
  nearOne: {to: (v) => -Math.log10(1 - v), from: (t) => 1 - 10 ** -t, ok: (v) => v < 1},
};

/** From values in [low, high] to pixels. */
function scale(kind, low, high, from, to) {
  const {to: t, ok} = kinds[kind], begin = t(low), span = t(high) - begin || 1;
  return (value) => (finite(value) && ok(value) ? from + ((to - from) * (t(value) - begin)) / span : NaN);
}

/** Round values within [low, high], about `wanted` of them. */
function ticks(kind, low, high, wanted) {
  const list = [];
  if (kind === "nearOne") {
    for (let e = 1; e < 8; ++e) for (const step of [5, 2, 1]) list.push(1 - step * 10 ** -e);
  } else if (kind === "logarithmic" && high > 4 * low) {
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); ++e)
      for (const step of [1, 2, 5]) list.push(Number(`${step}e${e}`));
  } else {
    const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5, 10].find((s) => s * power >= rough) || 10);
    for (let k = Math.ceil(low / step); k * step <= high; ++k) list.push(Number((k * step).toPrecision(12)));
  }
  const inside = list.filter((v) => v >= low - 1e-12 && v <= high + 1e-12);
  if (kind === "nearOne" && inside.length < 2) return ticks("linear", low, high, wanted);
  const every = Math.ceil(inside.length / (wanted + 2));
  return inside.filter((_, i) => i % every === 0);
}

/** What a panel shows: limits of the finite values, with room around them; above, no more than `atMost` where some lie
 * below that. */
function range(kind, values, low, high, atMost = Infinity) {
  const {to, from, ok} = kinds[kind];
  const usable = values.filter((v) => finite(v) && ok(v)).map(to);
  if (!usable.length) usable.push(to(0.5));
  let least = Infinity, most = -Infinity;
  for (const v of usable) least = Math.min(least, v), most = Math.max(most, v);
  if (most - least < 1e-9) least -= 0.5, most += 0.5;
  const room = 0.04 * (most - least);
  const highest = atMost > from(least) ? Math.min(from(most + room), atMost) : from(most + room);
  return [low === undefined ? from(least - room) : low, high === undefined ? highest : high];
}

// --- pictures -----------------------------------------------------------------------------------------------------
function path(xs, ys) {
  let text = "", pen = false;
  for (let i = 0; i < xs.length; ++i) {
    if (!isFinite(xs[i]) || !isFinite(ys[i])) pen = false;
    else text += (pen ? "L" : "M") + xs[i].toFixed(1) + " " + ys[i].toFixed(1), pen = true;
  }
  return text;
}

const dot = ([x, y]) => `<path class="dot" d="M${x.toFixed(1)} ${y.toFixed(1)}h0"/>`;
/** Whether it has a name at its end and a row in the table at the cursor. */
const isNamed = (line) => line.name && !line.high && !line.cause && !line.apart;
const classes = (line) => line.colour + (line.dashes ? " d" + line.dashes : "");

/** Positions in the same order, at least `gap` apart. */
function apart(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const place = wanted.slice();
  for (let i = 1; i < order.length; ++i) place[order[i]] = Math.max(place[order[i]], place[order[i - 1]] + gap);
  let limit = high;
  for (const i of order.reverse()) place[i] = Math.max(low, Math.min(place[i], limit)), limit = place[i] - gap;
  return place;
}

/**
 * Panels below each other over one x axis, as the inside of an SVG. A panel: label, kind, height, lines of {x, y,
 * colour, name, thin, dotted, dots, apart (not joined), high, cause}, refs of {x, name} or {y, name}, zones of {x: [from, to], name, colour}, low,
 * high, atMost. A line with a cause ends in a cross, one with `high` is the area up to there. Returns the x scale, its inverse and the height.
 */
function drawPanels(svg, width, panels, xLabel, xKind = "linear") {
  const names = panels.flatMap((p) => p.lines).filter(isNamed).map((l) => l.name.length);
  const right = width - (width > 560 && names.length ? Math.min(170, 12 + 7.5 * Math.max(...names)) : 10), left = 52;
  const xs = panels.flatMap((p) => p.lines).flatMap((l) => [l.x[0], l.x[l.x.length - 1]]).filter(finite);
  const first = xs.length ? Math.min(...xs) : 0, last = xs.length ? Math.max(...xs) : 1;
  const x = scale(xKind, first, last, left, right), marks = ticks(xKind, first, last, (right - left) / 90);
  let y = 4, html = "";
  panels.forEach((panel, p) => {
    const kind = panel.kind || "linear", top = y + 20, bottom = top + panel.height;
    const [low, high] = range(kind,
      panel.lines.filter((l) => !l.dotted).flatMap((l) => l.y.concat(l.high || [])), panel.low, panel.high, panel.atMost);
    const at = scale(kind, low, high, bottom, top);
    html += `<text class="faint" x="4" y="${y + 13}">${escaped(panel.label)}</text><clipPath id="${svg.id}-${p}">` +
      `<rect x="${left - 5}" y="${top - 4}" width="${right - left + 9}" height="${panel.height + 8}"/></clipPath>`;
    for (const tick of ticks(kind, low, high, panel.height / 40))
      html += `<path class="rule" d="M${left} ${at(tick).toFixed(1)}H${right}"/>` + (at(tick) < top + 5 ? "" :
        `<text class="faint" text-anchor="end" x="${left - 5}" y="${(at(tick) + 4).toFixed(1)}">` +
        `${number(tick, 6)}</text>`);
    for (const tick of marks)
      html += `<path class="rule" d="M${x(tick).toFixed(1)} ${top}V${bottom}"/>` + (p + 1 < panels.length ? "" :
        `<text class="faint" text-anchor="middle" x="${Math.min(x(tick), width - 4 * number(tick, 6).length).toFixed(1)}" ` +
        `y="${bottom + 16}">${number(tick, 6)}</text>`);
    for (const zone of panel.zones || [])
      html += `<g class="${classes(zone)}"><title>${escaped(zone.name)}</title><path class="zone" ` +
        `d="M${x(zone.x[0]).toFixed(1)} ${top}H${x(zone.x[1]).toFixed(1)}V${bottom}H${x(zone.x[0]).toFixed(1)}Z"/></g>`;
    let above = 0, beside = "";  // names of vertical lines; names of all, which lie over the curves
    for (const ref of panel.refs || [])
      if (x(ref.x) >= left && x(ref.x) <= right)
        html += `<g class="faint"><path class="ref" d="M${x(ref.x).toFixed(1)} ${top}V${bottom}"/></g>`,
        beside += `<text class="faint beside" x="${(x(ref.x) + (x(ref.x) > 0.8 * right ? -4 : 4)).toFixed(1)}" ` +
          `y="${top + 12 + (ref.name ? 14 * above++ : 0)}"${x(ref.x) > 0.8 * right ? ' text-anchor="end"' : ""}>` +
          `${escaped(ref.name || "")}</text>`;
      else if (at(ref.y) >= top && at(ref.y) <= bottom)
        html += `<g class="faint"><path class="ref" d="M${left} ${at(ref.y).toFixed(1)}H${right}"/></g>`,
        beside += `<text class="faint beside" text-anchor="end" x="${right - 4}" y="${(at(ref.y) - 5).toFixed(1)}">` +
          `${escaped(ref.name)}</text>`;
    html += `<g clip-path="url(#${svg.id}-${p})">`;
    for (const area of panel.lines.filter((line) => line.high))
      html += `<g class="${classes(area)}"><path class="band" d="` +
        `${path(area.x.concat(area.x.slice().reverse()).map(x), area.y.concat(area.high.slice().reverse()).map(at))}Z"/></g>`;
    for (const line of panel.lines.filter((line) => !line.high)) {
      const places = line.x.map((value, i) => [x(value), at(line.y[i])]);
      const dots = places.filter(([, pixel]) => line.dots && isFinite(pixel)).map(dot).join("");
      const end = line.cause === undefined ? undefined : places.filter((p) => isFinite(p[1])).pop();
      html += `<g class="${classes(line)}">${line.cause ? `<title>${escaped(line.cause)}</title>` : ""}` +
        (line.apart ? "" : `<path class="${line.dotted ? "ref" : "curve"}${line.thin ? " thin" : ""}" d="` +
          `${path(places.map((p) => p[0]), places.map((p) => p[1]))}"/>`) + dots +
        (end ? `<path class="cross" d="M${(end[0] - 4).toFixed(1)} ${(clamp(end[1], top, bottom) - 4).toFixed(1)}` +
          `l8 8m-8 0l8-8"/>` : "") + "</g>";
    }
    html += "</g>" + beside;
    if (right < width - 20) {
      const ends = panel.lines.filter(isNamed).map((line) => {
        let i = line.y.length - 1;
        while (i >= 0 && !isFinite(at(line.y[i]))) --i;
        return {line, y: i < 0 ? NaN : clamp(at(line.y[i]), top, bottom)};
      }).filter((end) => isFinite(end.y));
      if (ends.length * 14 <= panel.height + 14)
        apart(ends.map((e) => e.y), 14, top, bottom).forEach((place, i) => {
          html += `<g class="${classes(ends[i].line)}"><text x="${right + 6}" y="${(place + 4).toFixed(1)}">` +
            `${escaped(ends[i].line.name)}</text></g>`;
        });
    }
    y = bottom + (p + 1 < panels.length ? 8 : 38);
  });
  html += `<text class="faint" text-anchor="middle" x="${(left + right) / 2}" y="${y - 4}">${escaped(xLabel)}</text>` +
    `<path class="cursor" d=""/>`;
  svg.setAttribute("viewBox", `0 0 ${width} ${y}`);
  svg.innerHTML = html;
  const {to, from} = kinds[xKind];
  return {x, left, right, height: y - 36,
    value: (pixel) => from(to(first) + ((to(last) - to(first)) * (pixel - left)) / (right - left))};
}

/** The x of a pointer in the units of the viewBox. */
function pointerAt(svg, event) {
  const box = svg.getBoundingClientRect(), [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  return {x: ((event.clientX - box.left) / box.width) * width, y: ((event.clientY - box.top) / box.height) * height};
}

const widthOf = (element) => clamp(Math.round(element.clientWidth || 900), 300, 1160);
const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A slider with its value beside it. `text` makes the value readable. */
const slider = (name, label, low, high, step, value) =>
  `<label>${label} <input type="range" data-as="${name}" min="${low}" max="${high}" step="${step}" value="${value}">` +
  ` <output data-as="${name}Text"></output></label>`;
