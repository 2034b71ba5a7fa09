"use strict";
// Nothing here is needed to read the page: it filters long tables, opens what a link leads into, and prints folded parts last.

const LONG = 15; // rows from which on a table has a box to filter it
const filters = [];

function addFilter(box) {
  const rows = [...box.querySelectorAll("tbody tr")];
  if (rows.length <= LONG) return;
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("output");
  label.className = "filter";
  input.type = "search";
  input.setAttribute("aria-label", `Rows that contain, in ${box.getAttribute("aria-label")}`);
  label.append("Rows that contain ", input, count);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.value = words.length ? `${shown} of ${rows.length}` : "";
  });
  filters.push({ box, input });
  box.before(label);
}

// Empties the filters of the tables that hold a row, or of all.
function showAll(row = null) {
  for (const { box, input } of filters) {
    if (!input.value || (row && !box.contains(row))) continue;
    input.value = "";
    input.dispatchEvent(new Event("input"));
  }
}

function unfold(hash) {
  const target = document.getElementById(hash.slice(1));
  for (let at = target?.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  if (target?.hidden) showAll(target);
  return target;
}

// On paper what is folded stands open in the annex, and moves back after.
const annex = document.getElementById("annex");
const behind = annex.querySelector(".behind");
let moved = [];

function toAnnex() {
  if (moved.length) return;
  showAll();
  moved = [...document.querySelectorAll("details.rest > .content")].map((content) => ({ content, home: content.parentElement }));
  for (const { content } of moved) behind.before(content);
  for (const folded of annex.querySelectorAll("details:not([open])")) {
    folded.open = true;
    folded.dataset.folded = "";
  }
}

function fromAnnex() {
  for (const { content, home } of moved) home.append(content);
  for (const opened of document.querySelectorAll("details[data-folded]")) {
    opened.open = false;
    delete opened.dataset.folded;
  }
  moved = [];
}

document.querySelectorAll(".scroll").forEach(addFilter);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link) unfold(link.hash);
});
addEventListener("hashchange", () => unfold(location.hash)?.scrollIntoView());
addEventListener("beforeprint", toAnnex);
addEventListener("afterprint", fromAnnex);
if (location.hash) unfold(location.hash)?.scrollIntoView();
