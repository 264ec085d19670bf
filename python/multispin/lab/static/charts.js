// Line charts on a canvas.
import { h } from "./controls.js";
import { color, onTheme } from "./theme.js";

const LEFT = 46;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 24;
const FONT = "11px system-ui, sans-serif";

// A chart. Layers are { x, y, kind: "line" | "dots" | "bars" | "rule", color: "--accent", label,
// width, dash }; a rule is a vertical line at each x. Ends of an axis that are not given are those
// of the data. `label` is what a screen reader says; `describe` can make it more exact.
export function chart({ title, label = title, height = 150, x = {}, y = {} }) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const key = h("span", { className: "key" });
  const caption = h("figcaption", {}, h("strong", { textContent: title }), key);
  const el = h("figure", { className: "chart" }, caption, canvas);
  canvas.style.height = `${height}px`;
  let layers = [];
  let axes = { x, y };
  let keyText = "";

  function draw(given, ranges = {}) {
    layers = given;
    axes = { x: { ...x, ...ranges.x }, y: { ...y, ...ranges.y } };
    showKey();
    paint();
  }

  function showKey() {
    const named = layers.filter((layer) => layer.label);
    const text = JSON.stringify(named.map((layer) => [layer.label, layer.color]));
    if (text === keyText) return;
    keyText = text;
    key.replaceChildren(
      ...named.map((layer) => {
        const item = h("span", { textContent: layer.label });
        item.style.setProperty("--c", `var(${layer.color})`);
        return item;
      }),
    );
  }

  function paint() {
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    if (width === 0) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const place = {
      x: scale(axes.x, "x", layers, LEFT, width - RIGHT),
      y: scale(axes.y, "y", layers, height - BOTTOM, TOP),
    };
    paintAxes(context, place, axes, width, height);
    context.save();
    context.beginPath();
    context.rect(LEFT - 1, TOP - 2, width - LEFT - RIGHT + 2, height - TOP - BOTTOM + 4);
    context.clip();
    for (const layer of layers) paintLayer(context, layer, place, height - BOTTOM);
    context.restore();
  }

  const observer = new ResizeObserver(paint);
  observer.observe(canvas);
  const endTheme = onTheme(paint);
  return {
    el,
    canvas,
    draw,
    describe: (words) => canvas.setAttribute("aria-label", words),
    end: () => {
      observer.disconnect();
      endTheme();
    },
  };
}

// The columns of an array of rows.
export function columns(array) {
  const [rows, width] = array.shape;
  return Array.from({ length: width }, (_, j) =>
    Float32Array.from({ length: rows }, (_, i) => array[i * width + j]));
}

function scale(axis, which, layers, from, to) {
  let { min, max } = axis;
  if (min === undefined || max === undefined) {
    let [low, high] = [Infinity, -Infinity];
    for (const layer of layers) {
      for (const value of layer[which] ?? []) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (low > high) [low, high] = [0, 1];
    const room = which === "y" ? 0.06 * (high - low || Math.abs(high) || 1) : 0;
    min ??= low - room;
    max ??= high + room;
  }
  if (max <= min) max = min + 1;
  return { min, max, of: (value) => from + ((value - min) / (max - min)) * (to - from) };
}

function paintAxes(context, place, axes, width, height) {
  context.font = FONT;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  for (const value of ticks(place.y, Math.max(2, Math.floor((height - TOP - BOTTOM) / 26)))) {
    const at = Math.round(place.y.of(value)) + 0.5;
    context.strokeStyle = color("--line");
    context.globalAlpha = 0.6;
    context.beginPath();
    context.moveTo(LEFT, at);
    context.lineTo(width - RIGHT, at);
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = color("--muted");
    context.textAlign = "right";
    context.fillText(written(value, axes.y), LEFT - 6, at);
  }
  context.textBaseline = "top";
  const label = axes.x.label ?? "";
  const room = label ? context.measureText(label).width + 22 : 0;
  for (const value of ticks(place.x, Math.max(2, Math.floor((width - LEFT - RIGHT) / 50)))) {
    const at = place.x.of(value);
    if (at > width - RIGHT - room && label) continue;
    context.fillStyle = color("--muted");
    context.textAlign = "center";
    context.fillText(written(value, axes.x), at, height - BOTTOM + 6);
  }
  context.textAlign = "right";
  context.fillText(label, width - RIGHT, height - BOTTOM + 6);
  context.strokeStyle = color("--muted");
  context.beginPath();
  context.moveTo(LEFT, height - BOTTOM + 0.5);
  context.lineTo(width - RIGHT, height - BOTTOM + 0.5);
  context.stroke();
}

function paintLayer(context, layer, place, floor) {
  const { x, y, kind = "line", color: name = "--accent", width = 1.5, dash = [], opacity = 1 } = layer;
  context.strokeStyle = context.fillStyle = color(name);
  context.globalAlpha = opacity;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.beginPath();
  if (kind === "line") {
    for (let i = 0; i < x.length; i += 1) context.lineTo(place.x.of(x[i]), place.y.of(y[i]));
    context.stroke();
  } else if (kind === "rule") {
    for (const value of x) {
      const at = place.x.of(value);
      context.moveTo(at, TOP);
      context.lineTo(at, floor);
    }
    context.stroke();
  } else if (kind === "bars") {
    const wide = x.length > 1 ? place.x.of(x[1]) - place.x.of(x[0]) : 8;
    for (let i = 0; i < x.length; i += 1) {
      const top = place.y.of(y[i]);
      context.fillRect(place.x.of(x[i]) - wide / 2, top, Math.max(wide - 1, 1), Math.max(floor - top, 0));
    }
  } else {
    for (let i = 0; i < x.length; i += 1) {
      context.moveTo(place.x.of(x[i]) + width, place.y.of(y[i]));
      context.arc(place.x.of(x[i]), place.y.of(y[i]), width, 0, 2 * Math.PI);
    }
    context.fill();
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

// About `wanted` round numbers within a scale.
function ticks({ min, max }, wanted) {
  const power = 10 ** Math.floor(Math.log10((max - min) / wanted));
  const far = (size) => Math.abs((max - min) / size - wanted);
  const step = [1, 2, 5, 10].map((factor) => factor * power).sort((a, b) => far(a) - far(b))[0];
  const found = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + 1e-9 * step; i += 1) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

function written(value, axis) {
  if (axis.format) return axis.format(value);
  const size = Math.abs(value);
  const [unit, letter] = size >= 1e6 ? [1e6, "M"] : size >= 1e4 ? [1e3, "k"] : [1, ""];
  return `${Number((value / unit).toPrecision(4))}${letter}`.replace("-", "−");
}
