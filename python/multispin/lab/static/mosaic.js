// Many small pictures as one: tiles of an array (tiles, rows × columns) side by side.

// Returns levels with a gap of one cell between tiles, as { levels, rows, columns }.
export function mosaic(tiles, count, rows, columns, across, gap) {
  const down = Math.ceil(count / across);
  const width = across * (columns + 1) - 1;
  const height = down * (rows + 1) - 1;
  const levels = new Uint8Array(width * height).fill(gap);
  for (let tile = 0; tile < count; tile += 1) {
    const top = Math.floor(tile / across) * (rows + 1);
    const left = (tile % across) * (columns + 1);
    for (let r = 0; r < rows; r += 1) {
      const from = tile * rows * columns + r * columns;
      levels.set(tiles.subarray(from, from + columns), (top + r) * width + left);
    }
  }
  return { levels, rows: height, columns: width };
}

// Numbers as levels around 128; `largest` and what is beyond are as far away as can be.
export function signed(numbers, largest) {
  const clip = (x) => Math.max(-1, Math.min(1, x / (largest || 1)));
  return Uint8Array.from(numbers, (x) => 128 + Math.round(127 * clip(x)));
}
