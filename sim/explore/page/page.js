"use strict";

/* The page: what is moved, what is asked, what is shown. One question of the close is under way at a time, then the newest. */

const REST_MS = 350; // how long the values rest before the desks are asked
const RETRY_MS = 1500;
const CANNOT = { busy: "The server is busy with other pages; this one asks again.", bug: "The server met a fault:" };

const byId = (id) => document.getElementById(id);

class Page {
  constructor(source) {
    this.source = source;
    this.chart = new Chart(byId("chart"));
    this.desks = new Desks(source, () => this.question(), (refusal) => this.refused(refusal));
    this.shown = null; // the answer in the picture
    this.asking = false;
    this.again = false;
    this.held = false;
    this.movedAt = null; // time of the oldest event not yet drawn
    this.movedField = null;
  }

  async open() {
    let started;
    try {
      started = await this.source.start();
    } catch (refusal) {
      this.refused(refusal);
      if (refusal.kind === "offline") window.setTimeout(() => this.open(), RETRY_MS);
      return;
    }
    this.trouble("");
    this.begin(started);
  }

  begin(started) {
    this.start = started;
    document.title = `What if: ${started.name} – firstday`;
    byId("name").textContent = started.name;
    byId("facts-of-deal").textContent = `${started.code}, ${started.venue}; lists ${started.listed}`;
    this.fields = started.controls.map((control, at) => new Field(control, at, this.source.live, (...heard) => this.hear(...heard)));
    byId("controls").replaceChildren(...this.fields.map((field) => field.node));
    byId("meanings").replaceChildren(
      ...started.controls.flatMap(({ label, help }) => [element("dt", {}, label), element("dd", {}, help)]));
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    byId("reset").addEventListener("click", () => this.goTo(new Map(), true));
    byId("copy-link").addEventListener("click", (event) => copy(byId("link").value, event.target));
    if (!this.source.live) this.explainStored(started);
    window.addEventListener("popstate", () => this.followLink());
    this.draw(started.base);
    this.followLink();
  }

  explainStored(started) {
    byId("grid-note").textContent = started.note;
    byId("grid-note").hidden = false;
    byId("desks-note").textContent = started.desks_note;
    byId("desks-note").hidden = false;
  }

  followLink() {
    const { values, problems } = readLink(location.hash, this.start.controls);
    this.goTo(values, false);
    this.trouble(problems.length > 0 ? `The link is not used whole: ${problems.join("; ")}.` : "", "link");
  }

  goTo(values, remember) {
    for (const field of this.fields) field.set(values.has(field.control.name) ? values.get(field.control.name) : field.control.value);
    this.held = false;
    this.movedField = null;
    this.link(remember);
    this.ask();
  }

  hear(field, kind, event) {
    this.held = kind === "moved" && event.target.type === "range";
    if (!this.source.live && field.isMoved) for (const other of this.fields) if (other !== field) other.set(other.control.value);
    if (kind === "moved" && this.movedAt === null) this.movedAt = event.timeStamp;
    this.movedField = field;
    this.link(kind === "rested");
    if (kind === "rested" && this.shown !== null) {
      this.chart.release();
      this.chart.draw();
      this.caption();
    }
    // A slider let go where it was drawn, or is being drawn, has its answer already.
    const underway = this.asking ? this.asked : this.drawn;
    if (kind === "rested" && underway === JSON.stringify(this.question())) {
      if (!this.asking && this.isHeldWidth()) this.ask();
      return;
    }
    this.ask();
  }

  /** Put the values into the link; where they rest, it becomes an address to go back to. */
  link(remember) {
    const link = linkOf(this.fields);
    const hash = link === "" ? "" : `#${link}`;
    byId("link").value = location.href.split("#")[0] + hash;
    if (remember && hash !== location.hash) history.pushState(null, "", byId("link").value);
  }

  question() {
    const values = {};
    for (const field of this.fields) if (field.isMoved) values[field.control.name] = field.value;
    return { values };
  }

  /** Whether the bars are of a width that suited an earlier picture. */
  isHeldWidth() {
    return !this.held && this.shown !== null && this.shown.close !== null && this.shown.close.width !== this.shown.close.usual_width;
  }

  /** Ask for the close, or once more after the question under way. */
  async ask() {
    this.desks.wait();
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    do {
      this.again = false;
      await this.askOnce();
    } while (this.again);
    this.asking = false;
  }

  async askOnce() {
    const since = this.movedAt;
    this.movedAt = null;
    const { values } = this.question();
    this.asked = JSON.stringify({ values });
    const step = this.held && this.shown !== null && this.shown.close !== null ? this.shown.close.width : null;
    const busy = window.setTimeout(() => byId("status").classList.add("busy"), 150);
    try {
      const answer = await this.source.ask({ ask: "close", step, values });
      this.drawn = this.asked;
      this.complain([]);
      this.trouble("", "server");
      this.remark(answer);
      this.draw(answer);
      if (step !== null && this.isHeldWidth()) this.again = true;
      if (since !== null) requestAnimationFrame(() => performance.measure("moved to drawn", { start: since, end: performance.now() }));
      if (!this.again) this.desks.ask(answer.desks);
      this.speak(answer.sentence);
    } catch (refusal) {
      this.refused(refusal);
    } finally {
      window.clearTimeout(busy);
      byId("status").classList.remove("busy");
    }
  }

