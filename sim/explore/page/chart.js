"use strict";

/* The distribution of the close as bars of simple return, with the deal as loaded behind it as a dashed outline. */

const MARGIN = { left: 8, right: 8, top: 28, bottom: 56 };

function svg(name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function percentText(value) {
  const shown = Number((100 * value).toPrecision(10));
  const sign = shown > 0 ? "+" : shown < 0 ? "\u2212" : "";
  return `${sign}${Math.abs(shown).toLocaleString("en-GB", { maximumFractionDigits: 2 })}%`;
}

/** Round values between two ends, at most so many. */
function ticksBetween(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((each) => each >= rough * (1 - 1e-9));
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1) ticks.push(at * step);
  return ticks;
}

class Chart {
  /** The axes stay where they are while a slider is held; `release` lets them follow. */
  constructor(holder) {
    this.holder = holder;
    this.axis = null;
    this.top = 0;
    this.answer = null;
    this.base = null;
    new ResizeObserver(() => this.draw()).observe(holder);
  }

  show(answer, base, held) {
    this.answer = answer;
    this.base = base;
    if (!held || this.axis === null) this.release();
    else if (answer !== null) this.top = Math.max(this.top, highest(answer));
    this.draw();
  }

  release() {
    const shown = [this.base, this.answer].filter((each) => each !== null);
    if (shown.length === 0) return;
    this.axis = [Math.min(...shown.map((each) => each.axis[0])), Math.max(...shown.map((each) => each.axis[1]))];
    this.top = Math.max(...shown.map(highest));
  }

  draw() {
    const width = Math.max(this.holder.clientWidth, 200);
    const height = width < 600 ? 220 : 330;
    const plot = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": "sentence caption" });
    if (this.axis !== null && this.answer !== null) this.fill(plot, width, height);
    else plot.append(svg("text", { x: width / 2, y: height / 2, "text-anchor": "middle" }, "No path lists: there is no price to show."));
    this.holder.replaceChildren(plot);
  }

  fill(plot, width, height) {
    const { answer, base } = this;
    const [low, high] = this.axis;
    const floor = height - MARGIN.bottom;
    const x = (value) => MARGIN.left + ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (width - MARGIN.left - MARGIN.right);
    const y = (density) => floor - Math.min(density / this.top, 1.06) * (floor - MARGIN.top);
    for (const tick of ticksBetween(low, high, Math.max(3, Math.floor(width / 85)))) {
      plot.append(svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: floor, y2: floor + 5 }));
      const anchor = x(tick) < 24 ? "start" : x(tick) > width - 24 ? "end" : "middle";
      plot.append(svg("text", { x: x(tick), y: floor + 18, "text-anchor": anchor }, percentText(tick)));
    }
    const paths = { below: "", above: "" };
    answer.left.forEach((left, at) => {
      const right = answer.right[at];
      if (right <= low || left >= high) return;
      const from = x(left), to = x(right);
      const gap = to - from > 4 ? 0.5 : 0;
      paths[left < -1e-9 ? "below" : "above"] += `M${from + gap} ${floor}V${y(answer.density[at])}H${to - gap}V${floor}Z`;
    });
    for (const [side, path] of Object.entries(paths)) plot.append(svg("path", { class: `bar ${side}`, d: path }));
    // The paths exactly at the offer price have no width: theirs is the width that a bar has.
    const atom = answer.at_offer / answer.width;
    const half = Math.max(2, (x(answer.width) - x(0)) * 0.2);
    plot.append(svg("line", { class: "offer-line", x1: x(0), x2: x(0), y1: MARGIN.top - 6, y2: floor }));
    if (atom > 0) plot.append(svg("rect", { class: "bar at-offer", x: x(0) - half, width: 2 * half, y: y(atom), height: floor - y(atom) }));
    if (base !== null && base !== answer) plot.append(svg("path", { class: "ghost", d: outline(base, x, y, low, high) }));
    plot.append(svg("line", { class: "axis", x1: MARGIN.left, x2: width - MARGIN.right, y1: floor, y2: floor }));
    const near = x(0) > width * 0.6;
    plot.append(svg("text", { x: x(0) + (near ? -6 : 6), y: MARGIN.top - 18, "text-anchor": near ? "end" : "start" }, answer.offer));
    this.band(plot, answer, x, width, floor + 34);
  }

  band(plot, answer, x, width, y) {
    const at = (level) => x(answer.quantiles[level]);
    plot.append(svg("line", { class: "band", x1: at("0.1"), x2: at("0.9"), y1: y, y2: y }));
    plot.append(svg("circle", { class: "middle", cx: at("0.5"), cy: y, r: 6 }));
    const anchor = at("0.5") < 60 ? "start" : at("0.5") > width - 60 ? "end" : "middle";
    plot.append(svg("text", { class: "strong", x: at("0.5"), y: y + 18, "text-anchor": anchor }, answer.median));
  }
}

/** Highest density to make room for; the atom may stand out of the picture, its share is in the key. */
function highest(answer) {
  const bars = Math.max(...answer.density, 1e-9);
  return Math.max(bars, Math.min(answer.at_offer / answer.width, 1.5 * bars));
}

function outline(answer, x, y, low, high) {
  let path = "", end = null;
  answer.left.forEach((left, at) => {
    if (answer.right[at] <= low || left >= high) return;
    path += end !== null && Math.abs(end - left) < 1e-9 ? `L${x(left)} ${y(answer.density[at])}` : `M${x(left)} ${y(answer.density[at])}`;
    path += `H${x(answer.right[at])}`;
    end = answer.right[at];
  });
  return path || "M0 0";
}

function captionOf(answer, axis) {
  const [low, high] = axis;
  let over = 0, under = 0;
  answer.left.forEach((left, at) => {
    const mass = answer.density[at] * (answer.right[at] - left);
    if (left >= high - 1e-9) over += mass;
    if (answer.right[at] <= low + 1e-9) under += mass;
  });
  over += answer.beyond;
  const points = Number((100 * answer.width).toPrecision(6));
  const outside = [];
  if (over > 5e-5) outside.push(`${(100 * over).toFixed(1)}% of the closes lie above ${percentText(high)}`);
  if (under > 5e-5) outside.push(`${(100 * under).toFixed(1)}% below ${percentText(low)}`);
  const gone = outside.length > 0 ? ` ${outside.join(" and ")}, outside the picture.` : "";
  return `First-day close against the offer price. Each bar counts the paths in a step of ${points} percentage point${points === 1 ? "" : "s"}; the line under the bars holds 80% of them.${gone}`;
}
