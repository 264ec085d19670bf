// Marks over a drawing: lines between its cells, a pin in each that is held, strokes in open ones.
import { h } from "./controls.js";
import { color, onTheme } from "./theme.js";

// What a cell can be: held as it is, or open, of which nobody knows what it is.
export const HELD = 1;
export const OPEN = 2;

const MOST_LINED = 24; // cells a side, beyond which lines would be all that one sees

// Puts a canvas over that of a `drawing`; returns it with `set(cells)`, a list of 0, HELD and OPEN.
export function marks(drawing, rows, columns) {
  const canvas = h("canvas", { className: "marks", role: "img", "aria-label": "Marks on the drawing" });
  canvas.setAttribute("aria-hidden", "true");
  const box = h("div", { className: "marked" });
  drawing.canvas.replaceWith(box);
  box.append(drawing.canvas, canvas);
  let cells = new Uint8Array(rows * columns);

  function paint() {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const [wide, high] = [width / columns, height / rows];
    if (Math.max(rows, columns) <= MOST_LINED) {
      context.strokeStyle = color("--muted");
      context.globalAlpha = 0.18;
      context.beginPath();
      for (let c = 1; c < columns; c += 1) {
        context.moveTo(c * wide, 0);
        context.lineTo(c * wide, height);
      }
      for (let r = 1; r < rows; r += 1) {
        context.moveTo(0, r * high);
        context.lineTo(width, r * high);
      }
      context.stroke();
      context.globalAlpha = 1;
    }
    context.fillStyle = color("--second");
    context.strokeStyle = color("--surface");
    context.lineWidth = 1.5;
    const radius = Math.max(1, Math.min(wide, high) * 0.17);
    cells.forEach((cell, i) => {
      const [x, y] = [(i % columns) * wide, Math.floor(i / columns) * high];
      context.beginPath();
      if (cell === HELD) {
        context.arc(x + wide / 2, y + high / 2, radius, 0, 7);
        if (radius > 3) context.stroke();
        context.fill();
      } else if (cell === OPEN) {
        context.save();
        context.strokeStyle = color("--muted");
        context.globalAlpha = 0.5;
        context.moveTo(x, y + high);
        context.lineTo(x + wide, y);
        context.stroke();
        context.restore();
      }
    });
  }

  const observer = new ResizeObserver(paint);
  observer.observe(canvas);
  const endTheme = onTheme(paint);
  return {
    set: (given) => {
      cells = given;
      paint();
    },
    end: () => {
      observer.disconnect();
      endTheme();
    },
  };
}
