// The parts of the page are built where the reader is, then the others when there is time.

/** Parts by the element that they belong to: of a training or range test, or of a comparison. */
const parts = (document.getElementById("curves") ? [["curves", touchedPlot]] : [["training", sandbox], ["course", course],
  ["training", guess], ["decisions", decisions], ["statistics", seedCloud]])
  .map(([id, make]) => ({place: document.getElementById(id), make})).filter((part) => part.place);

const now = (name) => {
  document.documentElement.dataset[name] = Math.round(performance.now());
  performance.mark("cyclone-" + name);
};
let busy = performance.now() - begun;  // time of the script

/** Builds the parts that are asked for and not there yet. */
function make(wanted) {
  const start = performance.now();
  for (const part of parts.filter(wanted)) {
    parts.splice(parts.indexOf(part), 1);
    part.make();
  }
  busy += performance.now() - start;
  if (parts.length || document.documentElement.dataset.ready) return;
  document.documentElement.dataset.script = Math.round(busy);
  now("ready");
}

const whenIdle = window.requestIdleCallback || ((work) => setTimeout(work, 1));
/** One part each time, so that the page answers in between. */
const makeNext = () => (make((part) => part === parts[0]), parts.length && whenIdle(makeNext));

const near = new IntersectionObserver((seen) => {
  const places = seen.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
  make((part) => places.includes(part.place));
  if (document.documentElement.dataset.interactive) return;
  now("interactive");
  whenIdle(makeNext);
}, {rootMargin: "200px"});
for (const part of parts) near.observe(part.place);
if (!parts.length) now("interactive"), now("ready");
addEventListener("beforeprint", () => make(() => true));
window.cyclonePage = {schedules};  // for the test
