// After an answer the focus goes to the next person who is to be confirmed: its row was put in anew, and had it.
(() => {
  "use strict";

  let answered = null;

  document.addEventListener("submit", (event) => {
    const row = event.target.closest("tr");
    if (row && event.target.closest(".decide")) answered = row.id;
  });

  document.addEventListener("htmx:after:swap", () => {
    const row = answered && document.getElementById(answered);
    answered = null;
    if (!row || row.querySelector('[role="alert"]')) return;
    const rows = [...document.querySelectorAll("#people tbody tr")];
    const later = rows.slice(rows.indexOf(row) + 1).map((each) => each.querySelector(".decide .admit"));
    const next = later.find(Boolean) || row.querySelector("button");
    if (next) next.focus();
  });
})();
