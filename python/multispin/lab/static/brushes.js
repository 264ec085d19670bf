// Brushes: which cells a touch changes, as [[cell, level], …].

export const INK = 255;
export const PAPER = 0;

// All cells within a distance, each with a level; those off the edge are left out.
export function disc(row, column, rows, columns, radius, levelOf) {
  const found = [];
  const reach = Math.ceil(radius);
  for (let r = Math.max(0, row - reach); r <= Math.min(rows - 1, row + reach); r += 1) {
    for (let c = Math.max(0, column - reach); c <= Math.min(columns - 1, column + reach); c += 1) {
      const away = Math.hypot(r - row, c - column);
      if (away > radius) continue;
      const level = levelOf(away);
      if (level !== null) found.push([r * columns + c, level]);
    }
  }
  return found;
}

// How wide brushes are: a cell of 8 × 8, three of 28 × 28.
export function fine(rows, columns) {
  return Math.min(rows, columns) < 16 ? 0 : 1;
}

export function broad(rows, columns) {
  return Math.max(1, Math.min(rows, columns) / 12);
}

// Ink here, paper there.
export function speckle() {
  return Math.random() < 0.4 ? (Math.random() < 0.5 ? INK : PAPER) : null;
}
