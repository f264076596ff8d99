// Sends the playground's forms without leaving the page, and keeps it fresh. The server draws everything.
"use strict";

const REFRESH_MS = 1000;
const LIVE = ["rooms", "phones", "events", "room-names", "numbers"];
const $ = (id) => document.getElementById(id);
let loads = 0;

// Half-typed keys survive: a part is not drawn again while somebody types in it.
function typing(part) {
  const at = document.activeElement;
  return part.contains(at) && at.matches("input") && at.value !== "";
}

function draw(page) {
  for (const id of LIVE) {
    const [here, there] = [$(id), page.getElementById(id)];
    if (here.innerHTML !== there.innerHTML && !typing(here)) here.replaceChildren(...there.childNodes);
  }
}

async function load(address, options) {
  loads += 1;
  const mine = loads;
  try {
    const answer = await fetch(address, options);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== loads) return; // something newer is on its way
    draw(page);
    if (options) $("problem").textContent = page.getElementById("problem").textContent;
  } catch {
    $("problem").textContent = "The simulator does not answer.";
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target));
  if (event.target.closest("article")) event.target.reset();
  load(event.target.action, { method: "POST", body });
});
setInterval(() => load("/playground/"), REFRESH_MS);
