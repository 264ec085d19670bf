// The cue, drawn or spoilt, and the state that goes on from it.
import { INK, PAPER, broad, disc, speckle } from "./brushes.js";
import { button, card, choice, h, row, segments, slider, toggle } from "./controls.js";
import { drawing } from "./drawing.js";
import { HELD, OPEN, marks } from "./marks.js";
import { picture } from "./pictures.js";
import { sendStroke, strokes } from "./strokes.js";

const UNKNOWN = 127;
const COLORS = ["--down", "--sunken", "--up"];
const TOOLS = [
  ["ink", "Ink", "the right button, or shift, erases"],
  ["paper", "Paper", "the background"],
  ["noise", "Noise", "random cells"],
  ["unknown", "Erase", "cells that nobody knows: recall begins with random ones there"],
];
const SAID = {
  pattern: ["good", (name) => `${name}`],
  reversed: ["odd", (name) => `${name}, reversed`],
  mixture: ["odd", () => "a mixture of three patterns"],
  spurious: ["odd", () => "a spurious state"],
};

export function canvases({ model, shape }) {
  const [rows, columns] = shape;
  const numbered = strokes();
  let tool = "ink";
  let noise = 0.2;

  const send = (cells) => {
    const of = (value) => cells.filter(([, level]) => level === value).map(([cell]) => cell);
    const unknown = of(UNKNOWN);
    sendStroke(model, { do: "draw", on: of(INK), off: of(PAPER), unknown, stroke: numbered.latest() });
  };
  const radius = () => (tool === "ink" || tool === "paper" ? broad(rows, columns) * 0.75 : broad(rows, columns));
  const pad = drawing({
    label: `The cue, ${rows} by ${columns} cells`, rows, columns, name: "hopfield-cue", colors: COLORS,
    brush: (r, c, erase) => {
      numbered.next();
      const level = { ink: () => INK, paper: () => PAPER, noise: speckle, unknown: () => UNKNOWN }[tool];
      return disc(r, c, rows, columns, radius(), erase ? () => PAPER : level);
    },
    onStroke: send,
  });
  const over = marks(pad, rows, columns);
  const act = (command) => model.send({ ...command, stroke: numbered.next() });
  const tools = segments({ label: "Tool", options: TOOLS, value: tool, onChange: (value) => (tool = value) });
  tools.el.classList.add("tight");
  const level = slider({
    label: "Noise: cells turned over", min: 0, max: 0.5, step: 0.01, value: noise,
    format: (value) => `${Math.round(100 * value)} %`, onInput: (value) => (noise = value),
  });
  const half = choice({
    label: "Erase half", value: "none",
    options: [["none", "choose"], ...["top", "bottom", "left", "right"].map((one) => [one, one])],
    onChange: (one) => {
      if (one !== "none") act({ do: "erase", half: one });
      half.el.querySelector("select").selectedIndex = 0;
    },
  });

  const evidence = toggle({
    label: "Hold what the cue knows", title: "Cells that are not erased are evidence: they stay as they are",
    onChange: (on) => model.send({ do: "set", evidence: on }),
  });

  const state = picture({ label: "State of the network", name: "hopfield-state" });
  let running = false;
  const recall = button({ label: "Recall", main: true, onClick: () => model.send({ do: "run", on: !running }) });
  const sweep = button({ label: "One sweep", onClick: () => model.send({ do: "sweep" }) });
  const back = button({ label: "Back to the cue", onClick: () => model.send({ do: "begin" }) });
  const verdict = h("p", { className: "verdict", "data-show": "verdict" });
  const clear = button({ label: "Clear", onClick: () => act({ do: "clear" }) });
  const spoil = button({ label: "Corrupt", onClick: () => act({ do: "corrupt", level: noise }) });
  const keep = button({ label: "Store as pattern", onClick: () => model.send({ do: "store" }) });

  const el = card("",
    h("div", { className: "duo" },
      h("section", { className: "panel", "aria-label": "Cue" }, h("h2", { textContent: "Cue" }), pad.el, tools.el,
        row(keep.el, clear.el, spoil.el), row(level.el), row(half.el, evidence.el)),
      h("section", { className: "panel", "aria-label": "Recall" }, h("h2", { textContent: "Recall" }), state.el,
        row(recall.el, sweep.el, back.el), verdict)));

  function show({ header, arrays }) {
    if (numbered.settled(header.stroke) && !pad.drawingNow()) {
      const levels = arrays.cue.map((cell) => [PAPER, INK, UNKNOWN][cell]);
      if (levels.some((one, i) => one !== pad.levels()[i])) pad.set(levels);
      const evidence = header.state.evidence;
      over.set(arrays.cue.map((cell) => (cell === 2 ? OPEN : evidence ? HELD : 0)));
    }
    evidence.set(header.state.evidence);
    const at = header.recall;
    running = header.running;
    recall.set(running ? "Pause" : "Recall");
    for (const one of [recall, sweep, back]) one.enable(at !== null);
    if (at === null) {
      state.draw(new Uint8Array(rows * columns), rows, columns);
      state.caption("nothing is stored");
      verdict.textContent = "Store a pattern first.";
      return;
    }
    state.draw(arrays.state.map((on) => (on ? INK : PAPER)), rows, columns);
    state.caption(`after ${Number(at.sweeps.toFixed(1))} sweeps, energy ${at.energy.toFixed(1).replace("-", "−")}`);
    const [tone, words] = SAID[at.kind];
    const m = arrays.overlaps[at.winner];
    verdict.replaceChildren(
      at.done ? "At rest: " : "Now: ",
      h("strong", { className: tone, textContent: words(header.titles[at.winner]) }),
      at.kind === "pattern" || at.kind === "reversed" ? ` (m = ${m.toFixed(2).replace("-", "−")})`
        : `, nearest ${header.titles[at.winner]} (m = ${m.toFixed(2).replace("-", "−")})`);
    verdict.dataset.kind = at.kind;
    verdict.dataset.done = at.done;
  }

  return {
    el, show,
    end: () => {
      for (const part of [pad, over, state]) part.end();
    },
  };
}
