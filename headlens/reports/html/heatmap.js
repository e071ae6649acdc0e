/** One head as a canvas with token names, hover and arrow keys. */
class Heatmap {
  constructor(patterns, tokens, palette) {
    Object.assign(this, { patterns, tokens, palette });
    this.canvas = el("canvas", { tabindex: "0", role: "application", "aria-roledescription": "attention matrix" });
    this.reading = el("p", { class: "reading faint", "aria-live": "polite" });
    this.element = el("div", {}, el("div", { class: "matrix" }, this.canvas), this.reading);
    this.active = null;
    this.canvas.addEventListener("mousemove", (event) => this.hover(event));
    this.canvas.addEventListener("mouseleave", () => this.activate(null));
    this.canvas.addEventListener("blur", () => this.activate(null));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("themechange", () => this.draw());
  }

  show(layerIndex, head) {
    Object.assign(this, { layerIndex, head });
    this.title = `Layer ${this.patterns.layers[layerIndex]}, Head ${head}`;
    this.canvas.setAttribute("aria-label", `${this.title}: use the arrow keys to read weights`);
    this.activate(null);
  }

  layOut(context) {
    const { cells, pool, tokens } = this.patterns;
    const available = Math.max(260, this.element.clientWidth || 640);
    this.cell = Math.max(1, Math.min(34, Math.floor(Math.min(available - 130, 660) / cells)));
    this.step = Math.max(1, Math.ceil(13 / (this.cell / pool)));
    context.font = this.font = `${this.step > 1 ? 10 : 12}px system-ui, "Noto Sans", sans-serif`;
    this.names = this.tokens.map((token, i) => (this.step > 1 ? `${i}: ` : "") + isolated(token.label));
    let longest = 0;
    for (let i = 0; i < tokens; i += this.step) {
      longest = Math.max(longest, context.measureText(this.names[i]).width);
    }
    const names = Math.ceil(Math.min(longest, 130));
    this.side = cells * this.cell;
    this.left = Math.max(names + 34, Math.ceil(names * 0.72) + 30);
    this.width = Math.max(this.left + this.side + 8, 300);
    this.height = 6 + this.side + Math.ceil(names * 0.72) + 38;
  }

  draw() {
    if (this.head === undefined) return;
    const context = this.canvas.getContext("2d");
    this.layOut(context);
    const ratio = devicePixelRatio || 1;
    this.canvas.width = this.width * ratio;
    this.canvas.height = this.height * ratio;
    this.canvas.style.width = this.width + "px";
    this.canvas.style.height = this.height + "px";
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = false;
    const source = el("canvas", { width: this.patterns.cells, height: this.patterns.cells });
    source.getContext("2d").putImageData(
      this.patterns.image(this.layerIndex, this.head, this.palette.pixels), 0, 0);
    context.drawImage(source, this.left, 6, this.side, this.side);
    this.drawNames(context);
    this.drawActive(context);
  }

  drawNames(context) {
    const style = getComputedStyle(document.documentElement);
    context.fillStyle = style.getPropertyValue("--ink");
    context.font = this.font;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.direction = "ltr";
    const pitch = this.cell / this.patterns.pool;
    for (let i = 0; i < this.patterns.tokens; i += this.step) {
      const middle = (i + 0.5) * pitch;
      context.fillText(this.names[i], this.left - 5, 6 + middle, 130);
      context.save();
      context.translate(this.left + middle + 3, 6 + this.side + 8);
      context.rotate(-Math.PI / 4);
      context.fillText(this.names[i], 0, 0, 130);
      context.restore();
    }
    context.fillStyle = style.getPropertyValue("--faint");
    context.textAlign = "center";
    context.font = '12px system-ui, "Noto Sans", sans-serif';
    context.fillText("Key (attending to)", this.left + this.side / 2, this.height - 9);
    context.translate(9, 6 + this.side / 2);
    context.rotate(-Math.PI / 2);
    context.fillText("Query (attending from)", 0, 0);
    context.rotate(Math.PI / 2);
    context.translate(-9, -6 - this.side / 2);
  }

  drawActive(context) {
    if (!this.active) return;
    const x = this.left + this.active.key * this.cell;
    const y = 6 + this.active.query * this.cell;
    context.lineWidth = 2;
    context.strokeStyle = "#000000";
    context.strokeRect(x - 1, y - 1, this.cell + 2, this.cell + 2);
    context.lineWidth = 1;
    context.strokeStyle = "#ffffff";
    context.strokeRect(x - 0.5, y - 0.5, this.cell + 1, this.cell + 1);
  }

  name(cell) {
    const { pool, tokens } = this.patterns;
    const last = Math.min(tokens, (cell + 1) * pool) - 1;
    const name = `“${isolated(this.tokens[cell * pool].label)}” (${cell * pool})`;
    return last > cell * pool ? `${name} to “${isolated(this.tokens[last].label)}” (${last})` : name;
  }

  describe({ query, key }) {
    const byte = this.patterns.at(this.layerIndex, this.head, query, key);
    const exact = this.patterns.lower && key > query;
    const most = this.patterns.pool > 1 ? "at most " : "";
    const value = byte === 255 ? "not a number"
      : exact ? "0 (masked)" : `${most}${(byte / 254).toFixed(3)} ± 0.002`;
    return { query: this.name(query), key: this.name(key), value };
  }

  activate(active, x, y) {
    this.active = active;
    if (active) {
      const { query, key, value } = this.describe(active);
      this.reading.textContent = `${this.title}: query ${query} → key ${key}: ${value}`;
      showTooltip(`query ${query}\nkey ${key}\nweight ${value}`, x, y);
    } else {
      this.reading.textContent = `${this.title}. Point at a cell, or use the arrow keys.`;
      hideTooltip();
    }
    this.draw();
  }

  hover(event) {
    const box = this.canvas.getBoundingClientRect();
    const key = Math.floor((event.clientX - box.left - this.left) / this.cell);
    const query = Math.floor((event.clientY - box.top - 6) / this.cell);
    const inside = [key, query].every((cell) => cell >= 0 && cell < this.patterns.cells);
    this.activate(inside ? { query, key } : null, event.clientX, event.clientY);
  }

  key(event) {
    const { cells } = this.patterns;
    if (event.key === "Escape") return this.activate(null);
    const from = this.active ? this.active.query * cells + this.active.key : 0;
    const index = this.active ? movedIndex(event.key, from, cells * cells, cells)
      : event.key.startsWith("Arrow") ? 0 : null;
    if (index === null) return;
    event.preventDefault();
    const active = { query: Math.floor(index / cells), key: index % cells };
    const box = this.canvas.getBoundingClientRect();
    this.activate(active, box.left + this.left + (active.key + 1) * this.cell,
      box.top + 6 + (active.query + 1) * this.cell);
  }
}
