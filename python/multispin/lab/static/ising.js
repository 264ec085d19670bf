import { button, card, h, readouts, row, slider } from "./controls.js";
import { picture } from "./pictures.js";

function render({ model, el }) {
  const image = picture({ label: "The lattice", name: "ising" });
  const state = model.get("state");
  const temperature = slider({
    label: "Temperature T", min: 0.5, max: 5, step: 0.01, value: state.temperature ?? 2.27,
    format: (value) => value.toFixed(2),
    onInput: (value) => model.send({ do: "set", temperature: value }),
  });
  let running = true;
  const run = button({ label: "Pause", main: true, onClick: () => model.send({ do: "run", on: !running }) });
  const numbers = readouts({ sweeps: "sweeps" });
  el.append(h("div", { className: "scene" },
    h("div", { className: "stage" }, image.el),
    h("div", { className: "side" }, card("", row(run.el), temperature.el, numbers.el))));
  const show = ({ header, arrays }) => {
    running = header.running;
    run.set(running ? "Pause" : "Run");
    temperature.set(header.state.temperature);
    numbers.set({ sweeps: header.sweeps.toLocaleString("en") });
    image.draw(arrays.picture, ...arrays.picture.shape);
  };
  model.on("msg:custom", show);
  return () => {
    model.off("msg:custom", show);
    image.end();
  };
}

export default { render };
