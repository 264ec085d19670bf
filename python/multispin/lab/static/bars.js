// Probabilities of classes as upright bars; each is a button that chooses its class.
import { h } from "./controls.js";

// `names` of classes; `onChoose(k)` is called with null if the chosen one is pressed again.
export function bars({ label, names, hint, onChoose }) {
  const items = names.map((name, k) => {
    const fill = h("span", { className: "fill" });
    const number = h("span", { className: "number", textContent: "–" });
    const button = h(
      "button",
      { type: "button", className: "bar-button", "aria-pressed": false },
      h("span", { className: "well" }, fill),
      h("span", { className: "name", textContent: name }),
      number,
    );
    button.addEventListener("click", () => {
      onChoose(button.getAttribute("aria-pressed") === "true" ? null : k);
    });
    return { name, fill, number, button };
  });
  const el = h("div", { className: "bars", role: "group", "aria-label": label },
    ...items.map((item) => item.button));

  // Probabilities, the class that is held or null.
  function set(probabilities, chosen) {
    const likeliest = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    items.forEach(({ name, fill, number, button }, k) => {
      const p = probabilities ? probabilities[k] : 0;
      const text = probabilities ? `${Math.round(100 * p)}` : "–";
      fill.style.height = `${100 * p}%`;
      number.textContent = text;
      button.classList.toggle("likeliest", k === likeliest);
      button.setAttribute("aria-pressed", k === chosen);
      button.setAttribute("aria-label", `${name}: ${text} %. ${hint}`);
    });
    return likeliest;
  }
  return { el, set };
}
