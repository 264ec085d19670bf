// Weights of hidden units: the most active ones, and all of them as they grow.
import { card, h, hint } from "./controls.js";
import { mosaic, signed } from "./mosaic.js";
import { picture } from "./pictures.js";

const TOP = 8;
const COLORS = ["--second", "--surface", "--accent"];

export function filters({ shape }) {
  const [rows, columns] = shape;
  const tops = Array.from({ length: TOP }, (_, k) => {
    const image = picture({ label: `Filter ${k + 1}`, name: `rbm-top-${k}`, caption: null, colors: COLORS });
    const gauge = h("i");
    const name = h("span", { className: "name" });
    const el = h("li", { className: "tile" }, image.el, h("span", { className: "gauge" }, gauge), name);
    return { image, gauge, name, el };
  });
  const all = picture({ label: "All filters", name: "rbm-filters", caption: null, colors: COLORS });
  const shown = h("div", { className: "panel" },
    h("ul", { className: "tiles few" }, ...tops.map((top) => top.el)),
    h("details", { open: true },
      h("summary", { className: "label", textContent: "All filters" }), all.el),
    hint("Weights of a hidden unit to the pixels: blue asks for ink, orange for paper."));
  const none = hint("They come with the machine.");
  const el = card("Filters that the drawing turns on most", shown, none);

  let last = null;
  function show({ header, arrays }) {
    shown.hidden = !header.ready;
    none.hidden = header.ready;
    if (!header.ready) return;
    tops.forEach(({ image, gauge, name, el: item }, k) => {
      item.hidden = k >= arrays.top.length;
      if (item.hidden) return;
      const n = rows * columns;
      const weights = arrays.top_filters.subarray(k * n, (k + 1) * n);
      image.draw(signed(weights, header.weight_scale), rows, columns);
      const active = arrays.top_active[k];
      gauge.style.left = 0;
      gauge.style.width = `${100 * active}%`;
      name.textContent = `${arrays.top[k]}: ${active.toFixed(2)}`;
      image.describe(`Filter of hidden unit ${arrays.top[k]}, on with probability ${active.toFixed(2)}`);
    });
    const key = `${arrays.filters.length} ${arrays.filters.reduce((sum, x, i) => (sum * 31 + x + i) | 0, 0)}`;
    if (key === last) return;
    last = key;
    const count = arrays.filters.length / (rows * columns);
    const across = Math.min(16, count);
    const tiles = mosaic(arrays.filters, count, rows, columns, across, 128);
    all.draw(tiles.levels, tiles.rows, tiles.columns);
    all.describe(`Filters of all ${count} hidden units`);
  }

  return {
    el, show,
    end: () => {
      for (const { image } of tops) image.end();
      all.end();
    },
  };
}
