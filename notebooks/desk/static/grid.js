// The review grid: a list on the left, one case on the right, everything by keyboard.
//
// Whatever came from a bank goes into the page as text nodes only. Rows are drawn for the visible part of the list.
// Every decision travels as a typed message with the version of the case that was on the screen; Python answers with
// what happened, and only then the list changes.

const ROW = 44;

function node(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child != null) element.append(child);
  return element;
}

const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));

class Desk {
  constructor(model, el, started) {
    this.model = model;
    this.texts = model.get("texts");
    this.rows = [];
    this.shown = [];
    this.current = 0;
    this.picked = new Set();
    this.details = new Map();
    this.done = new Set();
    this.pending = new Set();
    this.decided = 0;
    this.movedOn = this.opened = -1e9;
    this.lesson = null;
    this.sort = "score";
    this.way = 0;
    this.form = null;
    this.waiting = new Map();
    this.sequence = 0;
    this.build(el);
    this.load();
    this.listen();
    painted(() => {
      this.root.dataset.readyMs = (performance.now() - started).toFixed(1);
      this.root.dataset.readyAt = String(performance.timeOrigin + performance.now());
      // Whoever ran the cell goes on with the keyboard here.
      if (!document.activeElement?.matches("input, select, textarea")) this.root.focus({ preventScroll: true });
    });
  }

