// The calendar: a record goes to another day by dragging. "Edit date" in the agenda does the same.
(() => {
  "use strict";
  const made = new WeakSet();
  const moved = (event) => {
    const { item, from, to } = event;
    if (from === to) return;
    const calendar = to.closest("[data-calendar]");
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    const app = location.pathname.split("/").slice(0, 3).join("/");
    htmx.ajax("POST", app + "/" + item.dataset.entity + "/" + item.dataset.id + "/reschedule", {
      target: "#list", swap: "outerHTML",
      values: { by: item.dataset.by, day: to.dataset.day, version: item.dataset.version, back: calendar.dataset.here, csrf_token: token },
    });
  };
  const start = () => {
    for (const day of document.querySelectorAll("[data-calendar] [data-day]")) {
      if (made.has(day)) continue;
      made.add(day);
      Sortable.create(day, { group: "calendar", draggable: "[data-movable]", ghostClass: "is-held", animation: 120, delay: 150, delayOnTouchOnly: true, sort: false, onEnd: moved });
    }
  };
  document.addEventListener("htmx:afterSettle", start);
  start();
})();
