"use strict";

/* Where answers come from: the server that sent the page, or the runs stored in the page itself. */

/** An answer that is none: `faults` beside their controls, or a `trouble` with the whole page. */
class Refusal extends Error {
  constructor(kind, detail) {
    super(kind);
    this.kind = kind; // "faults", "offline", "busy", "superseded", "moved", "bug"
    this.detail = detail;
  }
}

class ServerSource {
  constructor() {
    this.tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.live = true;
  }

  async start() {
    const started = await this.fetched("/start");
    this.deal = started.deal;
    return started;
  }

  /** Whether the server answers, and with the same deal. */
  async alive() {
    const told = await this.fetched("/alive");
    if (told.deal !== this.deal) throw new Refusal("moved");
  }

  ask(question, signal) {
    return this.fetched("/ask", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ deal: this.deal, tab: this.tab, ...question }),
      signal,
    });
  }

  async fetched(path, options) {
    let response, told;
    try {
      response = await fetch(path, { cache: "no-store", ...options });
      // With too many connections the server says so in a word of its own, which is no JSON.
      if (response.status === 503) throw new Refusal("busy");
      told = await response.json();
    } catch (error) {
      if (error.name === "AbortError" || error instanceof Refusal) throw error;
      throw new Refusal(response === undefined || error instanceof TypeError ? "offline" : "bug", String(error));
    }
    if (told.faults) throw new Refusal("faults", told.faults);
    if (told.superseded) throw new Refusal("superseded");
    if (response.ok) return told;
    if (response.status === 409) throw new Refusal("moved");
    throw new Refusal("bug", told.problem);
  }
}

/** One run for each stop of each slider, the others as loaded; stored by `firstday explore --export`. */
class StoredSource {
  constructor(stored) {
    this.stored = stored;
    this.live = false;
    this.deal = stored.start.deal;
  }

  async start() {
    return this.stored.start;
  }

  async alive() {}

  async ask(question) {
    if (question.ask !== "close") return this.stored.desks[question.ask];
    const moved = Object.entries(question.values);
    if (moved.length === 0) return this.stored.start.base;
    const [name, value] = moved[0];
    const run = (this.stored.runs[name] || []).find((each) => each.value === value);
    if (run === undefined) throw new Refusal("bug", `no run is stored of ${name} at ${value}`);
    if (run.faults) throw new Refusal("faults", run.faults);
    return run.answer;
  }
}

function sourceOfThisPage() {
  const stored = document.getElementById("stored");
  return stored === null ? new ServerSource() : new StoredSource(JSON.parse(stored.textContent));
}
