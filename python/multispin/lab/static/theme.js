// Light and dark: as the system, or as the switch says. Canvases ask here for their colours.

const ORDER = ["system", "light", "dark"];
const SIGNS = { system: "◐", light: "○", dark: "●" };
const SAID = { system: "as the system", light: "light", dark: "dark" };
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
let known = new Map();

// The value of a CSS variable, such as "--accent".
export function color(name) {
  if (!known.has(name)) {
    known.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  }
  return known.get(name);
}

// The colour as [red, green, blue] of 0 to 255.
export function rgb(name) {
  const key = `rgb ${name}`;
  if (!known.has(key)) {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.fillStyle = color(name);
    context.fillRect(0, 0, 1, 1);
    known.set(key, [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]);
  }
  return known.get(key);
}

// Calls `listener` when colours change; returns a function that ends it.
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed() {
  known = new Map();
  for (const listener of listeners) listener();
}

export function setUpTheme(button) {
  const apply = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = SIGNS[theme];
    button.setAttribute("aria-label", `Colours: ${SAID[theme]}`);
    button.title = `Colours: ${SAID[theme]}`;
    changed();
  };
  let theme = localStorage.getItem("theme");
  if (!ORDER.includes(theme)) theme = "system";
  apply(theme);
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    localStorage.setItem("theme", theme);
    apply(theme);
  });
  dark.addEventListener("change", changed);
}
