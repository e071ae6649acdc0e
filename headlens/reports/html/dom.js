/** An element; children are nodes or plain text, never markup. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const bdi = (text, attributes = {}) => el("bdi", attributes, text);

/** For text that is not in an element of its own. */
const isolated = (text) => `\u2068${text}\u2069`;

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new Event("themechange"));
}

function startTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () =>
    (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  document.getElementById("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark"));
  dark.addEventListener("change", () => document.dispatchEvent(new Event("themechange")));
}

/** Shows `text` beside a point of the window, inside the window. */
function showTooltip(text, x, y) {
  const tooltip = document.getElementById("tooltip");
  tooltip.textContent = text;
  tooltip.hidden = false;
  const { width, height } = tooltip.getBoundingClientRect();
  tooltip.style.left = Math.max(4, x + 14 + width > innerWidth ? x - width - 10 : x + 14) + "px";
  tooltip.style.top = Math.max(4, y + 16 + height > innerHeight ? y - height - 10 : y + 16) + "px";
}

function hideTooltip() {
  document.getElementById("tooltip").hidden = true;
}

/** Moves an index by an arrow key, Home or End in a grid of that many columns; null for other keys. */
function movedIndex(key, index, count, columns) {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (step !== undefined) return index + step >= 0 && index + step < count ? index + step : index;
  return { Home: 0, End: count - 1 }[key] ?? null;
}
