const kThumbnailPixels = 168;

/** The colours of weights from 0 to 1. */
function colorScale(palette) {
  const stops = Array.from({ length: 17 }, (_, i) => palette.colorOf(i / 16));
  const bar = el("span", { class: "gradient" });
  bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return el("div", { class: "scale faint" }, "0", bar, "1  attention weight");
}

/** Layer selector, thumbnails of all its heads, the chosen head large, and the heads worth a look. */
class AttentionSection {
  constructor(meta, weights, tokens, palette) {
    this.patterns = new Patterns(meta, weights);
    this.palette = palette;
    this.ranked = meta.ranked;
    this.tokens = tokens;
    this.heatmap = new Heatmap(this.patterns, tokens, palette);
    this.layerIndex = 0;
    this.head = 0;
    this.select = el("select", { id: "layer", onchange: () => this.choose(this.select.selectedIndex, this.head) },
      ...meta.layers.map((layer) => el("option", { value: layer }, `${layer}`)));
    this.thumbs = el("div", { class: "heads", role: "radiogroup", "aria-label": "Heads of this layer",
      onkeydown: (event) => this.key(event) });
    this.element = this.build();
    addEventListener("hashchange", () => this.fromHash());
  }

  build() {
    const { layers, heads, pool, missing } = this.patterns;
    const turn = (by) => () => this.choose(this.layerIndex + by, this.head);
    const notes = [`${layers.length * heads} heads. Weights are stored in 8 bits: within 0.002 of the exact value.`];
    if (pool > 1) notes.push(`Each cell is the largest of ${pool} × ${pool} weights.`);
    if (missing) notes.push("Grey cells hold no number (NaN).");
    return el("section", { id: "attention", "aria-label": "Attention" },
      el("h2", {}, "Attention"),
      el("p", { class: "faint" }, notes.join(" ")),
      el("div", { class: "controls" },
        el("button", { type: "button", onclick: turn(-1), "aria-label": "Previous layer" }, "‹"),
        el("span", {}, el("label", { for: "layer" }, "Layer "), this.select),
        el("button", { type: "button", onclick: turn(1), "aria-label": "Next layer" }, "›")),
      this.thumbs,
      el("div", { class: "detail" },
        el("div", {}, this.heading = el("h3"), colorScale(this.palette), this.heatmap.element),
        el("div", {}, ...this.rankedList())));
  }

  rankedList() {
    if (this.ranked.length === 0) return [];
    return [
      el("h3", {}, "Strongest links"),
      el("p", { class: "faint" }, "Each head’s largest weight that is not on the first or a special token, the query itself or the token before it."),
      el("ol", { class: "ranked" }, ...this.ranked.map(([layer, head, query, key, weight]) =>
        el("li", {}, el("button", { type: "button",
          onclick: () => this.choose(this.patterns.layers.indexOf(layer), head) },
        el("span", {}, `L${layer}H${head}`),
        el("span", {}, bdi(this.tokens[query].label), " → ", bdi(this.tokens[key].label)),
        el("span", { class: "number" }, weight.toFixed(2)))))),
    ];
  }

  start() {
    const [layer, head] = this.ranked[0] ?? [this.patterns.layers[0], 0];
    if (!this.fromHash()) this.choose(this.patterns.layers.indexOf(layer), head);
    addEventListener("resize", () => this.heatmap.draw());
  }

  fromHash() {
    const match = /^#L(\d+)H(\d+)$/.exec(location.hash);
    const layerIndex = match ? this.patterns.layers.indexOf(Number(match[1])) : -1;
    if (layerIndex < 0 || Number(match[2]) >= this.patterns.heads) return false;
    this.choose(layerIndex, Number(match[2]));
    return true;
  }

  choose(layerIndex, head) {
    if (layerIndex < 0 || layerIndex >= this.patterns.layers.length) return;
    if (layerIndex !== this.layerIndex || this.thumbs.childElementCount === 0) this.drawThumbs(layerIndex);
    Object.assign(this, { layerIndex, head });
    const layer = this.patterns.layers[layerIndex];
    this.select.selectedIndex = layerIndex;
    this.heading.textContent = `Layer ${layer}, Head ${head}`;
    [...this.thumbs.children].forEach((thumb, i) => {
      thumb.setAttribute("aria-checked", String(i === head));
      thumb.tabIndex = i === head ? 0 : -1;
    });
    this.heatmap.show(layerIndex, head);
    history.replaceState(null, "", `#L${layer}H${head}`);
  }

  drawThumbs(layerIndex) {
    const { heads, layers } = this.patterns;
    this.thumbs.style.setProperty("--thumb", heads > 48 ? "56px" : "84px");
    this.thumbs.replaceChildren(...Array.from({ length: heads }, (_, head) => {
      const image = this.patterns.image(layerIndex, head, this.palette.pixels, kThumbnailPixels);
      const canvas = el("canvas", { width: image.width, height: image.height });
      canvas.getContext("2d").putImageData(image, 0, 0);
      return el("button", { type: "button", class: "head", role: "radio",
        "aria-label": `Layer ${layers[layerIndex]} head ${head}`,
        onclick: () => this.choose(layerIndex, head) },
      canvas, el("span", {}, `L${layers[layerIndex]}H${head}`));
    }));
  }

  key(event) {
    const thumbs = [...this.thumbs.children];
    const columns = thumbs.filter((thumb) => thumb.offsetTop === thumbs[0].offsetTop).length;
    const index = movedIndex(event.key, this.head, thumbs.length, columns);
    if (index === null) return;
    event.preventDefault();
    this.choose(this.layerIndex, index);
    thumbs[index].focus();
  }
}
