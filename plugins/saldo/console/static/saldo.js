// What pages do by themselves: times in Airflow's time zone, dialogs that ask first, lists that are chosen from, links out of Airflow's frame.
(function () {
  "use strict";

  function zone() {
    let kept = null;
    try { kept = localStorage.getItem("timezone"); } catch { /* a browser that keeps nothing */ }
    kept = (kept || "UTC").replace(/"/g, "");
    if (kept === "local") return undefined;
    try { new Intl.DateTimeFormat("sv-SE", { timeZone: kept }); return kept; } catch { return "UTC"; }
  }

  function showTimes(root) {
    const show = new Intl.DateTimeFormat("sv-SE", { timeZone: zone(), dateStyle: "short", timeStyle: "short" });
    root.querySelectorAll("time[data-when]").forEach((time) => {
      const at = new Date(time.getAttribute("datetime"));
      if (isNaN(at)) return;
      time.title = at.toISOString().slice(0, 16).replace("T", " ") + " UTC";
      time.textContent = show.format(at);
    });
  }

  // Airflow's frame lets nothing out of it: a link to Airflow, or to a new tab, is followed by the page around it.
  function leaveFrame(event) {
    const from = event.target.closest("a[data-airflow-link], a[target=_blank]");
    if (!from || window.parent === window || event.defaultPrevented || event.button !== 0) return;
    let outer;
    try { outer = window.parent.document; outer.body.tagName; } catch { return; }
    event.preventDefault();
    const link = outer.createElement("a");
    link.href = from.href;
    if (from.target) { link.target = from.target; link.rel = "noopener"; }
    outer.body.append(link);
    link.click();
    link.remove();
  }

  function dialogs(event) {
    const opens = event.target.closest("[data-dialog]");
    if (opens) { document.getElementById(opens.dataset.dialog).showModal(); return; }
    const closes = event.target.closest("[data-close]");
    if (closes) closes.closest("dialog").close();
  }

  // A box with data-all="name" chooses all boxes of that name in its form; data-count tells how many are.
  function choose(event) {
    const box = event.target;
    if (box.matches("input[type=checkbox][data-all]")) {
      box.form.querySelectorAll(`input[type=checkbox][name="${box.dataset.all}"]:not(:disabled)`).forEach((one) => { one.checked = box.checked; });
    }
    // Who ticks something means what is ticked: data-chosen names the choice that says so.
    const means = box.form && box.type === "checkbox" && box.checked && box.form.querySelector(`input[type=radio][data-chosen="${box.dataset.all || box.name}"]`);
    if (means) means.checked = true;
    if (box.form) tellCounts(box.form);
  }

  function tellCounts(form) {
    form.querySelectorAll("[data-count]").forEach((place) => {
      const chosen = form.querySelectorAll(`input[type=checkbox][name="${place.dataset.count}"]:checked`).length;
      place.textContent = chosen;
      form.querySelectorAll(`button[data-needs="${place.dataset.count}"]`).forEach((button) => { button.disabled = chosen === 0; });
    });
  }

  // A form is sent once: a second click while the answer is awaited would ask for the same again.
  function sendOnce(event) {
    const form = event.target;
    if (form.method !== "post" || (event.submitter && event.submitter.formMethod === "dialog")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.querySelectorAll("button[type=submit]").forEach((button) => { button.setAttribute("aria-busy", "true"); });
  }

  function alertWith(text) {
    const place = document.getElementById("alerts");
    const said = document.createElement("div");
    said.className = "notice bad";
    said.setAttribute("role", "alert");
    said.textContent = text;
    place.replaceChildren(said);
  }

  function failed(event) {
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    // Only what asks every few seconds asks again by itself.
    const polled = event.detail.elt && (event.detail.elt.getAttribute("hx-trigger") || "").includes("every");
    const then = polled ? " It is tried again." : " Load this page again.";
    if (status === 401) alertWith("You are logged out. Load this page again to log in.");
    else if (status === 403) alertWith("You may not do this. Ask an administrator of Airflow for the right.");
    else if (status) alertWith("This part of the page could not be loaded (" + status + ")." + then);
    else alertWith("Airflow's API server does not answer." + then);
  }

  // What was done is told once: not when the page is loaded anew, or its address sent to somebody.
  function tellOnce() {
    const here = new URL(location.href);
    if (!here.searchParams.has("told")) return;
    here.searchParams.delete("told");
    history.replaceState(history.state, "", here);
  }

  document.addEventListener("DOMContentLoaded", () => { tellOnce(); showTimes(document); document.querySelectorAll("form").forEach(tellCounts); });
  document.addEventListener("htmx:load", (event) => showTimes(event.target.parentElement || document));
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:afterOnLoad", (event) => {
    const place = document.getElementById("alerts");
    if (event.detail.successful && place.querySelector(".bad")) place.replaceChildren();
  });
  document.addEventListener("click", leaveFrame);
  document.addEventListener("click", dialogs);
  document.addEventListener("change", choose);
  document.addEventListener("submit", sendOnce);
  // Back to a page that the browser kept: what was sent may be sent again.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));
})();
