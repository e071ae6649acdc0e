"use strict";

/** Text that was packed as: length of the JSON (4 bytes, little endian), the JSON, the weights. */
async function unpack(base64) {
  const zipped = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { data, weights: bytes.subarray(4 + length) };
}

/** Patterns of all heads in 8 bits: 0..254 stand for 0..1, 255 for "not a number". */
class Patterns {
  constructor(meta, weights) {
    Object.assign(this, meta);
    this.weights = weights;
    this.size = meta.lower ? (meta.cells * (meta.cells + 1)) / 2 : meta.cells * meta.cells;
  }
  /** The stored byte of a cell. */
  at(layerIndex, head, query, key) {
    if (this.lower && key > query) return 0;
    const start = (layerIndex * this.heads + head) * this.size;
    const row = this.lower ? (query * (query + 1)) / 2 : query * this.cells;
    return this.weights[start + row + key];
  }
  /** Pixels of one head: one a cell, or fewer that each show the largest of their cells. */
  image(layerIndex, head, palette, most = Infinity) {
    const factor = Math.ceil(this.cells / most) || 1;
    const side = Math.ceil(this.cells / factor);
    const bytes = new Uint8Array(side * side);
    for (let query = 0; query < this.cells; ++query) {
      const row = Math.floor(query / factor) * side;
      for (let key = 0; key < this.cells; ++key) {
        const at = row + Math.floor(key / factor);
        bytes[at] = Math.max(bytes[at], this.at(layerIndex, head, query, key));
      }
    }
    const image = new ImageData(side, side);
    new Uint32Array(image.data.buffer).set(Uint32Array.from(bytes, (byte) => palette[byte]));
    return image;
  }
}

/** The colour table, "rrggbb" 256 times, and the same as CSS and as little-endian pixels by byte. */
function palettes(hex) {
  const css = (index) => "#" + hex.slice(6 * index, 6 * index + 6);
  const colorOf = (value) => css(Math.min(255, Math.floor(Math.max(0, value) * 256)));
  const pixel = (color) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  };
  const pixels = new Uint32Array(256);
  for (let byte = 0; byte < 255; ++byte) pixels[byte] = pixel(colorOf(byte / 254));
  pixels[255] = pixel("#b4b0b2");
  return { colorOf, pixels };
}
