/** Black or white, whichever reads better on a "#rrggbb" background. */
function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

function lensCell(lens, row, column, tokens, palette) {
  const top = lens.cells[row][column];
  const output = lens.cells[lens.cells.length - 1][column];
  if (top.length === 0) return el("td", { tabindex: "-1" }, "");
  const [id, label, probability] = top[0];
  const cell = el("td", { tabindex: "-1", class: output.length > 0 && output[0][0] === id ? "agrees" : null }, bdi(label));
  const color = probability === null ? "#b4b0b2" : palette.colorOf(probability);
  cell.style.background = color;
  cell.style.color = inkOn(color);
  const position = lens.positions[column];
  const value = (p) => (p === null ? "not a number" : p.toFixed(4));
  const lines = top.map(([, name, p]) => `${isolated(name)}  ${value(p)}`);
  const place = `Layer ${lens.layers[row]}, after “${isolated(tokens[position].label)}” (${position})`;
  cell.dataset.tip = [place, ...lines].join("\n");
  cell.setAttribute("aria-label", [place, ...lines].join(", "));
  return cell;
}

function lensRow(lens, row, tokens, palette) {
  const last = row === lens.layers.length - 1;
  const name = last ? "output " : lens.layers[row] === 0 ? "embeddings " : "";
  return el("tr", {}, el("th", { scope: "row" }, `${name}${lens.layers[row]}`),
    ...lens.positions.map((_, column) => lensCell(lens, row, column, tokens, palette)));
}

function startLensTips(table, columns) {
  const cells = [...table.querySelectorAll("td")];
  cells[0].tabIndex = 0;
  const show = (event, x, y) => {
    const cell = event.target.closest("td");
    if (cell && cell.dataset.tip) showTooltip(cell.dataset.tip, x, y);
    else hideTooltip();
  };
  table.addEventListener("mousemove", (event) => show(event, event.clientX, event.clientY));
  table.addEventListener("mouseleave", hideTooltip);
  table.addEventListener("focusin", (event) => {
    const box = event.target.getBoundingClientRect();
    show(event, box.right - 10, box.bottom - 12);
  });
  table.addEventListener("focusout", hideTooltip);
  table.addEventListener("keydown", (event) => {
    const from = cells.indexOf(document.activeElement);
    const index = from < 0 ? null : movedIndex(event.key, from, cells.length, columns);
    if (event.key === "Escape") hideTooltip();
    if (index === null) return;
    event.preventDefault();
    cells[from].tabIndex = -1;
    cells[index].tabIndex = 0;
    cells[index].focus();
  });
}

function lensSection(lens, tokens, palette) {
  const notes = ["The token each layer would predict after each position, coloured by its probability. Bold: the output’s own first choice."];
  if (!lens.final_norm) notes.push("Made without the final norm, so only the order of tokens counts.");
  if (lens.left_out > 0) notes.push(`The last ${lens.positions.length} of ${lens.positions.length + lens.left_out} positions are shown.`);
  const rows = lens.layers.map((_, row) => lensRow(lens, row, tokens, palette)).reverse();
  const table = el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Layer"),
      ...lens.positions.map((position) => el("th", { scope: "col" }, bdi(tokens[position].label))))),
    el("tbody", {}, ...rows));
  startLensTips(table, lens.positions.length);
  const scroller = el("div", { class: "lens" }, table);
  const section = el("section", { id: "lens", "aria-label": "Logit lens" },
    el("h2", {}, "Logit lens"), el("p", { class: "faint" }, notes.join(" ")), scroller);
  return { section, start: () => { scroller.scrollLeft = scroller.scrollWidth; } };
}
