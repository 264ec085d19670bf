// A canvas to draw on: pointer, touch, or keyboard. It paints at once and tells of it after.
import { h } from "./controls.js";
import { color, onTheme } from "./theme.js";
import { ramp } from "./pictures.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// `levels` are 0 to 255, row by row. `brush(row, column, erase)` returns the pixels that a touch
// changes, as [[index, level], …]; by default the one touched. `onStroke(pixels)` gets what was
// changed, once an animation frame. Arrows move a cursor, space paints, backspace erases.
export function drawing({ label, rows, columns, name = "drawing", colors = ["--down", "--up"], brush, onStroke }) {
  const canvas = h("canvas", { width: columns, height: rows, tabIndex: 0, role: "img" });
  const help = `${label}. Draw with the pointer; or arrow keys move a cursor, space paints, backspace erases.`;
  canvas.setAttribute("aria-label", help);
  canvas.dataset.picture = name;
  const context = canvas.getContext("2d", { alpha: false });
  const said = h("p", { className: "hidden", role: "status", "aria-live": "polite" });
  const touch = brush ?? ((row, column, erase) => [[row * columns + column, erase ? 0 : 255]]);
  let table = ramp(...colors);
  let levels = new Uint8Array(rows * columns);
  let cursor = null; // [row, column], while the keyboard is used
  let pending = new Map();
  let due = false;
  let last = null; // where the pointer was
  let erasing = false;

  function paint() {
    const image = context.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i += 1) pixels[i] = table[levels[i]];
    context.putImageData(image, 0, 0);
    if (cursor) {
      context.globalAlpha = 0.6;
      context.fillStyle = color("--second");
      context.fillRect(cursor[1], cursor[0], 1, 1);
      context.globalAlpha = 1;
    }
  }

  function apply(row, column, erase) {
    if (row < 0 || row >= rows || column < 0 || column >= columns) return;
    for (const [index, level] of touch(row, column, erase)) {
      if (index < 0 || index >= levels.length) continue;
      levels[index] = level;
      pending.set(index, level);
    }
    paint();
    if (due || pending.size === 0) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      const pixels = [...pending];
      pending = new Map();
      onStroke(pixels);
    });
  }

  // All cells between two places, so that a quick stroke has no gaps.
  function line([r0, c0], [r1, c1], erase) {
    const steps = Math.max(Math.abs(r1 - r0), Math.abs(c1 - c0), 1);
    for (let i = 0; i <= steps; i += 1) {
      apply(Math.round(r0 + ((r1 - r0) * i) / steps), Math.round(c0 + ((c1 - c0) * i) / steps), erase);
    }
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
    return [row, Math.floor(((event.clientX - box.left) / box.width) * columns)];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 && event.button !== 2) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    cursor = null;
    erasing = event.button === 2 || event.shiftKey;
    last = place(event);
    line(last, last, erasing);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last === null) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const now = place(one);
      line(last, now, erasing);
      last = now;
    }
  });
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, () => (last = null));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("keydown", (event) => {
    const move = ARROWS[event.key];
    const erase = event.key === "Backspace" || event.key === "Delete";
    if (!move && !erase && event.key !== " ") return;
    event.preventDefault();
    cursor ??= [rows >> 1, columns >> 1];
    if (move) {
      cursor = [
        Math.min(rows - 1, Math.max(0, cursor[0] + move[0])),
        Math.min(columns - 1, Math.max(0, cursor[1] + move[1])),
      ];
      paint();
    } else {
      apply(...cursor, erase);
    }
    const level = levels[cursor[0] * columns + cursor[1]] > 127 ? "ink" : "paper";
    said.textContent = `row ${cursor[0] + 1}, column ${cursor[1] + 1}: ${level}`;
  });
  canvas.addEventListener("blur", () => {
    cursor = null;
    paint();
  });

  const end = onTheme(() => {
    table = ramp(...colors);
    paint();
  });
  paint();
  return {
    el: h("div", { className: "picture drawing" }, canvas, said),
    canvas,
    levels: () => levels,
    drawingNow: () => last !== null,
    set: (given) => {
      levels = Uint8Array.from(given);
      paint();
    },
    end,
  };
}
