// The page around the scenes: tabs, the connection, links, what went wrong.
import { Connection } from "./connection.js";
import { readLink, writeLink } from "./link.js";
import { setUpTheme } from "./theme.js";
import { notice, saveBlob, copyText, pictureOf } from "./tools.js";

const LINK_EVERY = 300; // ms between two changes of the address

const panel = document.querySelector("#panel");
const tablist = document.querySelector(".tabs");
const token = new URLSearchParams(location.search).get("token") ?? "";
const connection = new Connection(token);

let scenes = []; // {name, title}, in the order of their tabs
let current = null; // {name, model, close}
const states = new Map(); // the last state of each tab
const modules = new Map(); // tabs that are loaded

// --- the model that a scene's page talks to: anywidget's shape -----------------------------------

class Model {
  #handlers = new Set();
  #queue = [];
  #due = false;

  constructor(scene, state) {
    this.scene = scene;
    this.state = state;
  }

  get(name) {
    return name === "state" ? this.state : undefined;
  }

  on(event, handler) {
    if (event === "msg:custom") this.#handlers.add(handler);
  }

  off(event, handler) {
    if (event === "msg:custom") this.#handlers.delete(handler);
  }

  // Commands of an animation frame go together, and settings among them become one.
  send(command) {
    const last = this.#queue.at(-1);
    if (command.do === "set" && last?.do === "set") Object.assign(last, command);
    else this.#queue.push({ ...command });
    if (this.#due) return;
    this.#due = true;
    const flush = () => this.flush();
    if (document.hidden) setTimeout(flush);
    else requestAnimationFrame(flush);
  }

  flush() {
    this.#due = false;
    for (const command of this.#queue.splice(0)) connection.send({ scene: this.scene, command });
  }

  receive(frame) {
    this.state = frame.header.state;
    for (const handler of this.#handlers) handler(frame);
  }
}

// --- tabs ----------------------------------------------------------------------------------------

function showTabs() {
  tablist.replaceChildren(
    ...scenes.map(({ name, title }) => {
      const tab = document.createElement("button");
      Object.assign(tab, { type: "button", id: `tab-${name}`, textContent: title });
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", "panel");
      tab.addEventListener("click", () => open(name));
      return tab;
    }),
  );
  markTab();
}

function markTab() {
  for (const tab of tablist.children) {
    const selected = tab.id === `tab-${current?.name}`;
    tab.setAttribute("aria-selected", selected);
    tab.tabIndex = selected ? 0 : -1;
    if (selected) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  if (current) panel.setAttribute("aria-labelledby", `tab-${current.name}`);
}

tablist.addEventListener("keydown", (event) => {
  const move = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
  if (move === undefined) return;
  event.preventDefault();
  const tabs = [...tablist.children];
  const from = tabs.indexOf(document.activeElement);
  const to = Number.isFinite(move)
    ? (from + move + tabs.length) % tabs.length
    : move > 0 ? tabs.length - 1 : 0;
  tabs[to].focus();
  tabs[to].click();
});

async function open(name, state = null) {
  if (current?.name === name && state === null) return;
  current?.model.flush();
  current?.close?.();
  const model = new Model(name, state ?? states.get(name) ?? {});
  const opened = { name, model, close: null };
  current = opened;
  sayLinkLacks("");
  markTab();
  try {
    if (!modules.has(name)) modules.set(name, (await import(`./${name}.js`)).default);
  } catch (error) {
    notice(`${name}: its page could not be loaded (${error.message})`, true);
    return;
  }
  if (current !== opened) return; // another one since
  panel.replaceChildren();
  opened.close = modules.get(name).render({ model, el: panel });
  connection.send({ tab: name, state });
  document.title = `${scenes.find((scene) => scene.name === name)?.title ?? name} · multispin lab`;
}

// --- frames --------------------------------------------------------------------------------------

let waiting = null;

connection.addEventListener("frame", ({ detail: frame }) => {
  if (frame.header.kind === "file") {
    saveBlob(new Blob([frame.arrays.contents]), frame.header.name);
    return;
  }
  if (waiting === null) requestAnimationFrame(paint);
  waiting = frame;
});

function paint() {
  const frame = waiting;
  waiting = null;
  const { scene, number, state } = frame.header;
  if (scene !== current?.name) return;
  states.set(scene, state);
  sayLinkLacks(frame.header.link_lacks ?? "");
  try {
    current.model.receive(frame);
  } finally {
    connection.send({ ack: number });
  }
  rememberSoon();
}

// --- the address ---------------------------------------------------------------------------------

let remembering = null;

function rememberSoon() {
  remembering ??= setTimeout(remember, LINK_EVERY);
}

function remember() {
  clearTimeout(remembering);
  remembering = null;
  const hash = newest();
  if (hash !== location.hash) history.replaceState(null, "", hash);
}

function newest() {
  const known = current && states.get(current.name);
  return known ? writeLink(current.name, known) : location.hash;
}

// What is seen and no link holds, beside the button that copies one.
const linkLacks = document.querySelector("#link-lacks");

function sayLinkLacks(text) {
  if (linkLacks.textContent === text) return;
  linkLacks.textContent = text;
  linkLacks.hidden = !text;
}

// A page that is loaded again may have the address of a moment ago: the newest is kept beside it.
addEventListener("pagehide", () => sessionStorage.setItem("left", newest()));

function firstLink() {
  const again = performance.getEntriesByType("navigation")[0]?.type === "reload";
  return readLink((again && sessionStorage.getItem("left")) || location.hash);
}

addEventListener("hashchange", () => {
  const { tab, state } = readLink(location.hash);
  if (scenes.some((scene) => scene.name === tab)) open(tab, state ?? {});
});

// --- the connection ------------------------------------------------------------------------------

const shown = document.querySelector(".link-state");

connection.addEventListener("hello", ({ detail: hello }) => {
  shown.dataset.link = "live";
  shown.querySelector(".text").textContent = "live";
  const first = scenes.length === 0;
  scenes = hello.scenes;
  if (first) {
    showTabs();
    const { tab, state } = firstLink();
    const known = scenes.some((scene) => scene.name === tab);
    if (tab && !known) notice(`the link is of a tab ${tab}, which is not here`, true);
    open(known ? tab : scenes[0].name, known ? state : null);
  } else if (current) {
    const { name } = current;
    connection.send({ tab: name, state: hello.resumed ? null : states.get(name) ?? null });
  }
});

connection.addEventListener("away", async ({ detail: { reason, full } }) => {
  shown.dataset.link = "away";
  shown.querySelector(".text").textContent = full ? reason : "away, trying again";
  const response = await fetch(`./?token=${encodeURIComponent(token)}`).catch(() => null);
  if (response?.status === 403) {
    shown.querySelector(".text").textContent = "this link is of another lab: take its new one";
  }
});

connection.addEventListener("refusal", ({ detail }) => notice(detail.error, true));
connection.addEventListener("answer", async ({ detail }) => {
  if (detail.answer === "python") await copyText(detail.text, "Python copied");
});

// --- the tools at the foot -----------------------------------------------------------------------

document.querySelector(".tools").addEventListener("click", ({ target }) => {
  const tool = target.closest("button")?.dataset.tool;
  if (!tool || !current) return;
  current.model.flush();
  if (tool === "link") {
    remember();
    copyText(location.href, ["Link copied", linkLacks.textContent].filter(Boolean).join(". "));
  } else if (tool === "picture") {
    pictureOf(panel).then((blob) => blob && saveBlob(blob, `${current.name}.png`));
  } else {
    connection.send({ ask: tool, scene: current.name });
  }
});

setUpTheme(document.querySelector("button.theme"));
