// Binary frames, as multispin/lab/frames.py packs them: the arrays are views, nothing is copied.
const KINDS = { uint8: Uint8Array, float32: Float32Array, int32: Int32Array };

export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const { arrays: listed, ...header } = JSON.parse(
    new TextDecoder().decode(new Uint8Array(buffer, 4, length)),
  );
  const start = Math.ceil((4 + length) / 8) * 8;
  const arrays = {};
  for (const { name, dtype, shape, offset } of listed) {
    const size = shape.reduce((product, side) => product * side, 1);
    arrays[name] = new KINDS[dtype](buffer, start + offset, size);
    arrays[name].shape = shape;
  }
  return { header, arrays };
}
