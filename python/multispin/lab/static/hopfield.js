// The Hopfield tab: patterns stored, a cue, and where the network takes it.
import { announcer, h } from "./controls.js";
import { canvases } from "./hopfield_canvases.js";
import { store } from "./hopfield_store.js";
import { sides } from "./hopfield_sides.js";
import { style } from "./styles.js";

function render({ model, el }) {
  style("./images.css");
  let parts = null;
  let built = "";
  const say = announcer();

  // Another size of the grid makes other canvases.
  function build(header) {
    end();
    const { shape, state } = header;
    parts = [canvases({ model, shape }), store({ model, shape }), sides({ model, state })];
    const [top, patterns, side] = parts;
    el.replaceChildren(
      h("div", { className: "scene" },
        h("div", { className: "stage" }, top.el, patterns.el),
        h("div", { className: "side" }, side.el),
        say.el),
    );
  }

  function show(frame) {
    const key = JSON.stringify(frame.header.shape);
    if (key !== built) {
      built = key;
      build(frame.header);
    }
    for (const part of parts) part.show(frame);
    if (!frame.header.running && frame.header.recall?.done) say.say(spoken(frame.header));
  }

  function end() {
    for (const part of parts ?? []) part.end();
    parts = null;
  }

  model.on("msg:custom", show);
  return () => {
    model.off("msg:custom", show);
    end();
  };
}

// What a screen reader hears at the end of a recall.
function spoken({ recall, titles }) {
  return `${recall.kind}, ${titles[recall.winner]}, after ${Math.round(recall.sweeps)} sweeps`;
}

export default { render };
