#pragma once
// The style sheet of report pages; plot_style() follows it.

namespace cyclone::report {

inline constexpr const char* kReportStyle = R"css(
:root { color-scheme: light dark; --page: #fff; --text: #1d2126; --soft: #5b646e; --line: #d8dde2; --band: #f4f6f8; --hit: 0, 114, 178; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --text: #e4e8ec; --soft: #a0a9b3; --line: #363d45; --band: #1d2228; --hit: 90, 180, 240; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 75rem; margin: 0 auto; padding: 1.2rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .4rem; padding-top: .5rem; border-top: 2px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 .3rem; }
p, ul { margin: .4rem 0 .8rem; max-width: 48rem; }
li { margin: .25rem 0; }
h1, h2, h3, p, li, summary, figcaption, dt, dd { overflow-wrap: anywhere; }
nav { font-size: .9rem; margin: .6rem 0; }
nav a { color: inherit; margin-right: .9rem; white-space: nowrap; }
.soft, figcaption, .note { color: var(--soft); font-size: .875rem; }
.note { border-left: 4px solid var(--line); padding: .3rem .8rem; }
code { font: .85em ui-monospace, "DejaVu Sans Mono", Consolas, monospace; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .6rem 0 1rem; }
table { border-collapse: collapse; font-size: .8125rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .45rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; border-bottom-width: 2px; }
th:first-child, td:first-child { text-align: left; }
.wide tbody th { position: sticky; left: 0; background: var(--page); font-weight: 600; max-width: 14rem; overflow: hidden; text-overflow: ellipsis; }
#numbers tbody th { max-width: 24rem; min-width: 11rem; white-space: normal; }
.facts th, .facts td { text-align: left; white-space: normal; vertical-align: top; overflow-wrap: anywhere; }
.facts th { color: var(--soft); font-weight: 400; min-width: 7rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.2rem 1.6rem; margin: .8rem 0; align-items: start; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure svg { width: 100%; height: auto; display: block; }
.grid.small { grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); }
.narrow { display: none; }
.result { font-size: 1.3rem; line-height: 1.35; font-weight: 600; max-width: 60rem; margin: .2rem 0 .8rem; }
.overview { width: 100%; font-size: .875rem; }
.overview th, .overview td { text-align: left; white-space: normal; vertical-align: middle; padding: .2rem .5rem .2rem 0; }
.overview tbody th { font-weight: 600; white-space: nowrap; }
.overview svg { display: block; }
.overview .verdict { min-width: 9rem; }
.plot.spark { font-size: 12px; }
.plot .tiny { font-size: 10px; }
.plot .wide-line { stroke-width: 3; }
.next { list-style: none; padding: 0; }
.command { display: inline-block; background: var(--band); border: 1px solid var(--line); border-radius: .25rem; padding: .1rem .5rem; margin-top: .15rem; user-select: all; }
.live { margin: .8rem 0 1.4rem; }
.controls { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center; margin: .5rem 0; font-size: .875rem; }
.controls output { font-variant-numeric: tabular-nums; }
.controls input[type=range] { width: 9rem; vertical-align: middle; touch-action: pan-y; }
button, select { font: inherit; color: inherit; background: var(--band); border: 1px solid var(--line); border-radius: .25rem; padding: .1rem .5rem; max-width: 14rem; }
.chip { border: 0; background: none; cursor: pointer; min-height: 1.8rem; }
.chip[aria-pressed=false] { opacity: .4; text-decoration: line-through; }
:focus-visible { outline: 2px solid rgb(var(--hit)); outline-offset: 2px; }
.live > svg, .pair > svg { width: 100%; height: auto; display: block; touch-action: pan-y; }
.live .drawable { touch-action: none; cursor: crosshair; }
.live .cursor { stroke: var(--soft); stroke-width: 1; pointer-events: none; }
.live ellipse { fill: none; }
.live caption { text-align: left; white-space: nowrap; color: var(--soft); font-size: .8125rem; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.3fr); gap: 1rem; align-items: start; }
.replaced > figure { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .875rem; margin: .5rem 0; padding: 0; list-style: none; max-width: none; }
.legend li { margin: 0; }
.key { display: inline-block; width: 1.5em; border-top: .28em solid; vertical-align: .22em; margin-right: .4em; }
.dashed { border-top-style: dashed; }
.matrices { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.2rem; margin: .8rem 0; }
.matrix table { width: 100%; }
.matrix td, .matrix thead th { text-align: center; }
.matrix td b { display: block; font-size: 1.05rem; }
.matrix th { font-weight: 400; color: var(--soft); text-align: left; }
.confusion td, .confusion thead th { text-align: center; }
.confusion td b { display: block; }
.confusion th { font-weight: 400; color: var(--soft); max-width: 9rem; overflow: hidden; text-overflow: ellipsis; }
.patches { display: flex; flex-wrap: wrap; gap: .6rem; margin: .4rem 0 1rem; }
.patches figure { width: 5rem; text-align: center; }
.patches img { width: 5rem; height: 5rem; image-rendering: pixelated; display: block; border: 1px solid var(--line); }
details { margin: .6rem 0; border: 1px solid var(--line); border-radius: .3rem; padding: .4rem .8rem; break-inside: auto; }
summary { cursor: pointer; font-weight: 600; }
dt { font-weight: 600; margin-top: .5rem; }
dd { margin: 0 0 .3rem; max-width: 48rem; }
@media (max-width: 1100px) {
  .overview thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .overview, .overview tbody { display: block; }
  .overview tr { display: grid; grid-template-columns: 1fr 1fr; gap: .15rem .8rem; padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .overview th, .overview td { display: block; border: 0; padding: 0; }
  .overview tbody th, .overview .verdict { grid-column: 1 / -1; }
  .overview .verdict { order: -1; }
  .overview tbody th { order: -2; }
  .overview svg { max-width: 100%; }
  .overview td:not(:empty)::before { color: var(--soft); font-size: .75rem; }
  .overview .rate::before { content: "learning rate"; }
  .overview .budget::before { content: "budget (sum of rates)"; }
  .overview .dots::before { content: "AUC, a dot per run"; }
  .overview .interval:not(:empty)::before { content: "against the baseline"; }
}
@media (max-width: 700px) {
  .broad { display: none; }
  .narrow { display: block; }
  .result { font-size: 1.1rem; }
  .pair { grid-template-columns: 1fr; }
}
@media screen {
  main > section { content-visibility: auto; contain-intrinsic-size: auto 40rem; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --text: #000; --soft: #444; --line: #bbb; --band: #f4f6f8; --hit: 0, 114, 178; }
  @page { margin: 14mm; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  nav, .controls, #guess { display: none; }
  h2, h3, summary, .legend { break-after: avoid; }
  .grid { grid-template-columns: 1fr 1fr; }
  .scroll { overflow: visible; }
  table { font-size: 7pt; }
  th, td { padding: .15rem .3rem; }
  .wide tbody th { position: static; }
  tr, .matrix { break-inside: avoid; }
  details { border: 0; padding: 0; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
)css";

}  // namespace cyclone::report
