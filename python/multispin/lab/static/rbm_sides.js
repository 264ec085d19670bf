// Which machine, how it samples, how it learns.
import { chart } from "./charts.js";
import { button, card, choice, h, hint, readouts, row, segments, slider } from "./controls.js";

const HIDDEN = [16, 32, 64, 100];

export function sides({ model, principles, state }) {
  const set = (values) => model.send({ do: "set", ...values });
  const principle = segments({
    label: "Inductive principle",
    options: principles.map(({ name, short, long }) => [name, short, long]),
    value: state.principle, onChange: (value) => set({ principle: value }),
  });
  const machine = segments({
    label: "Machine", options: [["trained", "Trained before"], ["live", "Learning here"]],
    value: state.model, onChange: (value) => set({ model: value }),
  });
  const about = hint("");
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Training of the machines" });
  const preparing = h("div", { className: "preparing" }, h("p", { className: "hint" }), bar);
  const notes = h("div", {});

  const temperature = slider({
    label: "Temperature of the sampler T", min: 0.1, max: 3, step: 0.05, value: state.temperature,
    format: (value) => value.toFixed(2), snap: [1], onInput: (value) => set({ temperature: value }),
  });
  const speed = slider({
    label: "Gibbs steps a second", min: 0, max: 2.7, step: 0.05, value: Math.log10(state.speed),
    format: (value) => String(Math.round(10 ** value)),
    onInput: (value) => set({ speed: Math.min(500, 10 ** value) }),
  });
  const energy = chart({ title: "Free energy of the chain", height: 130, x: { label: "step" } });

  let learning = false;
  const learn = button({ label: "Learn", main: true, onClick: () => model.send({ do: "learn", on: !learning }) });
  const forget = button({ label: "Begin anew", onClick: () => model.send({ do: "forget" }) });
  const rate = slider({
    label: "Learning rate", min: -3, max: -0.302, step: 0.01, value: Math.log10(state.rate),
    format: (value) => String(Number((10 ** value).toPrecision(2))),
    onInput: (value) => set({ rate: Number((10 ** value).toPrecision(2)) }),
  });
  const hidden = choice({
    label: "Hidden units (begins anew)", options: HIDDEN.map((n) => [n, String(n)]), value: state.hidden,
    onChange: (value) => set({ hidden: value }),
  });
  const numbers = readouts({ epochs: "epochs", pseudolikelihood: "pseudolikelihood, nats" });
  numbers.el.dataset.show = "learning";
  const curve = chart({ title: "Pseudolikelihood of images not learned", height: 130, x: { label: "epoch" } });
  const values = chart({ title: "Singular values of W", height: 130, x: { label: "number" }, y: { min: 0 } });

  const el = h("div", { className: "side" },
    card("Machine", principle.el, about, machine.el, preparing, notes),
    card("Sampling", temperature.el, speed.el, energy.el),
    card("Learning", row(learn.el, forget.el), rate.el, hidden.el, numbers.el, curve.el, values.el,
      hint("It learns by the principle that is chosen above; change it, and the weights go on by the other one.")));

  function show({ header, arrays }) {
    const at = header.state;
    principle.set(at.principle);
    machine.set(at.model);
    about.textContent = header.principles.find(({ name }) => name === at.principle)?.long ?? "";
    preparing.hidden = header.preparing === null;
    if (header.preparing !== null) {
      const missing = header.principles.filter(({ ready }) => !ready).map(({ short }) => short);
      bar.value = header.preparing;
      preparing.firstChild.textContent = `Training, once: ${missing.join(", ")}`;
    }
    notes.replaceChildren(...header.notes.map((text) => h("p", { className: "note", textContent: text })));
    temperature.set(at.temperature);
    speed.set(Math.log10(at.speed));
    rate.set(Math.log10(at.rate));
    hidden.set(at.hidden);
    learning = header.learning;
    learn.set(learning ? "Pause" : header.begun ? "Go on" : "Learn");
    forget.enable(header.begun);
    curve.el.hidden = numbers.el.hidden = !header.begun;
    const last = arrays.pseudolikelihood.at(-1);
    numbers.set({
      epochs: header.begun ? header.epochs.toFixed(1) : "–",
      pseudolikelihood: last === undefined ? "–" : last.toFixed(2).replace("-", "−"),
    });
    const f = arrays.free_energy;
    energy.el.hidden = f.length === 0;
    energy.draw([{ x: Array.from(f, (_, i) => header.steps - f.length + i + 1), y: f, label: "F(v)", color: "--accent" }]);
    energy.describe(f.length ? `Free energy of the chain, now ${f.at(-1).toFixed(1)}` : "Free energy of the chain, not begun");
    const points = arrays.pseudolikelihood;
    curve.draw([{
      x: points.filter((_, i) => i % 2 === 0), y: points.filter((_, i) => i % 2 === 1),
      label: "nats an image", color: "--good",
    }]);
    curve.describe(last === undefined ? "Pseudolikelihood, not begun" : `Pseudolikelihood, now ${last.toFixed(2)}`);
    const s = arrays.singular_values ?? new Float32Array();
    values.draw([{ x: Array.from(s, (_, i) => i + 1), y: s, kind: "bars", color: "--accent" }]);
    values.describe(s.length ? `Singular values of the weights, from ${s[0].toFixed(2)} to ${s.at(-1).toFixed(2)}` : "Singular values");
  }

  return {
    el, show,
    end: () => {
      for (const part of [energy, curve, values]) part.end();
    },
  };
}
