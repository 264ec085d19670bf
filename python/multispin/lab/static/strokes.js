// Who is ahead, page or lab: strokes are numbered, and frames say which one the lab has seen.

const GIVEN_UP = 2000; // ms after which a stroke that nobody has seen is taken for lost

export function strokes() {
  let sent = 0;
  let when = -Infinity;
  return {
    // The number of the next stroke: it rises over reloads too.
    next() {
      sent = Math.max(sent + 1, Date.now());
      when = performance.now();
      return sent;
    },
    // The number of the stroke under way: it has one from the moment on that the page paints it.
    latest: () => sent,
    // Whether what a frame shows of a drawing is as new as what the page shows.
    settled: (seen) => seen >= sent || performance.now() - when > GIVEN_UP,
  };
}

// Sends what was drawn, now: an animation frame's strokes have been gathered before.
export function sendStroke(model, command) {
  model.send(command);
  model.flush?.(); // where messages wait for an animation frame
}

// Gathers what is done within an animation frame: `add` notes a value by key, `flush` gets all.
export function perFrame(flush) {
  let pending = new Map();
  let due = false;
  return (key, value) => {
    pending.set(key, value);
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      const all = pending;
      pending = new Map();
      flush(all);
    });
  };
}
