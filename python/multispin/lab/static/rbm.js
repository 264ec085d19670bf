// The RBM tab: draw, and see what machines make of it.
import { announcer, h } from "./controls.js";
import { canvases } from "./rbm_canvases.js";
import { filters } from "./rbm_filters.js";
import { sides } from "./rbm_sides.js";
import { style } from "./styles.js";

function render({ model, el }) {
  style("./images.css");
  let parts = null;
  let built = "";
  const say = announcer();

  // Sizes and names of classes come with the first frame.
  function build(header) {
    end();
    const { shape, classes, principles, state } = header;
    parts = [
      canvases({ model, shape, classes, state }),
      filters({ shape }),
      sides({ model, classes, principles, state }),
    ];
    const [top, middle, side] = parts;
    el.replaceChildren(
      h("div", { className: "scene" },
        h("div", { className: "stage" }, top.el, middle.el),
        h("div", { className: "side" }, side.el),
        say.el),
    );
  }

  function show(frame) {
    const { header } = frame;
    const key = JSON.stringify([header.shape, header.classes]);
    if (key !== built) {
      built = key;
      build(header);
    }
    for (const part of parts) part.show(frame);
    say.say(spoken(frame));
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

// What a screen reader hears.
function spoken({ header, arrays }) {
  if (header.preparing !== null && !header.ready) {
    return `training: ${Math.round(100 * header.preparing)} percent`;
  }
  if (header.learning) return `learning, epoch ${Math.floor(header.epochs)}`;
  const { probabilities } = arrays;
  if (!probabilities?.length) return "";
  const k = probabilities.indexOf(Math.max(...probabilities));
  return `most probable class: ${header.classes[k]}`;
}

export default { render };
