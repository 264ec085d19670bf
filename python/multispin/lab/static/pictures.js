// Pictures of arrays on canvases.
import { h } from "./controls.js";
import { onTheme, rgb } from "./theme.js";

const LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

// Packs a colour as a pixel of ImageData seen as 32-bit numbers.
function pixel([red, green, blue]) {
  return LITTLE
    ? ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
    : ((red << 24) | (green << 16) | (blue << 8) | 255) >>> 0;
}

// 256 pixels from one colour to another, which are names of CSS variables; over a third, perhaps.
export function ramp(...names) {
  const stops = names.map(rgb);
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const place = (level / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(place), stops.length - 2);
    const mix = (i) => stops[left][i] + (place - left) * (stops[left + 1][i] - stops[left][i]);
    return pixel([0, 1, 2].map((i) => Math.round(mix(i))));
  });
}

// A picture of levels 0 to 255. `label` says what it shows, to those who cannot see it; `colors`
// are the names of the CSS variables that 0 and 255 have.
export function picture({ label, caption = "", colors = ["--down", "--up"], name = "picture" }) {
  const canvas = h("canvas", { width: 1, height: 1, role: "img", "aria-label": label });
  canvas.dataset.picture = name;
  const context = canvas.getContext("2d", { alpha: false });
  let table = ramp(...colors);
  let image = null;
  let pixels = null;
  let last = null;

  function draw(levels, rows, columns) {
    if (canvas.width !== columns || canvas.height !== rows || image === null) {
      Object.assign(canvas, { width: columns, height: rows });
      image = context.createImageData(columns, rows);
      pixels = new Uint32Array(image.data.buffer);
    }
    for (let i = 0; i < pixels.length; i += 1) pixels[i] = table[levels[i]];
    context.putImageData(image, 0, 0);
    last = [levels, rows, columns];
  }

  const end = onTheme(() => {
    table = ramp(...colors);
    if (last) draw(...last);
  });
  const text = h("figcaption", { textContent: caption });
  return {
    el: h("figure", { className: "picture" }, canvas, caption === null ? null : text),
    canvas,
    draw,
    describe: (words) => canvas.setAttribute("aria-label", words),
    caption: (words) => (text.textContent = words),
    end,
  };
}
