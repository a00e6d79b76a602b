// STOP in two keys from every page: "!" opens the dialog with its button under the finger, Enter sends.
"use strict";
(function () {
  const dialog = document.getElementById("stop-dialog");
  const link = document.getElementById("stop-open");
  if (!dialog || !link) return;
  function open(event) {
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
    document.getElementById("stop-send").focus();
  }
  link.addEventListener("click", open);
  document.getElementById("stop-close").addEventListener("click", function () { dialog.close(); });
  document.addEventListener("keydown", function (event) {
    const at = document.activeElement;
    const typing = at && at.matches("input:not([type=checkbox]):not([type=range]), textarea") && !dialog.open;
    if (event.key === "!" && !typing && !dialog.open && !event.ctrlKey && !event.metaKey && !event.altKey) open(event);
  });
  let sent = false;
  dialog.querySelector("form").addEventListener("submit", function (event) {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", function () { sent = false; });
})();
