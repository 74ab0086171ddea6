// Lists: a cell is changed in place. Double-click, F2 or the pencil; Enter saves, Esc cancels.
(() => {
  "use strict";
  const on = (type, handler, options) => document.addEventListener(type, handler, options);
  let open = null; // the cell that is being changed, and what stood in it
  const table = () => document.querySelector("#rows .x-table");
  const heads = () => [...table().querySelectorAll("thead th")];
  const fieldOf = (cell) => { const head = heads()[cell.cellIndex]; return head ? head.dataset.field : undefined; };
  const addressOf = (cell) => {
    const lead = cell.parentElement.querySelector("a.lead");
    const field = fieldOf(cell);
    return lead && field ? lead.getAttribute("href") + "/cell/" + encodeURIComponent(field) : "";
  };
  const close = (keepsFocus) => {
    if (!open) return;
    const { cell, before } = open;
    open = null;
    cell.classList.remove("is-editing");
    cell.replaceChildren(...before);
    if (keepsFocus) focus(cell);
  };
  const focus = (cell) => { const target = cell.querySelector("a") || cell; if (target === cell) cell.tabIndex = -1; target.focus({ preventScroll: true }); };
  const start = (cell) => {
    const address = addressOf(cell);
    if (!address || (open && open.cell === cell)) return;
    close(false);
    open = { cell, before: [...cell.childNodes] };
    cell.classList.add("is-editing");
    htmx.ajax("GET", address, { target: cell, swap: "innerHTML" }).then(() => {
      if (!open || open.cell !== cell) return;
      const input = cell.querySelector("input:not([type=hidden]), select, textarea");
      if (input) { input.focus(); if (input.select) input.select(); }
      else if (cell.querySelector("[data-why]")) { cell.tabIndex = -1; cell.focus(); }
      else close(true);
    });
  };
  const save = (form) => {
    const cell = open.cell;
    const place = [cell.parentElement, cell.cellIndex];
    const values = {};
    for (const [name, value] of new FormData(form)) values[name] = values[name] === undefined ? value : [].concat(values[name], value);
    htmx.ajax("POST", form.getAttribute("action"), { target: cell, swap: "innerHTML", values }).then(() => {
      const now = place[0].cells[place[1]];
      if (now && now.querySelector("[data-cell-form]")) { const input = now.querySelector("input:not([type=hidden]), select, textarea"); if (input) input.focus(); return; }
      open = null;
      if (now) focus(now);
    });
  };
  // a saved cell comes as a whole cell: it takes the place of the one that was open
  on("htmx:beforeSwap", (event) => {
    if (!open || event.detail.target !== open.cell || event.detail.requestConfig.verb !== "post") return;
    if (!event.detail.serverResponse.includes("data-cell-form")) event.detail.swapOverride = "outerHTML";
  });
  on("submit", (event) => { if (event.target.matches("[data-cell-form]")) { event.preventDefault(); event.stopPropagation(); save(event.target); } }, true);
  on("dblclick", (event) => { const cell = event.target.closest("#rows tbody td"); if (cell && !cell.classList.contains("pick") && !event.target.closest("form[data-cell-form]")) { event.preventDefault(); start(cell); } });
  on("click", (event) => {
    if (event.target.closest("[data-cell-cancel]")) { close(true); return; }
    const pencil = event.target.closest(".x-pencil");
    if (pencil) { event.preventDefault(); start(pencil.closest("td")); return; }
    if (open && !open.cell.contains(event.target)) close(false);
  });
  on("keydown", (event) => {
    if (!table()) return;
    const form = event.target.closest && event.target.closest("[data-cell-form]");
    if (open && event.key === "Escape") { event.preventDefault(); event.stopImmediatePropagation(); close(true); return; }
    if (form && event.key === "Enter" && !event.target.matches("textarea, button") && !form.querySelector("[role=option][aria-selected=true]")) { event.preventDefault(); event.stopImmediatePropagation(); save(form); return; }
    if (form && !event.ctrlKey && !event.metaKey) { if (event.key !== "ArrowDown" && event.key !== "ArrowUp" && event.key !== "Enter") event.stopPropagation(); return; }
    if (event.key !== "F2") return;
    const row = (event.target.closest && event.target.closest("#rows tbody tr")) || document.querySelector("#rows tbody tr.is-focus");
    if (!row) return;
    event.preventDefault();
    const here = event.target.closest("td");
    const cell = here && fieldOf(here) ? here : [...row.cells].find((one) => fieldOf(one));
    if (cell) start(cell);
  }, true);
  // arrows go from cell to cell once one has the focus
  on("keydown", (event) => {
    if (open || !["ArrowLeft", "ArrowRight"].includes(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
    const cell = event.target.closest && event.target.closest("#rows tbody td");
    if (!cell) return;
    let next = cell;
    do next = event.key === "ArrowRight" ? next.nextElementSibling : next.previousElementSibling; while (next && !fieldOf(next));
    if (next) { event.preventDefault(); focus(next); }
  });
  // the pencil of the cell under the pointer
  const pencil = document.createElement("button");
  pencil.type = "button";
  pencil.className = "x-pencil";
  pencil.tabIndex = -1;
  pencil.setAttribute("aria-label", "Edit this value");
  pencil.title = "Edit (F2)";
  pencil.textContent = "\u270E";
  on("mouseover", (event) => {
    const cell = event.target.closest("#rows tbody td");
    if (!cell || open || cell.classList.contains("pick") || !fieldOf(cell) || pencil.parentElement === cell) return;
    cell.append(pencil);
  });
})();
