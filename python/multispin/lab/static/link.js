// What a link holds: the tab and its state, as #ising?temperature=2.27&seed=1. A value is JSON, or
// text that is no JSON.

export function readLink(hash) {
  const [tab, query = ""] = hash.replace(/^#/, "").split("?", 2);
  if (!tab) return { tab: null, state: null };
  const state = {};
  for (const [name, text] of new URLSearchParams(query)) state[name] = valueOf(text);
  return { tab: decodeURIComponent(tab), state: query ? state : null };
}

export function writeLink(tab, state) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state ?? {})) query.set(name, textOf(value));
  const text = query.toString();
  return `#${encodeURIComponent(tab)}${text && `?${text}`}`;
}

function valueOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(value) {
  const plain = typeof value === "string" && valueOf(value) === value;
  return plain ? value : JSON.stringify(value);
}
