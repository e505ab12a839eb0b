// Keyboard for the desk: j/k through the queue, Enter opens, / searches, ? helps.
"use strict";
document.addEventListener("keydown", (event) => {
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.findIndex((row) => row.classList.contains("at"));
  if ((event.key === "j" || event.key === "k") && rows.length) {
    const to = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
    rows.forEach((row, i) => row.classList.toggle("at", i === to));
    rows[to].scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && at >= 0 && event.target.tagName !== "A" && event.target.tagName !== "BUTTON") {
    location.assign(rows[at].dataset.row);
  } else if (event.key === "/") {
    const box = document.querySelector("[data-search]");
    if (box) { event.preventDefault(); box.focus(); }
  } else if (event.key === "?") {
    const help = document.getElementById("keys");
    if (help) help.hidden = !help.hidden;
  }
});
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (row && !event.target.closest("a,button,input") && !String(getSelection())) location.assign(row.dataset.row);
});
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.dataset.ask && !confirm(button.dataset.ask)) { event.preventDefault(); return; }
  if (button) setTimeout(() => { button.disabled = true; });
});
const invitation = document.querySelector("[data-secret]");
if (invitation && !invitation.value && location.hash.length > 8) { invitation.value = location.hash.slice(1); history.replaceState(null, "", location.pathname); }
const waiting = document.querySelector("[data-waiting]");
if (waiting) setTimeout(() => location.reload(), 2500);
