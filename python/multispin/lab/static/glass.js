// The spin-glass tab: two replicas, where they agree, P(q), and how the ladder is climbed.
import { announcer, button, card, choice, h, hint, readouts, row, segments, slider } from "./controls.js";
import { chart, columns } from "./charts.js";
import { picture } from "./pictures.js";

const SPEEDS = { 0: "full", 1: "1", 10: "10", 100: "100" };
const STATES = ["--down", "--line", "--up"];
const AGREEMENT = ["--differ", "--line", "--agree"];

function render({ model, el }) {
  const state = model.get("state");
  const send = (command) => model.send(command);
  const set = (name) => (value) => send({ do: "set", [name]: value });
  let running = true;
  let seed = state.seed ?? 1;
  let temperatures = [];
  let filled = "";

  // --- controls ---
  const run = button({ label: "Pause", main: true, onClick: () => send({ do: "run", on: !running }) });
  const step = button({ label: "Step", title: "One sweep and one exchange", onClick: () => send({ do: "step" }) });
  const reset = button({ label: "Reset", title: "From the same seed", onClick: () => send({ do: "reset" }) });
  const renew = button({
    label: "New bonds", title: "Another draw of the bonds", onClick: () => send({ do: "reset", seed: seed + 1 }),
  });
  const forget = button({
    label: "P(q) anew", title: "Leave out what was on the way to equilibrium", onClick: () => send({ do: "forget" }),
  });
  const look = slider({
    label: "Temperature looked at", min: 0, max: (state.steps ?? 16) - 1, step: 1, value: state.look ?? 0,
    format: (place) => (temperatures[place] === undefined ? "" : `T = ${temperatures[place].toFixed(3)}`),
    onInput: set("look"),
  });
  const coldest = slider({
    label: "Lowest temperature of the ladder", min: 0.3, max: 1.5, step: 0.05, value: state.coldest ?? 0.7,
    format: (value) => value.toFixed(2), onInput: set("coldest"),
  });
  const lattice = choice({
    label: "Lattice", options: [["8x8x8", "8 × 8 × 8"]], value: "8x8x8", onChange: set("lattice"),
  });
  const steps = choice({
    label: "Temperatures", options: [[16, "16"]], value: 16, onChange: set("steps"),
  });
  const speed = segments({
    label: "Exchanges a frame", value: state.speed ?? 0, onChange: set("speed"),
    options: Object.entries(SPEEDS).map(([value, text]) => [Number(value), text]),
  });
  const numbers = readouts({ exchanges: "exchanges", rate: "flips/ns", overlap: "overlap q", trips: "round trips" });

  // --- pictures ---
  const first = picture({ label: "First replica", caption: "First replica", colors: STATES, name: "first" });
  const second = picture({ label: "Second replica", caption: "Second replica", colors: STATES, name: "second" });
  const agree = picture({ label: "Where they agree", caption: "Where they agree", colors: AGREEMENT, name: "agree" });
  const said = announcer();
  const distribution = chart({
    title: "P(q)", label: "Distribution of the overlap", height: 220, x: { label: "q", min: -1, max: 1 }, y: { min: 0 },
  });
  const overlaps = chart({
    title: "Overlap of the two", label: "Overlap in time", height: 110,
    x: { label: "exchanges", max: 0 }, y: { min: -1.05, max: 1.05 },
  });
  const paths = chart({
    title: "Walkers of one ladder", label: "Temperatures of the walkers in time", height: 150, x: { label: "draws" }, y: {},
  });
  const acceptance = chart({
    title: "Exchanges accepted", label: "Acceptance of exchanges by temperature", height: 110,
    x: { label: "T" }, y: { min: 0, max: 1 },
  });
  const fromTop = chart({
    title: "Come from the top", label: "Fraction of walkers that come from the highest temperature", height: 110,
    x: { label: "T" }, y: { min: 0, max: 1 },
  });

  el.append(
    h("div", { className: "scene three" },
      h("div", { className: "stage" },
        h("div", { className: "pictures thirds" }, first.el, second.el, agree.el),
        card("", distribution.el, overlaps.el), said.el),
      h("div", { className: "side" },
        card("", row(run.el, step.el, reset.el), numbers.el),
        card("", look.el, row(forget.el, renew.el)),
        card("", coldest.el, row(lattice.el, steps.el), speed.el,
          hint("Four replicas at each temperature, six pairs of them in P(q). Bonds are +1 or −1."))),
      h("div", { className: "side" }, card("", paths.el, acceptance.el, fromTop.el))),
  );

  function show({ header, arrays }) {
    const { state } = header;
    running = header.running;
    seed = state.seed;
    temperatures = arrays.temperatures;
    run.set(running ? "Pause" : "Run");
    look.input.max = temperatures.length - 1;
    look.set(state.look);
    coldest.set(state.coldest);
    speed.set(state.speed);
    const lists = JSON.stringify([header.lattices, header.steps]);
    if (filled !== lists) {
      filled = lists;
      lattice.fill(header.lattices.map((name) => [name, name.replaceAll("x", " × ")]));
      steps.fill(header.steps.map((number) => [number, String(number)]));
    }
    lattice.set(state.lattice);
    steps.set(state.steps);
    numbers.set({
      exchanges: header.exchanges.toLocaleString("en"),
      rate: header.flips_per_ns === null ? "–" : header.flips_per_ns.toPrecision(3),
      overlap: header.overlap.toFixed(3).replace("-", "−"),
      trips: header.round_trips.toLocaleString("en"),
    });
    first.draw(arrays.first, ...arrays.first.shape);
    second.draw(arrays.second, ...arrays.second.shape);
    agree.draw(arrays.agree, ...arrays.agree.shape);
    agree.caption(`They agree at ${Math.round(50 * (1 + header.overlap))} %`);
    const words = `Two replicas of ${state.lattice.replaceAll("x", " by ")} spins at temperature ${header.temperature.toFixed(2)}: overlap ${header.overlap.toFixed(2)}`;
    first.describe(`First replica. ${words}`);
    second.describe(`Second replica. ${words}`);
    agree.describe(`Where they agree. ${words}`);
    if (!running) said.say(words);
    drawCharts(header, arrays);
  }

  function drawCharts(header, { distribution: found, trace, path, acceptance: accepted, from_top }) {
    const [q, density] = columns(found);
    const now = { x: [header.overlap], y: [0], kind: "rule", color: "--second", label: "now" };
    distribution.draw([
      { x: q, y: density, kind: "bars", color: "--accent", opacity: 0.75, label: `at T = ${header.temperature.toFixed(2)}` },
      now,
    ]);
    const [times, values] = columns(trace);
    overlaps.draw([{ x: times, y: values, color: "--second" }], { x: { min: Math.min(times[0] ?? -1, -1) } });
    const walkers = columns(path);
    const draws = Float32Array.from(walkers[0] ?? [], (_, i) => i - walkers[0].length + 1);
    const of = (place) => Math.log(temperatures[place]);
    paths.draw(
      walkers.map((walker, i) => ({
        x: draws, y: walker.map(of), width: i ? 1 : 2.2, color: i ? "--muted" : "--second", opacity: i ? 0.35 : 1,
        label: i ? "" : "one of them",
      })).reverse(),
      { y: { min: of(0), max: of(temperatures.length - 1), format: (value) => Math.exp(value).toFixed(2) } },
    );
    const between = Array.from(accepted, (_, i) => Math.sqrt(temperatures[i] * temperatures[i + 1]));
    const ends = { x: { min: temperatures[0], max: temperatures.at(-1) } };
    acceptance.draw([
      { x: between, y: accepted, color: "--accent" },
      { x: between, y: accepted, kind: "dots", color: "--accent", width: 2.5 },
    ], ends);
    fromTop.draw([
      { x: temperatures, y: from_top, color: "--accent" },
      { x: [temperatures[header.state.look]], y: [], kind: "rule", color: "--second", label: "looked at" },
    ], ends);
  }

  model.on("msg:custom", show);
  return () => {
    model.off("msg:custom", show);
    for (const part of [first, second, agree, distribution, overlaps, paths, acceptance, fromTop]) part.end();
  };
}

export default { render };
