// The network's settings, and curves of recall and load.
import { chart } from "./charts.js";
import { card, choice, h, hint, readouts, segments, slider } from "./controls.js";

const RULES = [
  ["hebb", "Hebb"], ["storkey", "Storkey"], ["dreaming", "Dreaming"], ["pseudoinverse", "Pseudo-inverse"],
];
const SIDES = [8, 16, 20];

export function sides({ model, state }) {
  const set = (values) => model.send({ do: "set", ...values });
  const rule = choice({ label: "Rule", options: RULES, value: state.rule, onChange: (value) => set({ rule: value }) });
  const dreaming = slider({
    label: "Dreaming time t", min: 0, max: 20, step: 0.5, value: state.dreaming_time,
    format: (value) => value.toFixed(1), onInput: (value) => set({ dreaming_time: value }),
  });
  const size = choice({
    label: "Grid", options: SIDES.map((n) => [n, `${n} × ${n}`]), value: state.side,
    onChange: (value) => set({ side: value }),
  });
  const numbers = readouts({ patterns: "patterns", load: "load α", share: "that stay" });
  numbers.el.dataset.show = "load";
  const load = chart({
    title: "Share of patterns that stay", height: 130, x: { label: "load α", min: 0 }, y: { min: 0, max: 1.05 },
  });
  const dynamics = segments({
    label: "Neurons follow their fields",
    options: [["asynchronous", "one after the other"], ["parallel", "all at once"]],
    value: state.dynamics, onChange: (value) => set({ dynamics: value }),
  });
  const temperature = slider({
    label: "Temperature T", min: 0, max: 2, step: 0.02, value: state.temperature,
    format: (value) => value.toFixed(2), onInput: (value) => set({ temperature: value }),
  });
  const speed = slider({
    label: "Sweeps a second", min: -0.6, max: 1.7, step: 0.05, value: Math.log10(state.speed),
    format: (value) => String(Number((10 ** value).toPrecision(2))),
    onInput: (value) => set({ speed: Math.min(50, Math.max(0.25, 10 ** value)) }),
  });
  const energy = chart({ title: "Energy", height: 120, x: { label: "sweep", min: 0 } });
  const overlaps = chart({
    title: "Overlaps m", height: 130, x: { label: "sweep", min: 0 }, y: { min: -1.05, max: 1.05 },
  });

  const el = h("div", { className: "side" },
    card("Network", rule.el, dreaming.el, size.el, numbers.el, load.el,
      hint("Hebb’s rule breaks down at α = 0.138 for random patterns of infinitely many neurons: the dashed line.")),
    card("Recall", dynamics.el, temperature.el, speed.el, energy.el, overlaps.el));

  function show({ header, arrays }) {
    const at = header.state;
    rule.set(at.rule);
    dreaming.set(at.dreaming_time);
    dreaming.el.hidden = at.rule !== "dreaming";
    size.set(at.side);
    dynamics.set(at.dynamics);
    temperature.set(at.temperature);
    speed.set(Math.log10(at.speed));
    numbers.set({
      patterns: String(header.titles.length), load: header.load.toFixed(3),
      share: header.share === null ? "–" : `${Math.round(100 * header.share)} %`,
    });
    showLoad(header, arrays, at);
    showWay(header, arrays);
  }

  function showLoad({ load: now, alpha_c: limit, share }, arrays, at) {
    const neurons = at.side ** 2;
    const x = arrays.curve.filter((_, i) => i % 2 === 0).map((p) => p / neurons);
    const y = arrays.curve.filter((_, i) => i % 2 === 1);
    const end = Math.max(0.2, 1.15 * now);
    load.draw([
      { x: [limit], kind: "rule", color: "--muted", dash: [4, 4], label: "where Hebb’s rule breaks down" },
      { x, y, color: "--accent" },
      { x: share === null ? [] : [now], y: share === null ? [] : [share], kind: "dots", width: 4, color: "--accent", label: "now" },
    ], { x: { max: end } });
    load.describe(share === null ? "No patterns" : `At load ${now.toFixed(3)}, ${Math.round(100 * share)} percent of the patterns stay`);
  }

  function showWay({ recall, titles }, arrays) {
    if (recall === null) {
      energy.draw([]);
      overlaps.draw([]);
      return;
    }
    const { sweeps, energies, followed, history } = arrays;
    const end = { x: { max: Math.max(2, sweeps.at(-1)) } };
    energy.draw([{ x: sweeps, y: energies, color: "--accent" }], end);
    energy.describe(`Energy, now ${recall.energy.toFixed(1)}`);
    const lines = Array.from(followed, (pattern, k) => {
      const first = pattern === recall.winner;
      return {
        x: sweeps, y: sweeps.map((_, i) => history[i * followed.length + k]),
        color: first ? "--accent" : "--muted", width: first ? 2.5 : 1, opacity: first ? 1 : 0.6,
        label: first ? titles[pattern] : undefined,
      };
    });
    lines.sort((a, b) => a.width - b.width);
    overlaps.draw(lines, end);
    overlaps.describe(`Overlap with ${titles[recall.winner]}: ${arrays.overlaps[recall.winner].toFixed(2)}`);
  }

  return {
    el, show,
    end: () => {
      for (const part of [load, energy, overlaps]) part.end();
    },
  };
}
