// The page of a record: lines edited in place, tabs by key. Every deed has a way without this file.
(() => {
  "use strict";
  const on = (type, handler) => document.addEventListener(type, handler);
  const lineOf = (element) => element && element.closest && element.closest(".x-line");
  const inputs = (line) => [...line.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const isChanged = (line) => inputs(line).some((field) => {
    if (field.type === "checkbox") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected) && !(field.selectedIndex <= 0 && ![...field.options].some((o) => o.defaultSelected));
    return field.value !== field.defaultValue;
  });
  const isTyped = (line) => line.classList.contains("is-typed") || isChanged(line);
  const save = (line) => { if (isTyped(line) && !line.classList.contains("is-saving")) { line.classList.add("is-saving"); htmx.trigger(line, "save-line"); } };
  const focusCell = (line, column) => {
    const fields = inputs(line), field = fields[Math.min(column, fields.length - 1)];
    if (!field) return;
    field.focus();
    if (field.select && field.type !== "checkbox") field.select();
  };
  // leaving a line saves it
  on("focusout", (event) => {
    const line = lineOf(event.target);
    if (!line || (event.relatedTarget && line.contains(event.relatedTarget))) return;
    setTimeout(() => { if (line.isConnected && !line.contains(document.activeElement) && !document.querySelector("dialog[open]") && isChanged(line)) save(line); });
  });
  on("keydown", (event) => {
    const line = lineOf(event.target);
    if (!line || event.defaultPrevented || event.isComposing || event.target.tagName === "BUTTON" || event.target.tagName === "A") return;
    if (event.key === "Enter" && !event.shiftKey && event.target.tagName !== "TEXTAREA") {
      event.preventDefault();
      const column = inputs(line).indexOf(event.target), next = line.nextElementSibling;
      if (next && next.matches(".x-line") && !line.matches(".is-new")) focusCell(next, next.matches(".is-new") ? 0 : column);
      save(line);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!event.ctrlKey && event.target.matches("select, [role=combobox], [type=date], [type=datetime-local]")) return;
      const other = event.key === "ArrowDown" ? line.nextElementSibling : line.previousElementSibling;
      if (other && other.matches(".x-line")) { event.preventDefault(); focusCell(other, inputs(line).indexOf(event.target)); }
    } else if (event.key === "Escape" && isTyped(line) && !line.querySelector("[role=option]")) {
      event.preventDefault();
      for (const field of inputs(line)) {
        if (field.type === "checkbox") field.checked = field.defaultChecked;
        else if (field.tagName === "SELECT") for (const option of field.options) option.selected = option.defaultSelected;
        else field.value = field.defaultValue;
        const box = field.closest(".x-lookup");
        if (box) { const kept = box.querySelector("input[type=hidden]"); kept.value = kept.defaultValue; field.dataset.title = field.defaultValue; }
      }
    }
  });
  on("click", (event) => {
    const add = event.target.closest("[data-add-line]");
    if (add) { const line = add.closest("[data-lines]").querySelector(".x-line.is-new"); if (line) focusCell(line, 0); }
  });
  // the grid stands within the form of its record: a line sends itself alone
  on("htmx:configRequest", (event) => {
    const line = lineOf(event.detail.elt), data = event.detail.formData;
    if (!line || event.detail.verb !== "post") return;
    for (const name of [...data.keys()]) data.delete(name);
    for (const field of line.querySelectorAll("[name]")) if (!/checkbox|radio/.test(field.type) || field.checked) data.append(field.name, field.value);
    for (const place of document.querySelectorAll("#record .x-field[id^=f-]")) data.append("shown", place.id);
  });
  // hits of a lookup in a grid float above it, whatever scrolls
  const place = (hits) => {
    const box = hits.parentElement.getBoundingClientRect(), below = innerHeight - box.bottom;
    hits.style.left = Math.max(8, Math.min(box.left, innerWidth - 308)) + "px";
    hits.style.top = below > 240 || below > box.top ? box.bottom + 2 + "px" : "auto";
    hits.style.bottom = hits.style.top === "auto" ? innerHeight - box.top + 2 + "px" : "auto";
  };
  on("htmx:afterSettle", (event) => { if (event.target.matches(".x-lines .x-hits")) place(event.target); });
  document.addEventListener("scroll", () => { for (const hits of document.querySelectorAll(".x-lines .x-hits")) if (hits.firstElementChild) place(hits); }, true);
  // a line that comes back: beside what was refused, or at the next new line
  let fresh = null;
  on("htmx:beforeSwap", (event) => {
    const line = event.detail.target;
    if (!line || !line.matches || !line.matches(".x-line")) return;
    for (const hits of line.querySelectorAll("[style]")) hits.removeAttribute("style"); // htmx would write it again, which the policy refuses
    fresh = { grid: line.closest("[data-lines]"), id: line.id, isNew: line.matches(".is-new"), had: line.contains(document.activeElement) || document.activeElement === document.body };
  });
  on("htmx:afterSettle", () => {
    if (!fresh) return;
    const { grid, id, isNew, had } = fresh;
    fresh = null;
    const line = document.getElementById(id), bad = line && line.querySelector("[aria-invalid=true]");
    if (bad || (line && line.matches(".is-typed"))) { if (had) (bad || inputs(line)[0]).focus(); }
    else if (isNew && had && grid) { const next = grid.querySelector(".x-line.is-new"); if (next) focusCell(next, 0); }
  });
  for (const name of ["htmx:responseError", "htmx:sendError"]) on(name, (event) => { const line = lineOf(event.target); if (line) line.classList.remove("is-saving"); });
  // what a rule changed does not replace what is being typed
  on("htmx:oobBeforeSwap", (event) => {
    const place = event.detail.target;
    if (place && place.matches && place.matches(".x-field") && [...place.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.type !== "checkbox" && field.value !== field.defaultValue)) event.detail.shouldSwap = false;
  });
  on("change", (event) => {
    const field = event.target;
    if (!field.matches("[data-attach]")) return;
    const said = field.parentElement.querySelector("[data-attached]");
    if (said) said.textContent = field.files.length ? field.files[0].name : "";
  });
  // Alt 1 to 9: tabs
  on("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || !/^Digit[1-9]$/.test(event.code)) return;
    const tab = document.querySelectorAll(".x-tabs [data-tab]")[Number(event.code.slice(5)) - 1];
    if (tab) { event.preventDefault(); tab.click(); tab.focus(); }
  });
})();