  refused(refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const { kind, detail } = refusal;
    if (kind === "faults") {
      this.complain(detail);
      this.desks.rest();
      this.trouble("", "server");
    } else if (kind === "offline") {
      this.desks.rest();
      this.trouble("The server does not answer. What is shown is its last answer; start firstday explore again and the page goes on.", "server");
      this.wait();
    } else if (kind === "moved") {
      this.trouble("The server now shows another deal, or the same one changed.", "server", ["Load it", () => location.reload()]);
    } else if (kind === "busy") {
      this.trouble(CANNOT.busy, "server");
      window.setTimeout(() => this.ask(), RETRY_MS);
    } else if (kind === "bug") this.trouble(`${CANNOT.bug} ${detail}`, "server");
    // A question of another tab never supersedes one of this; an older one of this tab needs no answer.
  }

  /** Look for the server until it is back. */
  wait() {
    if (this.waiting) return;
    this.waiting = true;
    const look = async () => {
      try {
        await this.source.alive();
        this.waiting = false;
        this.trouble("", "server");
        if (this.start === undefined) location.reload();
        else this.ask();
      } catch (refusal) {
        if (refusal.kind === "offline") window.setTimeout(look, RETRY_MS);
        else {
          this.waiting = false;
          this.refused(refusal);
        }
      }
    };
    window.setTimeout(look, RETRY_MS);
  }

  trouble(text, about = "server", button = null) {
    const box = byId("trouble");
    // A remark on the link stays until the link changes, whatever the server does.
    if (text === "" && box.dataset.about !== undefined && box.dataset.about !== about) return;
    if (box.dataset.text === text) return;
    box.dataset.text = text;
    box.dataset.about = about;
    if (text === "") delete box.dataset.about;
    box.hidden = text === "";
    box.replaceChildren(text);
    if (button !== null) box.append(element("button", { type: "button", onclick: button[1] }, button[0]));
  }

  complain(faults) {
    for (const field of this.fields) field.complain(faults.filter((fault) => fault.control === field.control.name));
    const general = faults.filter((fault) => fault.control === "");
    byId("general-fault").textContent = general.map((fault) => `${fault.problem}; ${fault.remedy}.`).join("\n");
    byId("general-fault").hidden = general.length === 0;
    const held = faults.length > 0;
    byId("status").textContent = held ? "The values do not fit together: the picture is of the last that did." : "";
    byId("status").classList.toggle("held", held);
  }

  /** Say beside the slider when moving it changes no number: the market may give it no weight. */
  remark(answer) {
    const moved = this.fields.filter((field) => field.isMoved);
    for (const field of this.fields) field.remark("");
    if (moved.length !== 1) return;
    const same = JSON.stringify(answer.summary.returns) === JSON.stringify(this.start.base.summary.returns);
    if (same) moved[0].remark("No effect here: with this market every path is the same as before.");
  }

  draw(answer) {
    this.shown = answer;
    const base = this.start.base;
    byId("sentence").textContent = answer.sentence;
    byId("run").textContent = `${answer.run}; ${answer.stage}`;
    this.chart.show(answer.close, base.close, this.held);
    this.caption();
    const parts = answer.close === null ? [] : answer.close.shares.map(([side, text]) => element("li", { class: side }, text));
    if (answer !== base && base.close !== null) parts.push(element("li", { class: "loaded" }, "the deal as loaded"));
    byId("key").replaceChildren(...parts);
    byId("chances").replaceChildren(...answer.chances.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text))));
    byId("facts").replaceChildren(...answer.facts.map((text) => element("li", {}, text)));
    byId("notes").replaceChildren(...answer.notes.map((text) => element("li", {}, text)));
    byId("returns").replaceChildren(...tableOf(answer.returns));
    byId("returns-box").hidden = answer.close === null;
    showFiles(answer.files, byId("files"));
  }

  caption() {
    const close = this.shown.close;
    byId("caption").textContent = close === null ? "" : captionOf(close, this.chart.axis);
  }

  /** Tell a screen reader once the values rest, not at every step. */
  speak(sentence) {
    window.clearTimeout(this.speaking);
    this.speaking = window.setTimeout(() => {
      if (byId("spoken").textContent !== sentence) byId("spoken").textContent = sentence;
    }, 800);
  }
}

function showFiles(files, holder) {
  const key = JSON.stringify(files);
  if (holder.dataset.key === key) return;
  holder.dataset.key = key;
  holder.replaceChildren(...files.map((file) => {
    const copyIt = element("button", { type: "button", onclick: (event) => copy(file.text, event.target) }, "Copy");
    const save = element("button", { type: "button", onclick: () => saveAs(file) }, "Save");
    return element("div", { class: "file" }, element("div", { class: "title-line" }, element("h3", {}, file.name), copyIt, save),
      element("pre", { tabIndex: 0, "aria-label": file.name }, file.text));
  }));
}

function saveAs(file) {
  const address = URL.createObjectURL(new Blob([file.text], { type: "application/yaml" }));
  const link = element("a", { href: address, download: file.name });
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10000);
}

async function copy(text, button) {
  const was = (button.dataset.usual ||= button.textContent);
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copy it by hand";
  }
  window.setTimeout(() => { button.textContent = was; }, 1500);
}

window.whatIf = new Page(sourceOfThisPage());
window.whatIf.open();
