// The tree: rows open where they stand; arrows move, open and close. Every twist is a link, too.
(() => {
  "use strict";
  const on = (type, handler) => document.addEventListener(type, handler);
  const table = () => document.querySelector("[data-tree]");
  const rows = () => [...table().querySelectorAll("tbody tr[data-id]")];
  const level = (row) => Number(row.dataset.level);
  const below = (row) => {
    const found = [];
    for (let next = row.nextElementSibling; next && level(next) > level(row); next = next.nextElementSibling) found.push(next);
    return found;
  };
  const focus = (row) => { if (!row) return; for (const one of rows()) one.tabIndex = one === row ? 0 : -1; row.focus(); };
  const label = (row, is) => { row.setAttribute("aria-expanded", is); const twist = row.querySelector(".x-twist"); twist.setAttribute("aria-label", (is ? "Close " : "Open ") + row.querySelector(".lead").textContent); };
  const close = (row) => { for (const one of below(row)) one.remove(); label(row, false); };
  const open = (row) => {
    const twist = row.querySelector(".x-twist");
    if (!twist || row.classList.contains("is-waiting")) return;
    row.classList.add("is-waiting");
    htmx.ajax("GET", twist.dataset.fetch, { source: row, target: row, swap: "afterend" }).then(() => { row.classList.remove("is-waiting"); label(row, true); });
  };
  const start = () => { const all = table() && rows(); if (all && all.length && !all.some((row) => row.tabIndex === 0)) all[0].tabIndex = 0; };
  on("click", (event) => {
    const twist = event.target.closest("[data-tree] .x-twist");
    if (!twist || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const row = twist.closest("tr");
    if (row.getAttribute("aria-expanded") === "true") close(row); else open(row);
    focus(row);
  });
  on("keydown", (event) => {
    const row = event.target.closest && event.target.closest("[data-tree] tbody tr[data-id]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = rows();
    const at = all.indexOf(row);
    const state = row.getAttribute("aria-expanded");
    const keys = {
      ArrowDown: () => focus(all[at + 1]),
      ArrowUp: () => focus(all[at - 1]),
      Home: () => focus(all[0]),
      End: () => focus(all[all.length - 1]),
      ArrowRight: () => { if (state === "false") open(row); else if (state === "true") focus(all[at + 1]); },
      ArrowLeft: () => { if (state === "true") close(row); else focus(all.slice(0, at).reverse().find((one) => level(one) < level(row))); },
      Enter: () => row.querySelector("a.lead").click(),
    };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  on("htmx:afterSettle", start);
  start();
})();
