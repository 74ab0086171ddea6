// OpenXRM: what the pages do beyond links and forms. Every page works without this file.
(() => {
  "use strict";
  const root = document.documentElement;
  const on = (type, handler, options) => document.addEventListener(type, handler, options);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isAuto = !root.dataset.bsTheme;
  const follow = () => { if (isAuto) root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  follow();
  dark.addEventListener("change", follow);
  root.classList.add("js");

  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(except)) menu.open = false;
  };

  // dialogs: a fragment that lands in one opens it
  const dialog = () => document.getElementById("dialog");
  const palette = () => document.getElementById("palette");
  const openPalette = () => {
    const box = palette();
    if (!box) return false;
    const show = () => { if (!box.open) box.showModal(); const field = box.querySelector("input"); if (field) { field.focus(); field.select(); } };
    if (box.firstElementChild) show();
    else htmx.ajax("GET", "/search" + location.search.replace(/.*/, "") + "?app=" + encodeURIComponent(appName()), { target: "#palette", swap: "innerHTML" }).then(show);
    return true;
  };
  const appName = () => { const found = location.pathname.match(/^\/app\/([^/]+)/); return found ? decodeURIComponent(found[1]) : ""; };

  on("click", (event) => {
    const target = event.target;
    closeMenus(target);
    const lookups = target.closest(".x-lookup");
    for (const hits of document.querySelectorAll(".x-hits")) if (hits.firstElementChild && hits.closest(".x-lookup") && (!lookups || !lookups.contains(hits))) shutHits(hits.closest(".x-lookup"));
    const opener = target.closest("[data-palette]");
    if (opener && !event.ctrlKey && !event.metaKey && openPalette()) { event.preventDefault(); return; }
    const menu = target.closest("[data-nav]");
    if (menu) { event.preventDefault(); document.body.classList.toggle("nav-open"); if (document.body.classList.contains("nav-open")) { const first = document.querySelector(".x-nav a, .x-nav summary"); if (first) first.focus(); } return; }
    if (target.closest(".x-veil")) { event.preventDefault(); document.body.classList.remove("nav-open"); return; }
    const shut = target.closest("[data-close]");
    if (shut && shut.closest("dialog")) { event.preventDefault(); shut.closest("dialog").close(); return; }
    if (target.matches("dialog")) { target.close(); return; }
    const tab = target.closest("[data-tab]");
    if (tab && !event.ctrlKey && !event.metaKey) { event.preventDefault(); showTab(tab); return; }
    const hit = target.closest("[data-pick]");
    if (hit) { event.preventDefault(); pick(hit); return; }
    const ask = target.closest("[data-dialog]");
    if (ask && window.htmx && dialog() && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const form = ask.form;
      const call = form
        ? htmx.ajax("POST", form.action, { source: ask, target: "#dialog", swap: "innerHTML", values: chosen(form, ask) })
        : htmx.ajax("GET", ask.href, { source: ask, target: "#dialog", swap: "innerHTML" });
      call.then(() => { const box = dialog(); if (box.firstElementChild && !box.open) box.showModal(); });
      return;
    }
    const row = target.closest(".x-table tbody tr");
    if (row && document.querySelector("[data-keys=list]")) focusRow(row, false);
  });

  const chosen = (form, button) => {
    const values = { [button.name]: button.value };
    for (const [name, value] of new FormData(form)) {
      if (values[name] === undefined) values[name] = value;
      else values[name] = [].concat(values[name], value);
    }
    return values;
  };

  // selected rows
  const countRows = () => {
    const boxes = [...document.querySelectorAll("input[name=id]")];
    const picked = boxes.filter((box) => box.checked).length;
    for (const place of document.querySelectorAll("[data-selected]")) place.textContent = picked;
    const all = document.querySelector("[data-all]");
    if (all) { all.checked = picked > 0 && picked === boxes.length; all.indeterminate = picked > 0 && picked < boxes.length; }
  };
  on("change", (event) => {
    if (event.target.matches("[data-all]")) for (const box of document.querySelectorAll("input[name=id]")) box.checked = event.target.checked;
    if (event.target.matches("[data-all], input[name=id]")) countRows();
  });
  on("reset", () => setTimeout(countRows));

  const rows = () => [...document.querySelectorAll(".x-list .x-table tbody tr")];
  const focusRow = (row, scroll) => {
    for (const one of rows()) one.classList.toggle("is-focus", one === row);
    if (scroll && row) { row.scrollIntoView({ block: "nearest" }); const link = row.querySelector("a.lead"); if (link) link.focus({ preventScroll: true }); }
  };
  const listKeys = (event) => {
    const all = rows();
    const at = all.findIndex((row) => row.classList.contains("is-focus"));
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") { focusRow(all[Math.max(0, Math.min(all.length - 1, at + (key === "j" ? 1 : -1)))], true); return true; }
    if (at < 0) return false;
    if (key === "x") { const box = all[at].querySelector("input[name=id]"); if (box) { box.checked = !box.checked; countRows(); } return true; }
    if (key === "enter" && !event.target.closest("a, button, summary")) { const link = all[at].querySelector("a.lead"); if (link) { link.click(); return true; } }
    return false;
  };

  // tabs of a form
  const showTab = (tab) => {
    for (const one of tab.parentElement.querySelectorAll("[data-tab]")) {
      const is = one === tab;
      if (is) one.setAttribute("aria-current", "page"); else one.removeAttribute("aria-current");
      const panel = document.getElementById("tab-" + one.dataset.tab);
      if (panel) panel.hidden = !is;
    }
    history.replaceState(history.state, "", tab.href);
  };

  // lookups: recent records on focus of an empty one, hits while typing
  const boxOf = (element) => element.closest(".x-lookup");
  const shutHits = (box) => { box.querySelector(".x-hits").replaceChildren(); const field = box.querySelector("[role=combobox]"); field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
  const fill = (box, value, title, href) => {
    const field = box.querySelector("[role=combobox]");
    box.querySelector("input[type=hidden]").value = value;
    field.value = field.dataset.title = title;
    box.classList.toggle("has-value", value !== "");
    const go = box.querySelector(".go");
    if (go) { if (value && href) { go.href = href; go.setAttribute("aria-label", "Open " + title); } else go.remove(); }
    shutHits(box);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const pick = (hit) => {
    const box = boxOf(hit);
    fill(box, hit.dataset.pick, hit.dataset.title, hit.getAttribute("href") === "#" ? "" : hit.href);
    box.querySelector("[role=combobox]").focus();
  };
  on("focusin", (event) => {
    const field = event.target;
    if (field.matches(".x-lookup [role=combobox]") && !field.value && window.htmx && !boxOf(field).querySelector("[role=option]")) htmx.trigger(field, "lookup-open");
  });
  on("focusout", (event) => { const box = event.target.closest && boxOf(event.target); if (box && event.relatedTarget && !box.contains(event.relatedTarget)) shutHits(box); });
  on("htmx:beforeSwap", (event) => {
    if (!event.target.matches(".x-hits")) return;
    const box = boxOf(event.target), field = box.querySelector("[role=combobox]");
    const asked = new URL(event.detail.pathInfo.finalRequestPath, location.href).searchParams.get(field.name);
    const isFilled = box.querySelector("input[type=hidden]").value && field.value === field.dataset.title;
    if (document.activeElement !== field || isFilled || asked !== field.value) event.detail.shouldSwap = false; // it answers what is no longer asked
    else event.target.dataset.asked = asked;
  });
  const deactivate = (box, field) => { for (const hit of box.querySelectorAll("[aria-selected=true]")) { hit.setAttribute("aria-selected", false); hit.classList.remove("is-active"); } field.removeAttribute("aria-activedescendant"); };
  const activate = (field, hits, next) => {
    for (const hit of hits) { const is = hit === next; hit.setAttribute("aria-selected", is); hit.classList.toggle("is-active", is); }
    next.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", next.id);
  };
  on("htmx:afterSettle", (event) => {
    if (!event.target.matches(".x-hits")) return;
    const field = boxOf(event.target).querySelector("[role=combobox]"), hits = [...event.target.querySelectorAll("[role=option]")];
    field.setAttribute("aria-expanded", hits.length > 0);
    if (field.value && field.value === event.target.dataset.asked && hits.length) activate(field, hits, hits[0]);
  });
  on("click", (event) => {
    const clear = event.target.closest("[data-clear]");
    if (clear) { const box = boxOf(clear); fill(box, "", "", ""); box.querySelector("[role=combobox]").focus(); }
  });
  // a record made in a dialog fills the lookup that asked for it
  on("xrm-created", (event) => {
    const { asker, value, title, href } = event.detail;
    const field = asker && document.getElementById(asker);
    if (field && boxOf(field)) { fill(boxOf(field), value, title, href); setTimeout(() => field.focus()); }
  });
  on("htmx:afterSwap", (event) => {
    const box = dialog();
    if (event.target !== box || !box.open) return;
    if (!box.firstElementChild) { box.close(); return; }
    const first = box.querySelector("[aria-invalid=true]") || box.querySelector("[autofocus], .x-quick-body input:not([type=hidden]), .x-quick-body select, .x-quick-body textarea");
    if (first) first.focus();
  });
  on("close", (event) => { if (event.target === dialog()) event.target.replaceChildren(); }, true);
  on("input", (event) => {
    const field = event.target;
    if (field.matches(".x-lookup input[role=combobox]") && field.value !== field.dataset.title) { const box = boxOf(field); box.querySelector("input[type=hidden]").value = ""; box.classList.remove("has-value"); deactivate(box, field); }
    countChanges(field.form);
  });
  const lookupKeys = (event) => {
    const box = event.target.closest(".x-lookup, .x-palette-box, .x-palette-page");
    if (!box) return false;
    const hits = [...box.querySelectorAll("[role=option]")];
    const at = hits.findIndex((hit) => hit.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!hits.length) { if (box.matches(".x-lookup") && event.key === "ArrowDown" && window.htmx) { htmx.trigger(event.target, "lookup-open"); return true; } return false; }
      activate(event.target, hits, hits[(at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length]);
      return true;
    }
    if (event.key === "Tab" && at >= 0 && event.target.value && hits[at].dataset.pick && box.matches(".x-lookup")) { const hit = hits[at]; fill(box, hit.dataset.pick, hit.dataset.title, hit.href); return false; }
    if (event.key === "Enter" && at >= 0) { hits[at].click(); return true; }
    if (event.key === "Escape" && hits.length && box.matches(".x-lookup")) { shutHits(box); return true; }
    return false;
  };

  // the palette: the first thing found is the one that Enter opens
  on("htmx:afterSettle", (event) => {
    if (event.target.id !== "results") return;
    const field = document.activeElement, hits = [...document.querySelectorAll("#results [role=option]:not([aria-disabled])")];
    if (field && field.matches(".x-palette") && field.value && hits.length) activate(field, hits, hits[0]);
  });

  // pinned and recent stay open from page to page; the bell asks while somebody looks
  for (const part of document.querySelectorAll("[data-mine]")) {
    const key = "xrm_open_" + part.dataset.mine;
    if (localStorage.getItem(key)) setTimeout(() => { part.open = true; });
    part.addEventListener("toggle", () => { if (part.open) localStorage.setItem(key, "1"); else localStorage.removeItem(key); });
  }
  const ring = async () => {
    const bell = document.querySelector("[data-bell]");
    if (!bell || document.hidden) return;
    try {
      const answer = await fetch(bell.dataset.bell, { headers: { Accept: "application/json" }, cache: "no-cache" });
      if (!answer.ok) return;
      const { count, label } = await answer.json();
      bell.querySelector(".n").textContent = count > 99 ? "99+" : count || "";
      bell.setAttribute("aria-label", label);
      bell.title = label;
    } catch { return; }
  };
  ring();
  setInterval(ring, 60000);
  on("visibilitychange", ring);

  // what is not saved yet
  const changed = (form) => [...form.elements].filter((field) => {
    if (!field.name || field.type === "hidden" || field.type === "submit" || field.closest("[data-no-count]")) return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected) && !(field.selectedIndex === 0 && ![...field.options].some((o) => o.defaultSelected));
    return field.value !== field.defaultValue;
  }).length;
  const countChanges = (form) => {
    if (!form || form.id !== "record") return;
    const count = changed(form);
    for (const place of document.querySelectorAll("[data-unsaved]")) place.textContent = count ? count + (count === 1 ? " unsaved change" : " unsaved changes") : "";
    form.dataset.changed = count;
  };
  on("change", (event) => countChanges(event.target.form));
  let leaving = false;
  on("submit", (event) => {
    if (event.target.id === "record") leaving = true;
    if (event.target.matches("[data-busy]")) {
      event.target.classList.add("htmx-request");
      for (const button of event.target.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
      const wait = event.target.querySelector("[data-progress]");
      if (wait) setInterval(() => htmx.ajax("GET", wait.dataset.progress, { target: wait, swap: "innerHTML" }), 500);
    }
  });
  addEventListener("beforeunload", (event) => {
    const form = document.getElementById("record");
    if (!leaving && form && Number(form.dataset.changed) > 0) event.preventDefault();
  });

  on("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { if (openPalette()) event.preventDefault(); return; }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { const form = document.getElementById("record"); if (form) { event.preventDefault(); form.requestSubmit(); } return; }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { const hit = event.target.matches(".x-palette") && document.querySelector("#results a[aria-selected=true]"); if (hit) { event.preventDefault(); window.open(hit.href, "_blank", "noopener"); return; } const form = event.target.closest("form[data-send]"); if (form) { event.preventDefault(); form.requestSubmit(); } return; }
    if (lookupKeys(event)) { event.preventDefault(); return; }
    if (event.key === "Escape") {
      document.body.classList.remove("nav-open");
      const open = document.querySelector("details[data-menu][open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); return; }
      const form = document.getElementById("rows");
      if (form && !document.querySelector("dialog[open]")) { form.reset(); countRows(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "/") { const find = document.getElementById("find"); if (find) { event.preventDefault(); find.focus(); } return; }
    if (document.querySelector("[data-keys=list]") && listKeys(event)) event.preventDefault();
  });

  // messages leave by themselves, but not under the pointer
  const fade = () => { for (const toast of document.querySelectorAll(".x-said .x-toast:not(.h-red)")) setTimeout(() => { if (!toast.matches(":hover")) toast.remove(); }, 8000); };
  fade();
  on("htmx:afterSwap", (event) => { countRows(); for (const tab of document.querySelectorAll("[data-tab]")) { const panel = document.getElementById("tab-" + tab.dataset.tab); if (panel) panel.hidden = !tab.hasAttribute("aria-current"); } if (event.target.id === "said") fade(); });
  on("htmx:oobAfterSwap", (event) => { if (event.target.id === "said") fade(); });
  addEventListener("pageshow", countRows);
})();
