// Before anything is drawn: the theme that Airflow's UI has in this browser, and whether a page of Airflow frames this one.
(function () {
  "use strict";
  const root = document.documentElement;
  function show() {
    let chosen = null;
    try { chosen = localStorage.getItem("theme"); } catch { /* a browser that keeps nothing */ }
    if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
    else delete root.dataset.theme;
  }
  show();
  window.addEventListener("storage", function (event) {
    if (event.key === "theme" || event.key === null) { show(); document.dispatchEvent(new Event("saldo:theme")); }
  });
  if (window.parent !== window) root.dataset.framed = "";
})();
