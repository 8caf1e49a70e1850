"use strict";

/* The desks take longer, so each is asked once the values rest, one after the other. */
class Desks {
  constructor(source, question, refused) {
    this.source = source;
    this.question = question;
    this.refused = refused;
    this.cards = new Map();
    this.asked = "";
  }

  /** Values move: what is shown is of values before. */
  wait() {
    window.clearTimeout(this.timer);
    if (this.abort !== undefined) this.abort.abort();
    this.abort = undefined;
  }

  /** No answer is coming for the values as they are. */
  rest() {
    for (const card of this.cards.values()) if (card.isBusy) card.settle("of earlier values");
  }

  ask(names) {
    // The answer before may have named other desks, and have asked them already.
    this.wait();
    const { values } = this.question();
    const key = JSON.stringify([names, this.source.live ? values : null]);
    if (key === this.asked) {
      for (const card of this.cards.values()) card.settle("");
      return;
    }
    for (const [name, card] of this.cards) if (!names.includes(name)) card.node.remove();
    this.cards = new Map(names.map((name) => [name, this.cards.get(name) || new DeskCard(name)]));
    byId("desks").append(...[...this.cards.values()].map((card) => card.node));
    for (const card of this.cards.values()) card.busy();
    this.timer = window.setTimeout(() => this.askAll(names, values, key), REST_MS);
  }

  async askAll(names, values, key) {
    const abort = new AbortController();
    this.abort = abort;
    this.asked = "";
    try {
      for (const name of names) {
        const answer = await this.source.ask({ ask: name, step: null, values }, abort.signal);
        if (abort.signal.aborted) return;
        this.cards.get(name).show(answer);
      }
      this.asked = key;
    } catch (refusal) {
      if (abort.signal.aborted || refusal.kind === "superseded") return;
      if (refusal.kind === "busy") this.timer = window.setTimeout(() => this.askAll(names, values, key), RETRY_MS);
      else this.refused(refusal);
    }
  }
}

class DeskCard {
  constructor(name) {
    this.status = element("span", { class: "status" });
    this.sentence = element("p");
    this.more = element("details", { hidden: true }, element("summary", {}, "Figures"));
    this.body = element("div");
    this.more.append(this.body);
    const title = element("h3", {}, name[0].toUpperCase() + name.slice(1), this.status);
    this.node = element("article", { class: "desk", "data-desk": name }, title, this.sentence, this.more);
    this.busy();
  }

  busy() {
    this.isBusy = true;
    this.status.textContent = "updating…";
    this.sentence.classList.add("old");
  }

  settle(status) {
    this.isBusy = false;
    this.status.textContent = status;
    this.sentence.classList.toggle("old", status !== "");
  }

  show(answer) {
    this.settle("");
    this.sentence.textContent = answer.sentence;
    this.more.hidden = answer.tables.length === 0;
    const tables = answer.tables.map((table) => element("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": table.title },
      element("table", {}, ...tableOf(table))));
    const remarks = element("ul", { class: "notes" }, ...answer.remarks.map((text) => element("li", {}, text)));
    this.body.replaceChildren(...tables, remarks);
  }
}

function tableOf(table) {
  const parts = table.title ? [element("caption", {}, table.title)] : [];
  const heads = table.headings.map((text) => element("th", { scope: "col" }, text));
  const rows = table.rows.map((row, at) => {
    const [first, ...cells] = row;
    const marked = (table.marked || []).includes(at);
    return element("tr", marked ? { class: "marked" } : {}, element("th", { scope: "row" }, first), ...cells.map((text) => element("td", {}, text)));
  });
  return [...parts, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)];
}
