// The board: cards go to another lane by dragging. The button of a card does the same.
(() => {
  "use strict";
  const made = new WeakSet();
  const moved = (event) => {
    const { item, from, to } = event;
    if (from === to) return;
    const board = to.closest("[data-board]");
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    htmx.ajax("POST", location.pathname + "/" + item.dataset.id + "/move", {
      target: "#list", swap: "outerHTML",
      values: { by: board.dataset.board, to: to.dataset.lane, version: item.dataset.version, back: board.dataset.here, csrf_token: token },
    });
  };
  const start = () => {
    for (const lane of document.querySelectorAll("[data-movable] [data-lane]")) {
      if (made.has(lane)) continue;
      made.add(lane);
      Sortable.create(lane, { group: "board", draggable: ".x-tile:not([data-fixed])", filter: ".btn", preventOnFilter: false, ghostClass: "is-held", animation: 120, delay: 150, delayOnTouchOnly: true, sort: false, onEnd: moved });
    }
  };
  document.addEventListener("htmx:afterSwap", start);
  document.addEventListener("htmx:afterSettle", start);
  start();
})();
