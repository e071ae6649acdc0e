// Runs inside a report page after its own scripts; `kReference` says what the page must show. Writes
// the list of failures, as JSON, into an element "checks".
const failures = [];
const expect = (holds, what) => { if (!holds) failures.push(what); };

let heatmap = null;
const show = Heatmap.prototype.show;
Heatmap.prototype.show = function (...args) {
  heatmap = this;
  return show.apply(this, args);
};

function pointAt(query, key) {
  const box = heatmap.canvas.getBoundingClientRect();
  heatmap.canvas.dispatchEvent(new MouseEvent("mousemove", {
    clientX: box.left + heatmap.left + (key + 0.5) * heatmap.cell,
    clientY: box.top + 6 + (query + 0.5) * heatmap.cell,
  }));
}

function pixelAt(query, key) {
  const ratio = devicePixelRatio || 1;
  const x = (heatmap.left + (key + 0.5) * heatmap.cell) * ratio;
  const y = (6 + (query + 0.5) * heatmap.cell) * ratio;
  const [red, green, blue] = heatmap.canvas.getContext("2d").getImageData(x, y, 1, 1).data;
  return ((red << 16) | (green << 8) | blue).toString(16).padStart(6, "0");
}

function checkCell(layer, head, query, key, palette) {
  const n = kReference.labels.length;
  const weight = kReference.weights[((layer * kReference.heads + head) * n + query) * n + key];
  const where = `layer ${layer} head ${head} query ${query} key ${key}`;
  pointAt(query, key);
  const tip = document.getElementById("tooltip").textContent;
  expect(tip.includes(`query “${isolated(kReference.labels[query])}” (${query})`), `${where}: query in ${tip}`);
  expect(tip.includes(`key “${isolated(kReference.labels[key])}” (${key})`), `${where}: key in ${tip}`);
  const value = tip.split("weight ")[1];
  if (weight === null) {
    expect(value === "not a number", `${where}: NaN shown as ${value}`);
    expect(pixelAt(query, key) === "b4b0b2", `${where}: NaN drawn as ${pixelAt(query, key)}`);
    return;
  }
  expect(Math.abs(parseFloat(value) - weight) <= 1 / 508 + 0.0006, `${where}: ${value}, not ${weight}`);
  const stored = Math.round(weight * 254) / 254;
  const color = palette.colorOf(stored);
  expect("#" + pixelAt(query, key) === color, `${where}: drawn as ${pixelAt(query, key)}, not ${color}`);
}

function checkCells(palette) {
  const n = kReference.labels.length;
  const select = document.getElementById("layer");
  for (let layer = 0; layer < kReference.layers.length; ++layer) {
    select.selectedIndex = layer;
    select.dispatchEvent(new Event("change"));
    const thumbs = document.querySelectorAll(".head");
    expect(thumbs.length === kReference.heads, `layer ${layer} has ${thumbs.length} heads`);
    for (const head of new Set([0, Math.floor(kReference.heads / 2), kReference.heads - 1])) {
      thumbs[head].click();
      expect(location.hash === `#L${kReference.layers[layer]}H${head}`, `hash ${location.hash}`);
      for (let query = 0; query < n; ++query) {
        for (let key = query % 3; key < n; key += 3) checkCell(layer, head, query, key, palette);
      }
    }
  }
}

const press = (element, key) =>
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

function checkKeyboard() {
  heatmap.canvas.focus();
  press(heatmap.canvas, "Escape");
  press(heatmap.canvas, "ArrowDown");
  const reading = document.querySelector(".reading");
  const first = reading.textContent;
  expect(first.includes(`query “${isolated(kReference.labels[0])}” (0)`), `reading after one key: ${first}`);
  if (kReference.labels.length > 1) {
    press(heatmap.canvas, "ArrowDown");
    expect(reading.textContent.includes(`query “${isolated(kReference.labels[1])}” (1)`), reading.textContent);
    const head = document.querySelector('.head[aria-checked="true"]');
    press(head, "Home");
    expect(document.activeElement === document.querySelector(".head"), "Home goes to the first head");
    expect(document.querySelectorAll('.head[tabindex="0"]').length === 1, "heads are one tab stop");
  }
  press(heatmap.canvas, "Escape");
  expect(document.getElementById("tooltip").hidden, "Escape hides the tooltip");
}

function checkLens() {
  const cells = [...document.querySelectorAll("#lens td")];
  expect(cells.length === kReference.lens_cells, `${cells.length} lens cells`);
  if (cells.length === 0) return;
  cells[0].focus();
  press(cells[0], "ArrowRight");
  expect(document.activeElement === cells[1], "the arrow moves to the next lens cell");
  const tip = document.getElementById("tooltip");
  expect(!tip.hidden && tip.textContent === cells[1].dataset.tip, "focus shows the top tokens");
  expect(tip.textContent.includes("·other"), `second choice in ${tip.textContent}`);
  cells[1].blur();
}

function checkPage() {
  expect(document.documentElement.dataset.ready === "true", document.getElementById("problem").textContent);
  const chips = [...document.querySelectorAll(".token")].map((chip) => chip.textContent);
  expect(JSON.stringify(chips) === JSON.stringify(kReference.labels), `tokens ${JSON.stringify(chips)}`);
  expect(window.broken === undefined, "a token was run as a script");
  expect(document.images.length === 0, "a token became an image");
  expect(document.querySelectorAll("script").length === 3, "a token became a script");
  expect(performance.getEntriesByType("resource").length === 0, "a request left the page");
  const background = () => getComputedStyle(document.body).backgroundColor;
  const before = background();
  document.getElementById("theme").click();
  expect(background() !== before, "the theme button changes nothing");
  document.getElementById("theme").click();
  expect(background() === before, "the theme button does not turn back");
}

async function runChecks() {
  while (!document.documentElement.dataset.ready) await new Promise((done) => setTimeout(done, 20));
  checkPage();
  if (kReference.weights) checkCells(heatmap.palette);
  else expect(document.querySelectorAll(".head").length === kReference.heads, "number of heads");
  checkKeyboard();
  checkLens();
}

runChecks()
  .catch((error) => failures.push(`exception: ${error.stack}`))
  .then(() => {
    const result = document.createElement("pre");
    result.id = "checks";
    result.textContent = JSON.stringify(failures.slice(0, 20));
    document.body.append(result);
  });
