// Draws the tables of charts. The table is the chart: what is drawn, its colours and where
// a click leads all stand in it. Chart.js is fetched when the first one is there.
(() => {
  "use strict";
  const root = document.documentElement;
  const drawn = new Map();
  let library = null;

  const fetchLibrary = (address) => {
    library = library || new Promise((resolve, reject) => {
      if (window.Chart) { resolve(); return; }
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  };

  // A token of the theme as a colour that a canvas takes.
  const probe = document.createElement("span");
  probe.hidden = true;
  const color = (token) => {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = "var(--x-" + token + ")";
    return getComputedStyle(probe).color;
  };
  const fill = (hue) => color(hue ? hue + "-dot" : "accent-fill");
  const soft = (hue) => color(hue ? hue + "-bg" : "selected");

  const read = (box) => {
    const table = box.parentElement.querySelector(".x-chart-table table");
    const heads = [...table.tHead.rows[0].cells].filter((cell) => "hue" in cell.dataset);
    const rows = [...table.tBodies[0].rows].filter((row) => !("undrawn" in row.dataset));
    const cells = rows.map((row) => [...row.cells].filter((cell) => "v" in cell.dataset));
    return { heads, rows, cells, labels: rows.map((row) => row.cells[0].textContent.trim()) };
  };

  const numberText = (box) => {
    const options = { notation: "compact", maximumFractionDigits: 1 };
    if (box.dataset.currency) Object.assign(options, { style: "currency", currency: box.dataset.currency, minimumFractionDigits: 0 });
    const format = new Intl.NumberFormat(root.lang || "en", options);
    const unit = box.dataset.unit ? " " + box.dataset.unit : "";
    return (value) => format.format(value) + unit;
  };

  const clipped = (text, most) => text.length > most ? text.slice(0, most - 1) + "…" : text;

  const datasets = (kind, data) => data.heads.map((head, at) => {
    const stacks = data.heads.length > 1;
    const values = data.cells.map((row) => row[at].dataset.v === "" ? null : Number(row[at].dataset.v));
    const made = { label: head.textContent.trim(), data: values };
    if (kind === "pie" || kind === "doughnut") {
      return Object.assign(made, { backgroundColor: data.rows.map((row) => fill(row.dataset.hue)), borderColor: color("surface"), borderWidth: 2 });
    }
    const hue = head.dataset.hue;
    if (kind === "line" || kind === "area") {
      return Object.assign(made, { borderColor: fill(hue), backgroundColor: kind === "area" ? soft(hue) : fill(hue), fill: kind !== "area" ? false : at && stacks ? "-1" : "origin", borderWidth: 2, tension: 0, pointRadius: values.length > 40 ? 0 : 3, pointHitRadius: 12, pointBackgroundColor: fill(hue) });
    }
    return Object.assign(made, { backgroundColor: data.rows.map((row) => fill(row.dataset.hue || hue)), borderRadius: 3, maxBarThickness: 34 });
  });

  const scales = (box, kind, data) => {
    if (kind === "pie" || kind === "doughnut") return {};
    const lying = kind === "bar" || kind === "stacked";
    const stacked = kind.startsWith("stacked") || (kind === "area" && data.heads.length > 1);
    const text = { color: color("text-2"), font: { size: 12 } };
    const shown = numberText(box);
    const value = { stacked, beginAtZero: true, border: { display: false }, grid: { color: color("line") }, ticks: { ...text, precision: box.dataset.currency || box.dataset.unit ? undefined : 0, maxTicksLimit: 7, callback: shown } };
    const group = { stacked, grid: { display: false }, border: { color: color("line-strong") }, ticks: { ...text, autoSkip: !lying, maxRotation: "dated" in box.dataset ? 0 : 45, callback(at) { return clipped(data.labels[at] || "", lying ? 22 : 16); } } };
    return lying ? { x: value, y: group } : { x: group, y: value };
  };

  const config = (box) => {
    const kind = box.dataset.chart;
    const data = read(box);
    const round = kind === "pie" || kind === "doughnut";
    const types = { bar: "bar", column: "bar", stacked: "bar", "stacked-column": "bar", line: "line", area: "line" };
    return {
      type: types[kind] || kind,
      data: { labels: data.labels, datasets: datasets(kind, data) },
      options: {
        animation: false,
        maintainAspectRatio: false,
        indexAxis: kind === "bar" || kind === "stacked" ? "y" : "x",
        cutout: kind === "doughnut" ? "62%" : undefined,
        interaction: { mode: round ? "nearest" : "index", axis: kind === "bar" || kind === "stacked" ? "y" : "x", intersect: round },
        scales: scales(box, kind, data),
        onHover: (event, hits) => { event.native.target.style.cursor = linkAt(event, data) ? "pointer" : ""; },
        onClick: (event) => {
          const link = linkAt(event, data);
          const { ctrlKey, metaKey } = event.native;
          if (link) link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey }));
        },
        plugins: {
          legend: { display: round || data.heads.length > 1, position: round && box.clientWidth > 380 ? "right" : "top", align: round ? "center" : "start", onClick: round ? null : undefined, labels: { color: color("text-2"), boxWidth: 10, boxHeight: 10, useBorderRadius: true, borderRadius: 2, padding: 10, font: { size: 12 } } },
          tooltip: { backgroundColor: color("text"), titleColor: color("surface"), bodyColor: color("surface"), boxPadding: 4, callbacks: { title: (items) => data.labels[items[0].dataIndex], label: (item) => " " + (round ? "" : item.dataset.label + ": ") + data.cells[item.dataIndex][item.datasetIndex].textContent.trim() } },
        },
      },
    };
  };

  // What is under the pointer: the bar itself, on lines the nearest point.
  const linkAt = (event, data) => {
    const lines = event.chart.config.type === "line";
    const hits = event.chart.getElementsAtEventForMode(event.native, "nearest", { intersect: !lines, axis: lines ? "x" : "xy" }, true);
    return hits.length ? data.cells[hits[0].index][hits[0].datasetIndex].querySelector("a") : null;
  };

  const draw = (box) => {
    const canvas = box.querySelector("canvas");
    const old = drawn.get(canvas);
    if (old) old.destroy();
    window.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    const rows = box.parentElement.querySelectorAll("tbody tr").length;
    const lying = box.dataset.chart === "bar" || box.dataset.chart === "stacked";
    if (lying && box.closest(".is-both")) box.style.height = Math.max(240, rows * 30 + 60) + "px";
    drawn.set(canvas, new window.Chart(canvas, config(box)));
  };

  const scan = () => {
    for (const [canvas, chart] of drawn) if (!canvas.isConnected) { chart.destroy(); drawn.delete(canvas); }
    const boxes = [...document.querySelectorAll("[data-chart]")].filter((box) => !drawn.has(box.querySelector("canvas")));
    if (boxes.length) fetchLibrary(boxes[0].dataset.library).then(() => { for (const box of boxes) if (box.isConnected && !drawn.has(box.querySelector("canvas"))) draw(box); });
  };
  const redraw = () => { for (const canvas of [...drawn.keys()]) if (canvas.isConnected) draw(canvas.parentElement); };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-chart-table]");
    if (!button) return;
    const on = button.closest(".x-chart-box").classList.toggle("is-table");
    button.setAttribute("aria-pressed", on);
  });
  document.addEventListener("htmx:load", scan);
  new MutationObserver(redraw).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });
  // Paper is white, whatever the theme.
  let theme = null;
  addEventListener("beforeprint", () => { if (drawn.size && root.dataset.bsTheme === "dark") { theme = "dark"; root.dataset.bsTheme = "light"; redraw(); } });
  addEventListener("afterprint", () => { if (theme) { root.dataset.bsTheme = theme; theme = null; } });
  scan();
})();
