// The patterns that are stored, with the overlap that the state has with each.
import { button, card, h, hint, row, toggle } from "./controls.js";
import { picture } from "./pictures.js";

export function store({ model, shape }) {
  const [rows, columns] = shape;
  const list = h("ul", { className: "tiles" });
  const add = (kind, label) => button({ label, onClick: () => model.send({ do: "starter", kind }) });
  const flood = toggle({
    label: "Add random ones until it breaks", onChange: (on) => model.send({ do: "flood", on }),
  });
  const forgetAll = button({ label: "Forget all", onClick: () => model.send({ do: "forget", pattern: null }) });
  const note = h("p", { className: "note" });
  const adders = [add("letter", "Letter"), add("digit", "Digit"), add("random", "Random")];
  const el = card("Stored patterns", list, note,
    row(h("span", { className: "label", textContent: "Add:" }), ...adders.map((one) => one.el), flood.el, forgetAll.el),
    hint("Press a pattern to make it the cue. Those that do not stay where they were stored are struck out."));

  let tiles = [];
  function tile(k) {
    const image = picture({ label: `Pattern ${k + 1}`, name: `hopfield-pattern-${k}`, caption: null });
    const gauge = h("i");
    const name = h("span", { className: "name" });
    const see = h("button", { type: "button", className: "see" }, image.el, name,
      h("span", { className: "gauge" }, gauge));
    see.addEventListener("click", () => model.send({ do: "show", pattern: k }));
    const forget = h("button", { type: "button", className: "forget", textContent: "×" });
    forget.addEventListener("click", () => model.send({ do: "forget", pattern: k }));
    return { image, gauge, name, see, forget, el: h("li", { className: "tile" }, see, forget), shown: null };
  }

  function show({ header, arrays }) {
    const count = header.titles.length;
    while (tiles.length < count) {
      tiles.push(tile(tiles.length));
      list.append(tiles.at(-1).el);
    }
    for (const extra of tiles.splice(count)) {
      extra.el.remove();
      extra.image.end();
    }
    const n = rows * columns;
    tiles.forEach((one, k) => {
      const cells = arrays.patterns.subarray(k * n, (k + 1) * n);
      const key = cells.join("");
      if (key !== one.shown) {
        one.shown = key;
        one.image.draw(cells.map((on) => (on ? 255 : 0)), rows, columns);
      }
      const title = header.titles[k];
      const m = arrays.overlaps?.[k] ?? 0;
      const stays = arrays.kept[k] === 1;
      one.name.textContent = title;
      one.el.classList.toggle("lost", !stays);
      one.el.classList.toggle("winner", header.recall?.kind === "pattern" && header.recall.winner === k);
      one.gauge.style.left = `${m < 0 ? 50 * (1 + m) : 50}%`;
      one.gauge.style.width = `${50 * Math.abs(m)}%`;
      one.gauge.className = m < 0 ? "minus" : "";
      one.see.setAttribute("aria-label", `${title}: overlap ${m.toFixed(2)}, ${stays ? "stays" : "lost"}. Make it the cue`);
      one.forget.setAttribute("aria-label", `Forget ${title}`);
    });
    note.textContent = header.note ?? "";
    note.hidden = !header.note;
    flood.set(header.flooding);
    forgetAll.enable(count > 0);
    for (const one of adders) one.enable(count < header.most_patterns);
  }

  return {
    el, show,
    end: () => {
      for (const { image } of tiles) image.end();
      tiles = [];
    },
  };
}
