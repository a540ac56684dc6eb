// The page works without this script: then nothing can be filtered, folded or zoomed.
"use strict";
const main = document.querySelector("main");
const filter = document.querySelector("#filter");
const shown = document.querySelector("#shown");
const tip = document.querySelector("#tip");
const told = new WeakMap();
let zoom = 1;

// One diagram: what is drawn, where it stood at first, and which of its rows are hidden.
class View {
  constructor(element) {
    this.element = element;
    this.heads = element.querySelector(".heads");
    this.headSvg = this.heads.querySelector("svg");
    this.svg = element.querySelector(".all > svg");
    this.width = +this.svg.getAttribute("width");
    this.height = +this.svg.getAttribute("height");
    this.tops = this.svg.dataset.tops.split(" ").map(Number);
    this.count = this.tops.length - 1;
    this.words = Array(this.count).fill("");
    this.lines = Array.from({ length: this.count }, () => []);
    this.inRow = [...this.svg.querySelectorAll("[data-r]")].map((part) => ({ part, row: +part.dataset.r }));
    for (const { part, row } of this.inRow) {
      if (part.classList.contains("tick")) continue;
      this.words[row] += " " + part.textContent.toLowerCase();
      if (part.dataset.l) this.lines[row].push(...part.dataset.l.split(" "));
    }
    this.frames = [...this.svg.querySelectorAll(".frame")].map((part) => {
      const frame = { part, open: +part.dataset.o, close: +part.dataset.c, folded: false };
      this.words[frame.open] += " " + part.textContent.toLowerCase();
      const fold = () => { frame.folded = !frame.folded; update(); };
      part.querySelectorAll("path, text").forEach((handle) => handle.addEventListener("click", fold));
      return frame;
    });
    const spans = "line.stem, line.axis, rect.bar, .frame > rect, .node > rect";
    this.spans = [...this.svg.querySelectorAll(spans)].map((part) => {
      const line = part.tagName === "line";
      const top = +part.getAttribute(line ? "y1" : "y");
      const bottom = line ? +part.getAttribute("y2") : top + +part.getAttribute("height");
      return { part, line, top, bottom };
    });
    this.below = [...this.svg.querySelectorAll(".foot, .legend")];
    for (const title of element.querySelectorAll("title")) {
      told.set(title.parentNode, title.textContent);
      title.remove();
    }
  }

  // Hides what does not fit the words, and what lies within a folded frame; moves up what is below.
  arrange(wanted) {
    const hidden = Array(this.count).fill(false);
    if (wanted) {
      for (let row = 0; row < this.count; row++) hidden[row] = !this.words[row].includes(wanted);
      for (const { open, close } of this.frames) {
        const some = hidden.slice(open, close).includes(false);
        hidden[open] = hidden[close] = !some;
      }
    }
    const found = hidden.filter((is) => !is).length;
    const mentioned = new Set(this.lines.filter((_, row) => !hidden[row]).flat());
    for (const { part, open, close, folded } of this.frames) {
      if (folded) hidden.fill(true, open + 1, close + 1);
      part.classList.toggle("folded", folded);
      part.style.display = hidden[open] ? "none" : "";
    }
    // How far the top of each row moves up.
    const moved = [0];
    for (let row = 0; row < this.count; row++) {
      moved.push(moved[row] + (hidden[row] ? this.tops[row + 1] - this.tops[row] : 0));
    }
    const all = moved[this.count];
    const up = (y) => {
      if (y >= this.tops[this.count]) return y - all;
      let low = 0, high = this.count;
      while (low + 1 < high) {
        const middle = (low + high) >> 1;
        if (this.tops[middle] <= y) low = middle; else high = middle;
      }
      if (y < this.tops[low]) return y;
      return (hidden[low] ? this.tops[low] : y) - moved[low];
    };
    for (const { part, row } of this.inRow) {
      part.style.display = hidden[row] ? "none" : "";
      move(part, moved[row]);
    }
    for (const { part, open } of this.frames) {
      part.querySelectorAll("path, text").forEach((piece) => move(piece, moved[open]));
    }
    for (const { part, line, top, bottom } of this.spans) {
      const from = up(top), to = up(bottom);
      part.setAttribute(line ? "y1" : "y", from);
      part.setAttribute(line ? "y2" : "height", line ? to : Math.max(to - from, 0));
      if (part.classList.contains("bar")) part.style.display = to - from < 2 ? "none" : "";
    }
    this.below.forEach((part) => move(part, all));
    for (const part of this.element.querySelectorAll("[data-w]")) {
      part.classList.toggle("faint", Boolean(wanted) && !mentioned.has(part.dataset.w));
    }
    this.scale(this.height - all);
    return found;
  }

  scale(height) {
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.svg.setAttribute("width", this.width * zoom);
    this.svg.setAttribute("height", height * zoom);
    const [x, y, width, tall] = this.headSvg.getAttribute("viewBox").split(" ").map(Number);
    this.headSvg.setAttribute("width", width * zoom);
    this.headSvg.setAttribute("height", tall * zoom);
    this.headsFrom = y;
  }
}

function move(part, up) {
  if (up) part.setAttribute("transform", `translate(0 ${-up})`); else part.removeAttribute("transform");
}

const views = [...document.querySelectorAll(".view")].map((element) => new View(element));
let current = views[0];

function update() {
  const wanted = filter.value.trim().toLowerCase();
  const found = current.arrange(wanted);
  shown.textContent = wanted ? `${found} of ${current.count} rows` : `${current.count} rows`;
  scrolled();
}

function scrolled() {
  // A filter may have hidden the rows in which heads stand.
  const up = filter.value.trim() !== "" || main.scrollTop > current.headsFrom * zoom;
  current.heads.classList.toggle("up", up);
}

function zoomTo(factor) {
  const before = zoom;
  zoom = Math.min(4, Math.max(0.2, factor));
  const { scrollLeft, scrollTop } = main;
  document.querySelector("#zoom").textContent = `${Math.round(zoom * 100)}%`;
  current.scale(+current.svg.getAttribute("viewBox").split(" ")[3]);
  main.scrollTo(scrollLeft * zoom / before, scrollTop * zoom / before);
  scrolled();
}

let soon;
filter.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(update, 120); });
main.addEventListener("scroll", scrolled, { passive: true });
main.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoomTo(zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
}, { passive: false });
document.querySelector("#out").addEventListener("click", () => zoomTo(zoom / 1.25));
document.querySelector("#zoom").addEventListener("click", () => zoomTo(1));
document.querySelector("#in").addEventListener("click", () => zoomTo(zoom * 1.25));
document.querySelector("#each")?.addEventListener("click", (event) => {
  current = current === views[0] ? views[1] : views[0];
  for (const view of views) view.element.hidden = view !== current;
  event.target.setAttribute("aria-pressed", String(current === views[1]));
  update();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter) { event.preventDefault(); filter.focus(); }
  if (event.key === "Escape") { filter.value = ""; update(); }
});

main.addEventListener("mousemove", (event) => {
  const part = event.target.closest?.(".arrow, .note, .head");
  const words = part && told.get(part);
  tip.hidden = !words;
  if (!words) return;
  tip.textContent = words;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`;
  const below = event.clientY + 18;
  const fits = below + tip.offsetHeight < innerHeight;
  tip.style.top = `${fits ? below : Math.max(4, event.clientY - tip.offsetHeight - 12)}px`;
});
main.addEventListener("mouseleave", () => { tip.hidden = true; });

update();