  t(key, values = {}) {
    const text = this.texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  build(el) {
    this.search = node("input", { type: "search", placeholder: this.t("search"), "aria-label": this.t("search") });
    this.reasons = node("select", { "aria-label": this.t("cause") });
    this.count = node("span", { class: "kk-count", "aria-live": "polite" });
    this.body = node("div", { class: "kk-rows" });
    this.list = node("div", { class: "kk-list", role: "listbox", "aria-label": this.t("queue") }, this.body);
    this.head = node("div", { class: "kk-head" }, node("span"), ...["date", "name", "why", "amount", "age"].map((key) => {
      const button = node("button", { "data-sort": key }, this.t(key));
      button.addEventListener("click", () => this.sorted(key));
      return button;
    }));
    this.detail = node("div", { class: "kk-detail", "aria-live": "polite" });
    this.under = node("div", { class: "kk-under" });
    this.said = node("div", { class: "kk-said", role: "status" });
    this.acts = node("div", { class: "kk-acts" });
    // JupyterLab listens before the page does; without this "x" would cut the cell as well.
    this.root = node("div", { class: "kk", tabindex: 0, "data-lm-suppress-shortcuts": "true", lang: this.texts.lang ?? "de" },
      node("div", { class: "kk-left" }, node("div", { class: "kk-bar" }, this.search, this.reasons, this.count), this.head, this.list),
      node("div", { class: "kk-right" }, this.detail, this.under, this.said, this.acts));
    for (const [key, command] of COMMANDS) {
      const button = node("button", { "data-command": command }, node("kbd", {}, key === "Enter" ? "↵" : key), this.t(command));
      button.addEventListener("click", () => this.command(command));
      this.acts.append(button);
    }
    el.append(this.root);
  }

  listen() {
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("scroll", () => this.draw());
    this.search.addEventListener("input", (event) => { this.filter(); this.timed(event); });
    this.reasons.addEventListener("change", () => this.filter());
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest(".kk-row");
      if (row) { this.go(Number(row.dataset.index)); this.root.focus({ preventScroll: true }); }
    });
    this.model.on("change:data", () => this.load());
    this.model.on("msg:custom", (message) => this.told(message));
    new ResizeObserver(() => this.draw()).observe(this.list);
  }

  load() {
    const kept = this.shown[this.current]?.id;
    this.rows = JSON.parse(this.model.get("data")).map(searchable);
    this.details.clear();
    this.done.clear();
    const causes = new Map();
    for (const row of this.rows) causes.set(row.reason, (causes.get(row.reason) ?? 0) + 1);
    const before = this.reasons.value;
    this.reasons.replaceChildren(node("option", { value: "" }, this.t("all", { n: this.rows.length })));
    for (const [reason, n] of [...causes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)))
      this.reasons.append(node("option", { value: reason }, `${this.texts["reason." + reason] ?? reason} (${n})`));
    this.reasons.value = causes.has(before) ? before : "";
    this.filter(kept);
  }

  select() {
    const reason = this.reasons.value;
    const tests = this.search.value.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
      const limit = /^[<>]\d/.test(word) ? cents(word.slice(1)) : null;
      if (limit === null) return (row) => row.find.includes(word);
      return word[0] === ">" ? (row) => Math.abs(row.rest_minor) >= limit : (row) => Math.abs(row.rest_minor) <= limit;
    });
    this.shown = this.rows.filter((row) => (!reason || row.reason === reason) && tests.every((fits) => fits(row)));
    const by = SORTS[this.sort];
    this.shown.sort((a, b) => by(a, b) || (a.id < b.id ? -1 : 1));
  }

  filter(kept = this.shown[this.current]?.id) {
    this.select();
    this.body.parentElement.scrollTop = 0;
    this.go(Math.max(0, this.shown.findIndex((row) => row.id === kept)), true);
  }

  sorted(key) {
    this.sort = this.sort === key ? "score" : key;
    this.current = 0;
    for (const button of this.head.querySelectorAll("button")) button.toggleAttribute("data-on", button.dataset.sort === this.sort);
    this.filter();
  }

  draw() {
    const height = this.list.clientHeight || 500;
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 4);
    const last = Math.min(this.shown.length, first + Math.ceil(height / ROW) + 8);
    this.body.style.height = `${this.shown.length * ROW}px`;
    const drawn = [];
    for (let index = first; index < last; index++) drawn.push(this.row(this.shown[index], index));
    this.body.replaceChildren(...drawn);
    if (!this.shown.length && this.rows.length) this.body.append(node("div", { class: "kk-none" }, this.t("nothing-found")));
    this.count.textContent = [this.t("count", { n: shownCount(this.shown.length, this.texts) }),
      this.picked.size ? this.t("picked", { n: this.picked.size }) : "", this.decided ? this.t("decided-n", { n: this.decided }) : ""].filter(Boolean).join(" · ");
  }

  row(row, index) {
    const line = node("div", {
      class: "kk-row", role: "option", "data-index": index, "data-id": row.id, "data-current": index === this.current,
      "aria-selected": index === this.current, "data-picked": this.picked.has(row.id), "data-done": this.done.has(row.id),
      "data-held": row.held, "data-pending": this.pending.has(row.id),
    },
      node("span", { class: "kk-pick" }), node("span", { class: "kk-cell" }, row.day),
      node("span", { class: "kk-two" }, node("span", { class: "kk-cell" }, row.name || "–"), node("span", { class: "kk-cell" }, row.text)),
      node("span", { class: "kk-two", "data-alone": !(row.best || row.held || row.dunned || this.done.has(row.id)) },
        node("span", { class: "kk-cell", title: row.why }, row.why),
        node("span", { class: "kk-cell" }, this.done.has(row.id) ? node("b", { class: "kk-tag", "data-tone": "bad" }, this.t("elsewhere")) : null,
          row.held ? node("b", { class: "kk-tag" }, this.t("held")) : null,
          row.dunned ? node("b", { class: "kk-tag", "data-tone": "warn" }, this.t("dunned")) : null, [row.best, row.share].filter(Boolean).join(" · "))),
      node("span", { class: "kk-num" }, row.rest), node("span", { class: "kk-num kk-sub" }, `${row.days} ${this.t("d")}`));
    line.style.position = "absolute";
    line.style.top = `${index * ROW}px`;
    line.style.left = line.style.right = "0";
    return line;
  }

  go(index, quiet = false) {
    this.current = Math.min(Math.max(0, index), Math.max(0, this.shown.length - 1));
    this.way = 0;
    this.close();
    if (!quiet) this.say("");
    const top = this.current * ROW;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (top + ROW > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + ROW - this.list.clientHeight;
    this.draw();
    this.open();
  }

  get case() { return this.shown[this.current]; }

  open() {
    const row = this.case;
    if (!row) { this.detail.replaceChildren(node("p", { class: "kk-sub" }, this.t(this.rows.length ? "nothing-found" : "empty"))); return; }
    const known = this.details.get(row.id);
    this.show(row, known);
    // Whoever runs down the list asks for nothing on the way; what comes next is fetched while the eye is still here.
    const hurry = performance.now() - this.opened < HURRY;
    this.opened = performance.now();
    clearTimeout(this.asking);
    this.asking = setTimeout(() => {
      const next = this.shown[this.current + 1];
      if (!this.details.has(row.id)) this.ask({ type: "detail", id: row.id });
      if (next && !this.details.has(next.id)) this.ask({ type: "detail", id: next.id });
    }, hurry ? HURRY : 0);
  }

  ask(message) {
    if (message.type === "detail") {
      if (this.details.get(message.id) === null) return;
      this.details.set(message.id, null);
    }
    this.model.send(message);
  }

  show(row, detail) {
    const parts = [
      node("h3", {}, row.name || this.t("nobody")),
      node("div", { class: "kk-sub" }, node("b", { class: "kk-sum" }, row.rest), ` · ${row.day} · ${this.texts["kind." + row.kind] ?? row.kind} · `,
        node("span", { class: "kk-iban" }, (detail?.iban ?? row.iban) || "–")),
      node("div", { class: "kk-text" }, row.text || "–"),
      node("div", { class: "kk-why" }, detail?.why || row.why, detail?.like ? node("b", {}, ` · ${this.t("like", { n: detail.like })}`) : null),
    ];
    const ways = node("div", { class: "kk-ways" });
    (detail?.ways ?? []).forEach((way, index) => ways.append(this.alternative(way, index)));
    if (detail && !detail.ways.length) ways.append(node("div", { class: "kk-sub" }, this.t("no-ways")));
    this.detail.replaceChildren(...parts.filter(Boolean), ways);
    this.detail.dataset.id = detail ? row.id : "";
  }

  alternative(way, index) {
    const table = node("table");
    for (const line of way.lines)
      table.append(node("tr", {}, node("td", {}, line.invoice), node("td", { class: "kk-num" }, line.amount)), node("tr", {},
        node("td", { class: "kk-sub", colspan: 2 }, line.about)));
    const falls = node("div", { class: "kk-falls" });
    const most = Math.max(1, ...way.evidence.map((step) => Math.abs(step.bits)));
    let at = 0;
    const low = way.evidence.reduce(([sum, min], step) => [sum + step.bits, Math.min(min, sum + step.bits)], [0, 0])[1];
    const high = way.evidence.reduce(([sum, max], step) => [sum + step.bits, Math.max(max, sum + step.bits)], [0, 0])[1];
    const span = Math.max(high - low, most, 1);
    for (const step of way.evidence) {
      const from = Math.min(at, at + step.bits) - low;
      const bar = node("i", { "data-minus": step.bits < 0 });
      bar.style.left = `${(100 * from) / span}%`;
      bar.style.width = `${Math.max(1, (100 * Math.abs(step.bits)) / span)}%`;
      falls.append(node("div", { class: "kk-fall", title: `${step.label}: ${step.bits.toFixed(1)} bit` },
        node("span", {}, step.label), node("div", { class: "kk-scale" }, bar), node("span", { class: "kk-num" }, signed(step.bits))));
      at += step.bits;
    }
    const card = node("div", { class: "kk-way", "data-chosen": index === this.way, "data-rank": way.rank },
      node("b", { class: "kk-rank" }, node("kbd", {}, index + 1), way.probability), table,
      node("div", { class: "kk-sub kk-cap" }, this.t("evidence")), falls);
    card.addEventListener("click", () => { this.choose(index); });
    return card;
  }

  choose(index) {
    const detail = this.details.get(this.case?.id);
    if (!detail || index >= detail.ways.length) return;
    this.way = index;
    this.show(this.case, detail);
  }

  // --- keyboard -------------------------------------------------------------------------------------------------

  key(event) {
    const typing = event.target.matches("input, select");
    // The notebook has shortcuts of its own; inside the desk the keys are ours.
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { event.preventDefault(); this.search.blur(); this.lesson = null; this.close(); this.root.focus({ preventScroll: true }); return; }
    if (typing) {
      if ((event.target === this.search || event.target === this.reasons) && event.key === "Enter") { event.preventDefault(); this.root.focus({ preventScroll: true }); }
      return;
    }
    // Enter and Space on a button are that button's own.
    if (event.target !== this.root && event.target.matches("button") && (event.key === "Enter" || event.key === " ")) return;
    const handled = this.stroke(event.key, event.repeat);
    if (!handled) return;
    event.preventDefault();
    this.timed(event);
  }

  // From the stroke to the picture, for who wants to measure it.
  timed(event) { painted(() => { this.root.dataset.keyMs = (performance.now() - event.timeStamp).toFixed(1); }); }

  stroke(key, repeated = false) {
    if (this.lesson && (key === "y" || key === "n")) { this.answer(key === "y" ? "use" : "leave"); return true; }
    const page = Math.max(1, Math.floor(this.list.clientHeight / ROW) - 1);
    const moves = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 };
    if (key in moves) { this.go(this.current + moves[key]); return true; }
    if (key >= "1" && key <= "9") { this.choose(Number(key) - 1); return true; }
    if (key === "/") { this.search.focus(); this.search.select(); return true; }
    if (key === "f") { this.reasons.focus(); return true; }
    if (key === "t") { this.sorted(NEXT[this.sort]); this.say(this.t("sorted", { what: this.t(this.sort) })); return true; }
    if (key === "i") { if (this.case) this.model.send({ type: "iban", id: this.case.id }); return true; }
    if (key === "?") { this.help(); return true; }
    if (key === " ") { this.pick(); return true; }
    const found = COMMANDS.find(([stroke]) => stroke === key);
    if (!found) return false;
    // A key that bounces, or is held down, must not decide the case that has just moved up.
    if (!repeated && performance.now() - this.movedOn > BOUNCE) this.command(found[1]);
    return true;
  }

  pick() {
    const id = this.case?.id;
    if (!id) return;
    if (!this.picked.delete(id)) this.picked.add(id);
    this.go(this.current + 1, true);
  }

  help() {
    const table = node("table");
    const extra = [["↑ ↓ j k", "move"], ["1–9", "choose"], ["␣", "pick"], ["/", "search"], ["f", "filter"], ["t", "resort"], ["i", "show-iban"], ["Esc", "back"]];
    for (const [key, name] of [...extra, ...COMMANDS]) table.append(node("tr", {}, node("td", {}, node("kbd", {}, key)), node("td", {}, this.t(name))));
    this.openForm(this.t("help"), node("div", { class: "kk-help" }, table), null);
  }

  // --- decisions ------------------------------------------------------------------------------------------------

  command(name) {
    const row = this.case;
    if (name === "undo") { if (!this.pending.has("undo")) { this.pending.add("undo"); this.decide("undo", {}, row?.id ?? ""); } return; }
    if (!row) return;
    if (this.pending.has(row.id)) { this.say(this.t("working")); return; }
    if (this.done.has(row.id)) { this.say(this.t("already"), "bad"); return; }
    const detail = this.details.get(row.id);
    if (name === "accept") {
      const way = detail?.ways[this.way];
      if (!way) { this.say(this.t("no-ways"), "bad"); return; }
      this.decide("accept", { rank: way.rank });
    } else if (name === "reject") {
      const way = detail?.ways[this.way];
      if (way) this.decide("reject", { rank: way.rank });
    } else if (name === "batch") this.batch();
    else if (name === "split") this.splitForm(row);
    else if (name === "hold") this.decide("hold", {});
    else this.simpleForm(name, row);
  }

  batch() {
    const ids = this.picked.size ? [...this.picked] : [this.case.id];
    this.model.send({ type: "like", ids, id: this.case.id, picked: this.picked.size > 0 });
  }

  decide(command, values, id = this.case?.id) {
    const row = this.rows.find((one) => one.id === id);
    const key = `${id}:${command}:${row?.version ?? ""}:${++this.sequence}`;
    this.waiting.set(key, { began: performance.now(), id: command === "undo" ? "undo" : id });
    if (command !== "undo") { this.pending.add(id); this.draw(); }
    this.say(this.t("working"));
    this.model.send({ type: "decide", command, id, values, version: row?.version ?? "", key, reason: this.reasonGiven ?? "" });
    this.reasonGiven = "";
  }

  // What the last decision taught: use it for what it would resolve (y), or keep those for a person (n).
  answer(type) {
    const key = `${type}:${++this.sequence}`;
    this.waiting.set(key, { began: performance.now(), id: "" });
    this.model.send({ type, id: this.lesson, key });
    this.lesson = null;
    this.close();
    this.say(this.t("working"));
  }

  simpleForm(name, row) {
    const fields = FIELDS[name] ?? [];
    const inputs = {};
    const body = node("div");
    for (const field of fields) {
      inputs[field] = node("input", { name: field, value: field === "amount" ? row.plain : "", autocomplete: "off" });
      body.append(node("label", {}, this.t(field), inputs[field]));
    }
    inputs.reason = node("input", { name: "reason", autocomplete: "off", placeholder: this.t("reason-why") });
    body.append(node("label", {}, this.t("reason"), inputs.reason));
    const preview = node("div");
    body.append(preview);
    this.preview = preview;
    const values = () => Object.fromEntries(fields.map((field) => [field, inputs[field].value.trim()]));
    const look = () => this.model.send({ type: "preview", command: name, id: row.id, values: values(), version: row.version });
    for (const input of Object.values(inputs)) input.addEventListener("change", look);
    this.openForm(this.t(name), body, () => { this.reasonGiven = inputs.reason.value.trim(); this.decide(name, values()); });
    look();
  }

  splitForm(row) {
    const shares = node("div");
    const rest = node("div", { class: "kk-rest", "aria-live": "polite" });
    const lines = [];
    const add = (invoice = "", amount = "") => {
      const line = { invoice: node("input", { name: "invoice", value: invoice, placeholder: this.t("invoice-or-debtor"), autocomplete: "off" }),
        amount: node("input", { name: "amount", value: amount, inputmode: "decimal", autocomplete: "off" }) };
      const drop = node("button", { type: "button", "aria-label": this.t("drop") }, "×");
      const box = node("div", { class: "kk-share" }, line.invoice, line.amount, drop);
      drop.addEventListener("click", () => { lines.splice(lines.indexOf(line), 1); box.remove(); count(); });
      line.amount.addEventListener("input", count);
      lines.push(line);
      shares.append(box);
      return line;
    };
    const count = () => {
      // Only for the eye: the amounts are read again, strictly, by the engine.
      const sum = lines.reduce((total, line) => total + cents(line.amount.value), 0);
      const left = row.rest_minor - sum;
      rest.toggleAttribute("data-over", left < 0);
      rest.dataset.minor = left;
      rest.textContent = this.t(left < 0 ? "over" : "rest", { amount: shownCents(Math.abs(left), this.texts) });
    };
    for (const line of this.details.get(row.id)?.ways[this.way]?.lines ?? []) add(line.invoice, line.plain);
    if (!lines.length) add();
    const more = node("button", { type: "button" }, this.t("one-more"));
    // A further line is offered what is left.
    more.addEventListener("click", () => { add("", Number(rest.dataset.minor) > 0 ? shownCents(Number(rest.dataset.minor), this.texts) : "").invoice.focus(); count(); });
    const reason = node("input", { name: "reason", autocomplete: "off", placeholder: this.t("reason-why") });
    const body = node("div", {}, shares, more, rest, node("label", {}, this.t("reason"), reason));
    count();
    this.openForm(this.t("split"), body, () => {
      this.reasonGiven = reason.value.trim();
      this.decide("split", { parts: lines.map((line) => [line.invoice.value.trim(), line.amount.value.trim()]) });
    });
  }

  openForm(title, body, submit) {
    const form = node("form", { class: "kk-form", "aria-label": title }, node("h4", {}, title), body);
    if (submit) form.append(node("button", { type: "submit" }, `${this.t("do")} ↵`));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.close(); this.root.focus({ preventScroll: true }); submit?.(); });
    this.under.replaceChildren(form);
    this.form = form;
    form.querySelector("input, button")?.focus();
  }

  close() {
    this.under.replaceChildren();
    this.form = this.preview = this.lesson = null;
    const later = this.later;
    this.later = null;
    if (later) queueMicrotask(() => this.taught(later));
  }

  // --- what Python says -----------------------------------------------------------------------------------------

  told(message) {
    if (message.type === "detail") {
      this.details.set(message.id, message.detail);
      if (this.case?.id === message.id) this.show(this.case, message.detail);
    } else if (message.type === "preview") {
      if (this.preview && this.case?.id === message.id) this.previewed(message);
    } else if (message.type === "like") this.confirmBatch(message);
    else if (message.type === "lesson") this.taught(message);
    else if (message.type === "iban") {
      const place = this.detail.querySelector(".kk-iban");
      if (place && this.case?.id === message.id) place.textContent = message.iban;
    } else if (message.type === "decided") this.settled(message);
    else if (message.type === "refused") {
      this.answered(message.key);
      if (message.gone) this.done.add(message.id);
      if (message.stale) { this.root.dataset.stale = message.id; this.changed(message.rows ?? []); }
      this.draw();
      this.say(message.text, "bad");
    }
  }

  answered(key) {
    const asked = this.waiting.get(key);
    this.waiting.delete(key);
    if (asked) this.pending.delete(asked.id);
    return asked?.began;
  }

  taught(message) {
    if (this.form) { this.later = message; return; }
    const table = node("table", { class: "kk-preview" });
    for (const one of message.cases.slice(0, 20)) table.append(node("tr", {}, ...one.cells.map((text) => node("td", {}, text))));
    const use = node("button", { type: "button" }, node("kbd", {}, "y"), this.t("lesson-use"));
    const not = node("button", { type: "button" }, node("kbd", {}, "n"), this.t("lesson-not"));
    use.addEventListener("click", () => this.answer("use"));
    not.addEventListener("click", () => this.answer("leave"));
    const body = node("div", {}, ...message.teaches.map((text) => node("div", { class: "kk-learned" }, text)),
      node("div", {}, this.t("lesson-resolves", { n: message.cases.length, amount: message.total })), table,
      node("div", { class: "kk-acts" }, use, not, node("span", { class: "kk-sub" }, node("kbd", {}, "Esc"), this.t("lesson-later"))));
    this.openForm(this.t("lesson"), body, null);
    // The choice is made with y and n: no field has the keyboard meanwhile.
    this.lesson = message.id;
    this.root.focus({ preventScroll: true });
  }

  previewed(message) {
    if (message.error) { this.preview.replaceChildren(node("div", { class: "kk-rest", "data-over": true }, message.error)); return; }
    const table = node("table", { class: "kk-preview" }, node("tr", {}, ...["what", "before", "change", "after"].map((key) => node("th", {}, this.t(key)))));
    for (const line of message.lines) table.append(node("tr", {}, ...[line.what, line.before, line.change, line.after].map((text) => node("td", {}, text))));
    this.preview.replaceChildren(table, ...message.notes.map((text) => node("div", { class: "kk-sub" }, text)));
  }

  confirmBatch(message) {
    if (!message.cases.length) { this.say(this.t("nothing-alike"), "bad"); return; }
    const table = node("table", { class: "kk-preview" });
    for (const one of message.cases.slice(0, 50)) table.append(node("tr", {}, ...one.cells.map((text) => node("td", {}, text))));
    const reason = node("input", { name: "reason", autocomplete: "off", placeholder: this.t("reason-why") });
    const body = node("div", {}, node("div", {}, this.t("batch-of", { n: message.cases.length, amount: message.total })), table,
      node("label", {}, this.t("reason"), reason));
    this.openForm(this.t("batch"), body, () => {
      this.reasonGiven = reason.value.trim();
      this.say(this.t("working"));
      this.model.send({ type: "batch", cases: message.cases.map(({ id, rank, version }) => ({ id, rank, version })), reason: this.reasonGiven, key: `batch:${++this.sequence}` });
    });
  }

  settled(message) {
    const began = this.answered(message.key);
    const gone = message.gone ?? [];
    for (const id of gone) { this.picked.delete(id); this.pending.delete(id); }
    this.decided += message.back ? -1 : gone.length || 1;
    this.movedOn = gone.length ? performance.now() : this.movedOn;
    this.changed(message.rows ?? [], gone, message.back ? message.rows?.[0]?.id : undefined);
    this.say(message.text, "good");
    if (began) painted(() => { this.root.dataset.decisionMs = (performance.now() - began).toFixed(1); });
    this.root.dataset.decisions = String(Number(this.root.dataset.decisions ?? 0) + (gone.length || 1));
  }

  changed(rows, gone = [], jump = undefined) {
    rows.forEach(searchable);
    const fresh = new Map(rows.map((row) => [row.id, row]));
    const left = new Set(gone);
    for (const id of [...fresh.keys(), ...left]) this.details.delete(id);
    const at = this.current;
    this.rows = this.rows.filter((row) => !left.has(row.id) || fresh.has(row.id)).map((row) => fresh.get(row.id) ?? row);
    for (const row of rows) if (!this.rows.some((one) => one.id === row.id)) this.rows.push(row);
    const still = jump ?? (this.case && !left.has(this.case.id) ? this.case.id : this.shown[at + 1]?.id);
    const top = this.list.scrollTop;
    this.select();
    this.list.scrollTop = top;
    const next = this.shown.findIndex((row) => row.id === still);
    // Whoever has begun to fill in a form keeps it.
    if (this.form && next >= 0) { this.current = next; this.draw(); } else this.go(next >= 0 ? next : at, true);
  }

  say(text, tone = "") {
    this.said.textContent = text;
    this.said.dataset.tone = tone;
  }
}

