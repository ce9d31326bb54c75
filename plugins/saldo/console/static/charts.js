// Charts: <figure data-chart='{"x": [epoch seconds], "series": [{"name", "values", "kind"}], "unit"}'>; the figures are in a table below each.
(function () {
  "use strict";
  const HEIGHT = 180;

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function seriesOf(one, nth) {
    const stroke = colour(one.tone ? "--" + one.tone : "--series-" + (nth % 5 + 1));
    const bars = one.kind === "bars";
    return {
      label: one.name, stroke: stroke, width: bars ? 0 : 1.6, fill: bars ? stroke : undefined, points: { show: !bars && one.values.length < 40, size: 5 },
      paths: bars ? window.uPlot.paths.bars({ size: [0.7, 40] }) : undefined, spanGaps: false,
    };
  }

  function draw(figure) {
    const given = JSON.parse(figure.dataset.chart);
    const place = figure.querySelector(".plot");
    place.textContent = "";
    if (!window.uPlot || given.x.length === 0) { place.hidden = true; return; }
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: "12px system-ui" };
    const plot = new window.uPlot({
      width: Math.max(place.clientWidth, 200), height: HEIGHT,
      // Bars at both ends are whole, and a single one stands in the middle of two days.
      scales: { x: { range: (_, first, last) => { const side = first === last ? 86400 : (last - first) / given.x.length / 2; return [first - side, last + side]; } } },
      series: [{}].concat(given.series.map(seriesOf)),
      // As wide as the longest figure at it.
      axes: [axis, Object.assign({ size: (_, said) => 24 + 7 * Math.max(5, ...(said || []).map((one) => one.length)), values: (_, ticks) => ticks.map((t) => t.toLocaleString("en") + (given.unit ? " " + given.unit : "")) }, axis)],
      legend: { show: given.series.length > 1 }, cursor: { y: false },
    }, [given.x].concat(given.series.map((one) => one.values.map((v) => v === null ? null : Number(v)))), place);
    figure.saldoPlot = plot;
  }

  function all(root) { root.querySelectorAll("[data-chart]").forEach(draw); }
  function later(work) { let waiting; return function () { clearTimeout(waiting); waiting = setTimeout(work, 150); }; }

  document.addEventListener("DOMContentLoaded", () => all(document));
  document.addEventListener("htmx:load", (event) => all(event.target.parentElement || document));
  document.addEventListener("saldo:theme", () => all(document));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => all(document));
  window.addEventListener("resize", later(() => all(document)));
})();
