"use strict";

/* A slider, its number and, where the deal may be silent on it, a box that says whether it is known. */

const PRECISION = 12;

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in node && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** Short digits of a product of short decimals. */
const tidy = (value) => Number(value.toPrecision(PRECISION));

class Field {
  /**
   * `control` comes from the server; `heard(field, kind, event)` is told of "moved" while a value changes and of "rested" once
   * it stays. `typed` says whether any number may be typed.
   */
  constructor(control, at, typed, heard) {
    this.control = control;
    this.value = control.value;
    this.last = control.value === null ? control.start : control.value;
    this.heard = heard;
    this.wrong = "";
    this.build(at, typed);
    this.show();
  }

  build(at, typed) {
    const { control } = this;
    const id = `control-${at}`;
    this.number = element("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: false, maxlength: "40",
      "aria-describedby": `${id}-help ${id}-fault`, readOnly: !typed });
    this.slider = element("input", { type: "range", min: "0", max: String(control.grid.length - 1), step: "1",
      "aria-label": `${control.label}, slider`, "aria-describedby": `${id}-fault` });
    this.fault = element("p", { id: `${id}-fault`, class: "fault", role: "alert", hidden: true });
    const number = element("span", { class: control.factor >= 1e6 || control.suffix === "shares" ? "number wide" : "number" });
    if (control.prefix) number.append(element("span", {}, control.prefix));
    number.append(this.number);
    if (control.suffix) number.append(element("span", {}, control.suffix));
    this.node = element("fieldset", { class: "control", "data-name": control.name },
      element("div", { class: "head" }, element("label", { class: "name", for: id }, control.label), number), this.slider);
    if (control.unknown !== null) {
      this.known = element("input", { type: "checkbox", id: `${id}-known`, "aria-label": `${control.label} is known` });
      this.knownText = element("span");
      this.node.append(element("label", { class: "known" }, this.known, this.knownText));
      this.known.addEventListener("change", (event) => this.take(this.known.checked ? this.last : null, "rested", event));
    }
    this.node.append(element("span", { id: `${id}-help`, hidden: true }, control.help), this.fault);
    this.slider.addEventListener("input", (event) => this.take(control.grid[Number(this.slider.value)], "moved", event));
    this.slider.addEventListener("change", (event) => this.heard(this, "rested", event));
    this.number.addEventListener("input", (event) => this.typed(event));
    this.number.addEventListener("change", (event) => this.heard(this, "rested", event));
  }

  /** Take a number as typed; what is no number is said beside the field and changes nothing. */
  typed(event) {
    const text = this.number.value.trim().replace("\u2212", "-").replace(/(?<=\d)[,_ \u00a0](?=\d{3})/g, "").replace(/%$/, "");
    if (text === "") return this.reject("Empty: the last number is kept.");
    const shown = Number(text);
    if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) || !Number.isFinite(shown)) {
      return this.reject("This is no number: the last one is kept.");
    }
    this.wrong = "";
    return this.take(tidy(shown * this.control.factor), "moved", event, true);
  }

  reject(problem) {
    this.wrong = problem;
    this.complain([]);
  }

  take(value, kind, event, typing = false) {
    this.wrong = "";
    this.value = value;
    if (value !== null) this.last = value;
    this.show(typing);
    this.heard(this, kind, event);
  }

  /** Set a value from outside: a link, or back to the deal as loaded. */
  set(value) {
    this.wrong = "";
    this.value = value;
    if (value !== null) this.last = value;
    this.show();
    this.complain([]);
  }

  get isMoved() {
    return this.value !== this.control.value;
  }

  inWords(value = this.value) {
    const { prefix, suffix, factor, unknown } = this.control;
    if (value === null) return unknown === "" ? "not known" : `not known, ${unknown}`;
    return `${prefix}${tidy(value / factor)}${suffix.length > 1 ? " " : ""}${suffix}`;
  }

  show(typing = false) {
    const { control, value } = this;
    const unknown = value === null;
    this.node.classList.toggle("moved", this.isMoved);
    if (!typing) this.number.value = unknown ? "" : String(tidy(value / control.factor));
    this.number.disabled = unknown;
    this.number.placeholder = unknown ? "not known" : "";
    this.slider.disabled = unknown;
    const at = nearest(control.grid, unknown ? this.last : value);
    if (Number(this.slider.value) !== at) this.slider.value = String(at);
    this.slider.setAttribute("aria-valuetext", this.inWords());
    if (this.known !== undefined) {
      this.known.checked = !unknown;
      this.knownText.textContent = unknown ? this.inWords() : "known";
    }
  }

  /** Say what the number is in the scenario, whose rules speak of that, where it is shown in another unit. */
  inFile() {
    const { factor } = this.control;
    return factor === 1 || this.value === null ? "" : `${this.inWords()} is ${tidy(this.value)} in the scenario: `;
  }

  /** Say what is wrong with the value; nothing where nothing is. */
  complain(faults) {
    const said = this.wrong ? [this.wrong] : faults.map((fault) => `${this.inFile()}${fault.problem}; ${fault.remedy}.`);
    const text = said.join("\n");
    if (this.fault.textContent !== text) this.fault.textContent = text;
    this.fault.hidden = text === "";
    this.number.setAttribute("aria-invalid", String(text !== ""));
  }

  /** Say that the move changed no number at all. */
  remark(text) {
    if (this.noteNode === undefined) {
      this.noteNode = element("p", { class: "quiet help" });
      this.node.append(this.noteNode);
    }
    this.noteNode.textContent = text;
    this.noteNode.hidden = text === "";
  }
}

function nearest(grid, value) {
  let best = 0;
  grid.forEach((each, at) => {
    if (Math.abs(each - value) < Math.abs(grid[best] - value)) best = at;
  });
  return best;
}

/* The permalink: what differs from the deal as loaded, behind the address's #, which no browser sends anywhere. */

function linkOf(fields) {
  const moved = fields.filter((field) => field.isMoved);
  return moved.map((field) => `${field.control.name}=${field.value === null ? "unknown" : field.value}`).join("&");
}

/** Values of a link by control, and what of it cannot be used. */
function readLink(hash, controls) {
  const values = new Map(), problems = [];
  const text = hash.replace(/^#/, "").slice(0, 2000);
  for (const part of text === "" ? [] : text.split("&").slice(0, 40)) {
    const [name, given = ""] = part.split("=");
    const control = controls.find((each) => each.name === name);
    const isNumber = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(given) && Number.isFinite(Number(given));
    if (control === undefined) problems.push(`${part.slice(0, 40)} is no control of this deal`);
    else if (given === "unknown" && control.unknown !== null) values.set(name, null);
    else if (isNumber) values.set(name, Number(given));
    else problems.push(`${part.slice(0, 60)} holds no number`);
  }
  return { values, problems };
}