// Within this time after a case moved up by itself, no key decides it (milliseconds).
const BOUNCE = 250;
// Rows passed faster than this are not looked at (milliseconds).
const HURRY = 120;

const COMMANDS = [["Enter", "accept"], ["x", "reject"], ["s", "assign"], ["p", "split"], ["o", "on_account"], ["h", "hold"],
  ["r", "refund"], ["w", "writeoff"], ["b", "batch"], ["u", "undo"]];
const FIELDS = { assign: ["invoice", "amount"], on_account: ["debtor", "amount"], refund: ["debtor", "amount"], writeoff: ["invoice", "amount"] };
const SORTS = {
  score: (a, b) => b.score - a.score, date: (a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0),
  name: (a, b) => a.name.localeCompare(b.name), why: (a, b) => a.why.localeCompare(b.why),
  amount: (a, b) => Math.abs(b.rest_minor) - Math.abs(a.rest_minor), age: (a, b) => b.days - a.days,
};

const NEXT = { score: "amount", amount: "age", age: "date", date: "name", name: "why", why: "score" };

// What the search looks through; the amount as it is written here and as it is typed elsewhere.
function searchable(row) {
  row.find = [row.name, row.text, row.rest, row.plain, (Math.abs(row.rest_minor) / 100).toFixed(2), row.best, row.id].join(" ").toLowerCase();
  return row;
}

const signed = (bits) => `${bits < 0 ? "−" : "+"}${Math.abs(bits).toFixed(1)}`;

function cents(text) {
  const plain = text.trim().replace(/\s/g, "");
  const mark = plain.lastIndexOf(",") > plain.lastIndexOf(".") ? "," : ".";
  const number = Number(plain.replace(mark === "," ? /\./g : /,/g, "").replace(",", "."));
  return Number.isFinite(number) ? Math.round(number * 100) : 0;
}

function shownCount(n, texts) { return new Intl.NumberFormat(texts.lang ?? "de").format(n); }

function shownCents(minor, texts) {
  return new Intl.NumberFormat(texts.lang ?? "de", { minimumFractionDigits: 2 }).format(minor / 100);
}

export default {
  render({ model, el }) {
    const started = performance.now();
    const desk = new Desk(model, el, started);
    return () => desk.root.remove();
  },
};
