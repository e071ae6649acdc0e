function predictionSection(title, note, predictions) {
  const rows = predictions.flatMap(({ label, probability }) => {
    const fill = el("div", { class: "fill" });
    fill.style.width = `${100 * (probability ?? 0)}%`;
    return [bdi(label), el("div", { class: "track" }, fill),
      el("span", { class: "number" }, probability === null ? "not a number" : probability.toFixed(4))];
  });
  return el("section", { "aria-label": title }, el("h2", {}, title),
    note ? el("p", { class: "faint" }, note) : "", el("div", { class: "bars" }, ...rows));
}

function promptSection(data) {
  const chips = data.tokens.map((token, i) => bdi(token.label, {
    class: token.special ? "token special" : "token",
    title: `position ${i}, id ${token.id}${token.special ? ", added by the tokenizer" : ""}` }));
  return el("section", { "aria-label": "Prompt" },
    el("h1", { class: data.prompt.length > 200 ? "long" : null, tabindex: data.prompt.length > 200 ? "0" : null },
      bdi(data.prompt)),
    el("p", { class: "faint" }, data.token_note),
    el("div", { class: "tokens" }, ...chips));
}

function provenanceSection(data) {
  const copy = el("button", { type: "button", onclick: async () => {
    await navigator.clipboard.writeText(data.command_line);
    copy.textContent = "Copied";
  } }, "Copy");
  return el("section", { id: "provenance", "aria-label": "Where this came from" },
    el("h2", {}, "Where this came from"),
    el("dl", {},
      ...data.provenance.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
      el("dt", {}, "Made by"), el("dd", { class: "command" }, el("code", {}, data.command_line), copy)));
}

async function start() {
  const { data, weights } = await unpack(document.getElementById("payload").textContent);
  const palette = palettes(data.palette);
  const main = document.getElementById("main");
  document.getElementById("model").textContent = data.model;
  main.append(promptSection(data));
  if (data.classes.length > 0) main.append(predictionSection("Classes", "", data.classes));
  if (data.predictions.length > 0) {
    main.append(predictionSection("Predictions", data.prediction_note, data.predictions));
  }
  if (data.attention) {
    const attention = new AttentionSection(data.attention, weights, data.tokens, palette);
    main.append(attention.element);
    attention.start();
  }
  if (data.lens) {
    const lens = lensSection(data.lens, data.tokens, palette);
    main.append(lens.section);
    lens.start();
  }
  main.append(provenanceSection(data));
}

startTheme();
start().then(
  () => { document.documentElement.dataset.ready = "true"; },
  (error) => {
    const problem = document.getElementById("problem");
    problem.textContent = `This page could not be drawn: ${error.message}`;
    problem.hidden = false;
    document.documentElement.dataset.ready = "failed";
    throw error;
  });
