// Keeps a page true: an event names the ledger index; what carries data-live is fetched anew and put in its place.
"use strict";
(function () {
  const body = document.body;
  const clock = document.getElementById("now");
  if (!body.dataset.index || !clock) return;
  let busy = false, again = false;

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "manual" });
      if (!answer.ok) { mark(true); return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelectorAll("[data-live]").forEach(function (old) {
        const found = fresh.getElementById(old.id);
        if (found && found.innerHTML !== old.innerHTML && !old.contains(focused())) old.innerHTML = found.innerHTML;
      });
      const now = fresh.getElementById("now");
      if (now) { clock.dataset.ms = now.dataset.ms; told = Number(now.dataset.ms); read = performance.now(); clock.textContent = now.textContent; }
      mark(false);
      alarm();
      document.dispatchEvent(new CustomEvent("record-changed"));
    } catch (_) { mark(true); } finally {
      busy = false;
      if (again) { again = false; refresh(); }
    }
  }

  const title = document.title;
  function alarm() {
    const first = document.querySelector("[data-alarm]");
    document.title = first ? "(!) " + first.dataset.alarm + " · " + title : title;
  }
  alarm();
  setInterval(refresh, 20000);

  function focused() {
    const at = document.activeElement;
    return at && at.matches("input, textarea, select") ? at : null;
  }

  function mark(stale) {
    document.querySelectorAll("[data-live]").forEach(function (each) { each.classList.toggle("stale", stale); });
    let banner = document.getElementById("lost");
    if (stale && !banner) {
      banner = document.createElement("p");
      banner.id = "lost"; banner.className = "banner stop"; banner.setAttribute("role", "alert");
      banner.textContent = "This page has lost its node since " + new Date().toISOString().slice(11, 19) + "Z. What is shown may be old.";
      document.querySelector("header").after(banner);
    } else if (!stale && banner) banner.remove();
  }

  const stream = new EventSource("/live?after=" + encodeURIComponent(body.dataset.index));
  stream.onmessage = refresh;
  stream.onerror = function () { mark(true); };
  stream.onopen = function () { if (document.getElementById("lost")) refresh(); };

  let told = Number(clock.dataset.ms), read = performance.now();
  if (!clock.dataset.simulated) setInterval(function () {
    const at = new Date(told + performance.now() - read);
    clock.textContent = at.toISOString().slice(0, 19).replace("T", " ") + "Z";
  }, 1000);

  const slider = document.getElementById("slider");
  if (slider) slider.addEventListener("input", function () {
    slider.closest("form").querySelector("output").textContent = new Date(Number(slider.value)).toISOString().slice(0, 19).replace("T", " ") + "Z";
  });
})();
