// The meeting page that stands in for the real one: joins with the token in the fragment, which no server gets to see.
"use strict";

const REFRESH_MS = 1000;
const $ = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");
let me = null;

async function ask(path, told) {
  const options = told && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(told),
  };
  const answer = await fetch(`/control/${path}`, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || `answer ${answer.status}`);
  return body;
}

function say(text) {
  $("status").textContent = text;
}

function buttons() {
  $("microphone").hidden = $("leave").hidden = !me;
  $("again").hidden = Boolean(me) || !token;
  $("microphone").textContent = me?.tracks.length ? "Microphone off" : "Microphone on";
}

async function join() {
  try {
    me = await ask("join", { token, publish: ["microphone"] });
    say(`You are in the meeting as ${me.name || me.identity}.`);
  } catch (error) {
    say(`LiveKit does not let you in: ${error.message}`);
  }
  await refresh();
}

async function refresh() {
  const before = me;
  if (before) {
    const { rooms } = await ask("state");
    if (me !== before) return; // another look was faster
    const room = rooms.find(({ name }) => name === me.room);
    const people = room ? room.participants : [];
    const found = people.find(({ sid }) => sid === me.sid);
    if (!found) say("You are no longer in the meeting.");
    me = found ? { ...found, room: me.room } : null;
    show(people);
  }
  buttons();
}

function show(people) {
  $("people").replaceChildren(...people.map((person) => {
    const item = document.createElement("li");
    const muted = person.tracks.every((track) => track.muted);
    item.textContent = `${person.name || person.identity}${muted ? "" : " (speaks)"}`;
    return item;
  }));
}

function mine() {
  return { room: me.room, identity: me.identity };
}

$("microphone").addEventListener("click", async () => {
  await ask(me.tracks.length ? "unpublish" : "publish", mine());
  await refresh();
});
$("leave").addEventListener("click", async () => {
  await ask("leave", mine());
  await refresh();
});
$("again").addEventListener("click", join);
addEventListener("pagehide", () => {
  if (me) navigator.sendBeacon("/control/leave", new Blob([JSON.stringify(mine())], { type: "application/json" }));
});

$("slug").textContent = new URLSearchParams(location.search).get("room") ?? "";
if (token) {
  join();
  setInterval(refresh, REFRESH_MS);
} else {
  say("The address has no token, so nobody knows who you are.");
  buttons();
}
