// The Ising tab: the lattice, its temperature and field, and the exact curves behind what it does.
import { announcer, button, card, choice, h, readouts, row, segments, slider, toggle } from "./controls.js";
import { chart, columns } from "./charts.js";
import { picture } from "./pictures.js";

const SPEEDS = { 0: "full", 1: "1", 10: "10", 100: "100" };

function render({ model, el }) {
  const state = model.get("state");
  const send = (command) => model.send(command);
  const set = (name) => (value) => send({ do: "set", [name]: value });
  let running = true;
  let seed = state.seed ?? 1;
  let sizes = "";

  // --- controls ---
  const run = button({ label: "Pause", main: true, onClick: () => send({ do: "run", on: !running }) });
  const step = button({ label: "Step", title: "One sweep", onClick: () => send({ do: "step" }) });
  const reset = button({ label: "Reset", title: "From the same seed", onClick: () => send({ do: "reset" }) });
  const renew = button({
    label: "New seed", title: "Another history", onClick: () => send({ do: "reset", seed: seed + 1 }),
  });
  const temperature = slider({
    label: "Temperature T", min: 0.5, max: 5, step: 0.01, value: state.temperature ?? 2.27,
    snap: [2 / Math.asinh(1)], format: (value) => value.toFixed(3), onInput: set("temperature"),
  });
  const field = slider({
    label: "Field h", min: -1, max: 1, step: 0.01, value: state.field ?? 0, snap: [0],
    format: (value) => value.toFixed(2).replace("-", "−"), onInput: set("field"),
  });
  const quench = button({
    label: "Quench", title: "From infinite temperature to below the critical one, without a field",
    onClick: () => send({ do: "quench" }),
  });
  const loop = toggle({
    label: "Hysteresis", title: "The field goes up and down", onChange: (on) => send({ do: "loop", on }),
  });
  const loopSweeps = choice({
    label: "Sweeps of a loop", options: [[4000, "4000"]], value: 4000, onChange: set("loop_sweeps"),
  });
  const size = choice({
    label: "Lattice", options: [[2048, "2048²"]], value: 2048, onChange: set("size"),
  });
  const start = choice({
    label: "Start", options: [["random", "random"], ["up", "all up"]], value: state.start ?? "random",
    onChange: (value) => send({ do: "reset", start: value }),
  });
  const speed = segments({
    label: "Sweeps a frame", value: state.speed ?? 0, onChange: set("speed"),
    options: Object.entries(SPEEDS).map(([value, text]) => [Number(value), text]),
  });
  const numbers = readouts({
    sweeps: "sweeps", rate: "flips/ns", energy: "energy a spin", magnetization: "magnetization",
  });

  // --- pictures ---
  const image = picture({ label: "The lattice", name: "ising" });
  image.el.classList.add("fit");
  const said = announcer();
  const energies = chart({
    title: "Energy a spin", label: "Energy against temperature", height: 128,
    x: { label: "T", min: 0.5, max: 5 }, y: { min: -2.05, max: 0 },
  });
  const orders = chart({
    title: "Magnetization", label: "Magnetization against temperature", height: 128,
    x: { label: "T", min: 0.5, max: 5 }, y: { min: 0, max: 1.05 },
  });
  const times = chart({
    title: "In time", label: "Energy and magnetization in time", height: 128,
    x: { label: "sweeps", max: 0 }, y: { min: -2.05, max: 1.05 },
  });
  const loops = chart({
    title: "Hysteresis", label: "Magnetization against field", height: 150,
    x: { label: "h", min: -1, max: 1 }, y: { min: -1.05, max: 1.05 },
  });
  const hysteresis = h("div", { hidden: true }, loops.el);

  el.append(
    h("div", { className: "scene three" },
      h("div", { className: "stage" }, image.el, said.el),
      h("div", { className: "side" },
        card("", row(run.el, step.el, reset.el), numbers.el),
        card("", temperature.el, field.el, row(quench.el, loop.el), loopSweeps.el),
        card("", row(size.el, start.el), row(speed.el, renew.el))),
      h("div", { className: "side" },
        card("", hysteresis, energies.el, orders.el, times.el))),
  );

  function show({ header, arrays }) {
    const { state } = header;
    running = header.running;
    seed = state.seed;
    run.set(running ? "Pause" : "Run");
    temperature.set(state.temperature);
    field.set(state.field);
    speed.set(state.speed);
    start.set(state.start);
    loop.set(header.looping);
    if (sizes !== String(header.sizes)) {
      sizes = String(header.sizes);
      size.fill(header.sizes.map((side) => [side, `${side}²`]));
      loopSweeps.fill(header.loops.map((sweeps) => [sweeps, sweeps.toLocaleString("en")]));
    }
    size.set(state.size);
    loopSweeps.set(state.loop_sweeps);
    numbers.set({
      sweeps: header.sweeps.toLocaleString("en"),
      rate: header.flips_per_ns === null ? "–" : header.flips_per_ns.toPrecision(3),
      energy: signed(header.energy, 4),
      magnetization: signed(header.magnetization, 4),
    });
    const [rows, columns] = arrays.picture.shape;
    image.draw(arrays.picture, rows, columns);
    const block = state.size / columns;
    const pixel = block > 1 ? `a pixel is the mean of ${block} × ${block} spins` : "a pixel is a spin";
    image.caption(`${state.size} × ${state.size} spins; ${pixel}`);
    describe(header);
    drawCharts(header, arrays);
  }

  function describe({ state, magnetization, energy, running: on }) {
    const words = `Lattice of ${state.size} by ${state.size} spins at temperature ${state.temperature.toFixed(2)} in a field of ${state.field.toFixed(2)}: magnetization ${magnetization.toFixed(2)}, energy a spin ${energy.toFixed(2)}`;
    image.describe(words);
    said.say(on ? "" : words);
  }

  function drawCharts({ state, exact_energy, exact_magnetization, looping }, { trace, curve, loop: turns }) {
    const [sweeps, energy, magnetization, temperatures] = columns(trace);
    const [T, onsager, yang] = columns(curve);
    const recent = Math.max(0, sweeps.length - 40);
    const dots = { x: temperatures.subarray(recent), kind: "dots", color: "--second", width: 3, opacity: 0.6, label: "here" };
    energies.draw([
      { x: T, y: onsager, color: "--muted", label: "Onsager" },
      { ...dots, y: energy.subarray(recent) },
    ]);
    orders.draw([
      { x: T, y: yang, color: "--muted", label: "Yang" },
      { ...dots, y: magnetization.subarray(recent).map(Math.abs) },
    ]);
    const ends = [sweeps[0] ?? -1, 0];
    const exact = { x: ends, color: "--muted", dash: [4, 3] };
    const free = state.field === 0;
    times.draw([
      ...(free ? [1, -1].map((sign) => ({ ...exact, y: ends.map(() => sign * exact_magnetization) })) : []),
      ...(free ? [{ ...exact, y: ends.map(() => exact_energy) }] : []),
      { x: sweeps, y: magnetization, color: "--second", label: "m" },
      { x: sweeps, y: energy, color: "--accent", label: "e" },
      ...(free ? [{ x: [], y: [], color: "--muted", label: "exact" }] : []),
    ], { x: { min: Math.min(ends[0], -1) }, y: { min: Math.min(-2.05, ...energy) } });
    hysteresis.hidden = turns.shape[0] === 0;
    if (!hysteresis.hidden) {
      const [fields, values] = columns(turns);
      loops.draw([
        { x: fields, y: values, color: "--accent" },
        { x: fields.slice(-1), y: values.slice(-1), kind: "dots", color: "--second", width: looping ? 4 : 0 },
      ]);
    }
  }

  model.on("msg:custom", show);
  return () => {
    model.off("msg:custom", show);
    for (const part of [image, energies, orders, times, loops]) part.end();
  };
}

function signed(value, digits) {
  return value.toFixed(digits).replace("-", "−");
}

export default { render };
