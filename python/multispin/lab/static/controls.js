// Controls: each is a real element with a label. What they return has `el`, and `set` to show a
// value that came from the lab; a control that is being used is left alone.

const LEFT_ALONE = 500; // ms after its last use

let count = 0;
const unique = (stem) => `${stem}-${(count += 1)}`;

// An element with properties and children: h("p", { className: "hint" }, "text").
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name.startsWith("data-") || name === "role" || name === "for") {
      element.setAttribute(name, value);
    } else {
      element[name] = value;
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function useGuard() {
  let used = -Infinity;
  return {
    touch: () => (used = performance.now()),
    inUse: () => performance.now() - used < LEFT_ALONE,
  };
}

export function card(title, ...children) {
  const heading = title ? [h("h2", { textContent: title })] : [];
  return h("section", { className: "card" }, ...heading, ...children);
}

export function row(...children) {
  return h("div", { className: "row" }, ...children);
}

export function hint(text) {
  return h("p", { className: "hint", textContent: text });
}

// A slider of numbers. `format` says how the number is shown; `snap` are values that the pointer
// sticks to: by keyboard it goes step by step.
export function slider({ label, min, max, step, value, format = String, snap = [], onInput }) {
  const id = unique("slider");
  const output = h("output", { htmlFor: id });
  const input = h("input", { type: "range", id, min, max, step });
  const guard = useGuard();
  const show = (number) => {
    const text = format(number);
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  let dragged = false;
  input.addEventListener("pointerdown", () => (dragged = true));
  for (const type of ["pointerup", "pointercancel"]) input.addEventListener(type, () => (dragged = false));
  input.addEventListener("input", () => {
    guard.touch();
    const sticks = (point) => dragged && Math.abs(point - input.valueAsNumber) < (max - min) / 150;
    const near = snap.find(sticks);
    const number = near ?? input.valueAsNumber;
    show(number);
    onInput(number);
  });
  const set = (number) => {
    if (guard.inUse()) return;
    input.value = number;
    show(number);
  };
  set(value);
  return {
    el: h("div", { className: "field" }, h("label", { for: id }, h("span", {}, label), output), input),
    input,
    set,
  };
}

export function button({ label, main = false, title = "", onClick }) {
  const element = h("button", { type: "button", textContent: label, title });
  if (main) element.className = "main";
  element.addEventListener("click", onClick);
  return {
    el: element,
    set: (text) => (element.textContent = text),
    enable: (on) => (element.disabled = !on),
  };
}

// A button that is on or off.
export function toggle({ label, on = false, title = "", onChange }) {
  const element = h("button", { type: "button", textContent: label, title, "aria-pressed": on });
  const guard = useGuard();
  const set = (value) => guard.inUse() || element.setAttribute("aria-pressed", value);
  element.addEventListener("click", () => {
    const now = element.getAttribute("aria-pressed") !== "true";
    element.setAttribute("aria-pressed", now);
    guard.touch();
    onChange(now);
  });
  return { el: element, set };
}

// One of several: a list that opens. `options` are [value, label].
export function choice({ label, options, value, onChange }) {
  const id = unique("choice");
  const select = h("select", { id });
  const guard = useGuard();
  const fill = (list) => {
    select.replaceChildren(
      ...list.map(([one, text]) => h("option", { value: String(one), textContent: text })),
    );
    values = list.map(([one]) => one);
  };
  let values = [];
  fill(options);
  const set = (one) => {
    if (!guard.inUse()) select.value = String(one);
  };
  set(value);
  select.addEventListener("change", () => {
    guard.touch();
    onChange(values[select.selectedIndex]);
  });
  return {
    el: h("div", { className: "field" }, h("label", { for: id, textContent: label }), select),
    set,
    fill,
  };
}

// One of a few, all of them in sight: radio buttons.
export function segments({ label, options, value, onChange }) {
  const name = unique("segments");
  const guard = useGuard();
  const inputs = options.map(([one, text, title = ""]) => {
    const input = h("input", { type: "radio", name, value: String(one) });
    input.addEventListener("change", () => {
      guard.touch();
      onChange(one);
    });
    return [one, input, h("label", { title }, input, h("span", { textContent: text }))];
  });
  const set = (given) => {
    if (guard.inUse()) return;
    for (const [one, input] of inputs) input.checked = one === given;
  };
  set(value);
  const el = h(
    "fieldset",
    { className: "segments" },
    h("legend", { textContent: label }),
    ...inputs.map(([, , element]) => element),
  );
  return { el, set };
}

// Numbers with their names; `set` takes them by key.
export function readouts(names) {
  const cells = new Map();
  const el = h("dl", { className: "readouts" });
  for (const [key, label] of Object.entries(names)) {
    const value = h("dd", { textContent: "–" });
    cells.set(key, value);
    el.append(h("div", {}, h("dt", { textContent: label }), value));
  }
  return {
    el,
    set: (texts) => {
      for (const [key, text] of Object.entries(texts)) cells.get(key).textContent = text;
    },
  };
}

// Text that a screen reader says when it changes, at most every two seconds.
export function announcer() {
  const el = h("p", { className: "hidden", role: "status", "aria-live": "polite" });
  let last = -Infinity;
  return {
    el,
    say: (text) => {
      const now = performance.now();
      if (now - last < 2000 || text === el.textContent) return;
      last = now;
      el.textContent = text;
    },
  };
}
