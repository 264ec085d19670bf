// Drawing, reconstruction and chain, and the probabilities of classes.
import { bars } from "./bars.js";
import { INK, PAPER, broad, disc, fine, speckle } from "./brushes.js";
import { button, card, choice, h, hint, row, segments, slider } from "./controls.js";
import { drawing } from "./drawing.js";
import { marks } from "./marks.js";
import { picture } from "./pictures.js";
import { perFrame, sendStroke, strokes } from "./strokes.js";

const TOOLS = [
  ["pencil", "Pencil", "a cell at a time"],
  ["brush", "Brush", "a broad stroke"],
  ["noise", "Noise", "random cells"],
  ["eraser", "Eraser", "paper"],
  ["hold", "Hold", "keep these pixels: the machine completes the rest"],
  ["release", "Release", "do not keep them any more"],
];

export function canvases({ model, shape, classes, state }) {
  const [rows, columns] = shape;
  const numbered = strokes();
  let tool = "pencil";
  let held = new Uint8Array(rows * columns);
  let drawn = new Uint8Array(rows * columns);

  const sendHeld = perFrame((cells) => {
    const on = [...cells].filter(([, value]) => value).map(([cell]) => cell);
    const off = [...cells].filter(([, value]) => !value).map(([cell]) => cell);
    sendStroke(model, { do: "hold", on, off, stroke: numbered.latest() });
  });

  function brush(r, c, erase) {
    numbered.next();
    const wide = broad(rows, columns);
    const narrow = fine(rows, columns);
    if (tool === "hold" || tool === "release") {
      const value = tool === "hold" && !erase ? 1 : 0;
      for (const [cell] of disc(r, c, rows, columns, wide, () => 1)) {
        held[cell] = value; // HELD, or not
        sendHeld(cell, value);
      }
      over.set(held);
      return [];
    }
    if (erase || tool === "eraser") return disc(r, c, rows, columns, tool === "pencil" ? narrow : wide, () => PAPER);
    if (tool === "brush") return disc(r, c, rows, columns, wide, () => INK);
    if (tool === "noise") return disc(r, c, rows, columns, wide + 1, speckle);
    return disc(r, c, rows, columns, narrow, () => INK);
  }

  const pad = drawing({
    label: `Your drawing, ${rows} by ${columns} pixels`, rows, columns, name: "rbm-drawing", brush,
    onStroke: (pixels) => {
      const on = pixels.filter(([, level]) => level > 127).map(([cell]) => cell);
      const off = pixels.filter(([, level]) => level <= 127).map(([cell]) => cell);
      sendStroke(model, { do: "draw", on, off, stroke: numbered.latest() });
    },
  });
  const over = marks(pad, rows, columns);
  const act = (command) => model.send({ ...command, stroke: numbered.next() });

  const tools = segments({
    label: "Tool", options: TOOLS, value: tool, onChange: (value) => (tool = value),
  });
  tools.el.classList.add("tight");
  const example = choice({
    label: "Example, not learned",
    options: [["any", "any class"], ...classes.map((name, k) => [k, name])],
    value: Math.max(classes.indexOf("7"), 0),
    onChange: (k) => act({ do: "example", label: k === "any" ? null : k }),
  });
  const chosen = () => example.el.querySelector("select");
  const next = button({
    label: "Show",
    onClick: () => {
      const { value } = chosen();
      act({ do: "example", label: value === "any" || !classes.length ? null : Number(value) });
    },
  });
  if (!classes.length) example.el.classList.add("hidden");

  const mean = picture({ label: "Reconstruction", name: "rbm-reconstruction" });
  const field = slider({
    label: "Mean-field steps", min: 1, max: 30, step: 1, value: state.field,
    onInput: (value) => model.send({ do: "set", field: value }),
  });
  const chain = picture({ label: "State of the Gibbs chain", name: "rbm-chain" });
  let sampling = state.running;
  const run = button({ label: "Start sampling", main: true, onClick: () => model.send({ do: "run", on: !sampling }) });
  const reset = button({ label: "Reset to drawing", onClick: () => model.send({ do: "begin", at: "drawing" }) });
  const noise = button({ label: "From noise", onClick: () => model.send({ do: "begin", at: "noise" }) });

  const odds = bars({
    label: "Probability of each class", names: classes, hint: "Press to dream of this class",
    onChoose: (label) => {
      model.send({ do: "set", label });
      if (label === null) return;
      model.send({ do: "begin", at: "noise" });
      model.send({ do: "run", on: true });
    },
  });
  const verdict = h("p", { className: "verdict", "data-show": "verdict" });

  const el = h("div", { className: "stage" },
    card("",
      h("div", { className: "trio" },
        panel("Draw", pad.el, tools.el, row(
          button({ label: "Add noise", onClick: () => act({ do: "noise", level: 0.1 }) }).el,
          button({ label: "Clear", onClick: () => act({ do: "clear", what: "drawing" }) }).el,
          button({ label: "Hold none", onClick: () => act({ do: "clear", what: "held" }) }).el),
        row(example.el, next.el)),
        panel("Reconstruct", mean.el, field.el),
        panel("Sample", chain.el, row(run.el, reset.el, noise.el)))),
    classes.length
      ? card("Probability of each class, in percent", odds.el, verdict,
          hint("Press a class, and the chain dreams of it: its label unit is held. Press it again to let go."))
      : null);

  function show({ header, arrays }) {
    if (numbered.settled(header.stroke) && !pad.drawingNow()) {
      const levels = arrays.drawing.map((on) => (on ? INK : PAPER));
      if (differ(levels, pad.levels())) pad.set(levels);
      if (differ(arrays.held, held)) {
        held = Uint8Array.from(arrays.held);
        over.set(held);
      }
    }
    drawn = arrays.drawing;
    sampling = header.sampling;
    run.set(sampling ? "Stop sampling" : "Start sampling");
    field.set(header.state.field);
    chain.draw(arrays.chain.map((on) => (on ? INK : PAPER)), rows, columns);
    const label = header.chain_label;
    chain.caption(`step ${header.steps.toLocaleString("en")}${label === null || !header.steps ? "" : `, label unit ${classes[label]}`}`);
    const completing = arrays.held.some((one) => one);
    const given = arrays.reconstruction;
    mean.draw(given ? given.map((p) => Math.round(255 * p)) : drawn.map(() => 0), rows, columns);
    mean.caption(!given ? "no machine yet" : completing ? "completed: what is held is kept" : "mean field of the drawing");
    field.input.disabled = completing;
    const best = odds.set(arrays.probabilities, header.state.label);
    if (best >= 0) {
      verdict.replaceChildren("Most probable: ", h("strong", { textContent: classes[best] }),
        ` with ${Math.round(100 * arrays.probabilities[best])} %`);
    } else {
      verdict.textContent = header.preparing === null ? "No machine yet." : "The machine is being trained.";
    }
  }

  return {
    el, show,
    end: () => {
      for (const part of [pad, over, mean, chain]) part.end();
    },
  };
}

function panel(title, ...children) {
  return h("section", { className: "panel", "aria-label": title }, h("h2", { textContent: title }), ...children);
}

function differ(a, b) {
  return a.length !== b.length || a.some((value, i) => value !== b[i]);
}
