// The playground: forms and lists over the control API. Everything shown is set as text, never as markup.
"use strict";

const REFRESH_MS = 1000;
const SHOWN_EVENTS = 60;
const $ = (id) => document.getElementById(id);
const drawn = new Map();

async function ask(path, told) {
  const options = told && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(told),
  };
  const answer = await fetch(`/control/${path}`, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || body.msg || `answer ${answer.status}`);
  return body;
}

async function act(path, told) {
  try {
    await ask(path, told);
    complain("");
  } catch (error) {
    complain(error.message);
  }
  await refresh();
}

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

function make(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function button(text, path, told) {
  const element = make("button", text, { type: "button" });
  element.addEventListener("click", () => act(path, told));
  return element;
}

// Draws again only what changed, so that focus and half-typed keys survive.
function draw(id, data, build) {
  const text = JSON.stringify(data);
  if (drawn.get(id) === text) return;
  drawn.set(id, text);
  $(id).replaceChildren(...build(data));
}

function drawRooms(rooms) {
  return rooms.map((room) => {
    const article = make("article");
    const people = make("ul");
    people.append(...room.participants.map((person) => drawPerson(room.name, person)));
    article.append(make("h3", room.ghost ? `${room.name} (a ghost)` : room.name), people);
    if (!room.participants.length) people.append(make("li", "Nobody is inside."));
    return article;
  });
}

function drawPerson(room, person) {
  const item = make("li");
  const told = { room, identity: person.identity };
  const speaks = person.tracks.length > 0;
  item.append(make("span", person.name || person.identity), make("span", person.kind.toLowerCase(), { class: "state" }));
  if (speaks) {
    const muted = person.tracks.every((track) => track.muted);
    item.append(make("span", muted ? "muted" : "speaks", { class: muted ? "state bad" : "state good" }));
  }
  if (!person.permission.can_subscribe) item.append(make("span", "hears nothing", { class: "state bad" }));
  if (person.kind !== "SIP") {
    item.append(button(speaks ? "Microphone off" : "Microphone on", speaks ? "unpublish" : "publish", told));
    item.append(button("Leave", "leave", told));
  }
  return item;
}

function drawPhones(calls) {
  return calls.toReversed().slice(0, 6).map((call) => {
    const article = make("article");
    const last = call.answers.at(-1);
    const title = make("li");
    const state = call.state === "inside" ? "state good" : call.state === "ended" ? "state bad" : "state";
    title.append(make("span", call.identity || "A phone"), make("span", call.state, { class: state }));
    if (last) title.append(make("span", `SIP ${Array.isArray(last) ? last.join(" ") : last}`, { class: "state" }));
    const list = make("ul");
    list.append(title);
    if (call.prompts.length) list.append(make("li", `Heard: ${call.prompts.join(", ")}`));
    if (call.state === "silent") list.append(make("li", "It rings and nobody will answer: no trunk or rule takes it."));
    if (call.reason) list.append(make("li", `Ended: ${call.reason}`));
    if (call.room) list.append(make("li", `Room ${call.room}`));
    article.append(list);
    if (call.state === "prompt") article.append(keypad(call));
    if (call.state !== "ended") article.append(button("Hang up", "hang-up", { id: call.id }));
    return article;
  });
}

function keypad(call) {
  const form = make("form", "", { class: "keys" });
  const keys = make("input", "", {
    name: "keys", inputmode: "tel", pattern: "[0-9*#]+", required: "", "aria-label": "Keys to press, # at the end",
    placeholder: "PIN, then #", autocomplete: "off",
  });
  form.append(keys, make("button", "Press"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act("press", { id: call.id, keys: keys.value });
  });
  return form;
}

function drawEvents(deliveries) {
  return deliveries.toReversed().map(({ event, body, answers, outcome }) => {
    const row = make("tr");
    const answered = outcome === "sent" ? String(answers.at(-1)) : `${outcome} ${answers.map((a) => a ?? "–").join(" ")}`;
    const room = body.room?.name ?? body.egressInfo?.roomName ?? "";
    const who = body.participant?.name || body.participant?.identity || "";
    const time = new Date(Number(body.createdAt) * 1000).toLocaleTimeString();
    row.append(...[time, event, room, who, answered].map((text) => make("td", text)));
    return row;
  });
}

function drawOptions(values) {
  return [...new Set(values)].map((value) => make("option", "", { value }));
}

async function refresh() {
  try {
    const [state, calls, events] = await Promise.all([
      ask("state"), ask("phones"), ask(`deliveries?last=${SHOWN_EVENTS}`),
    ]);
    const trunks = await ask("call", { service: "SIP", method: "ListSIPInboundTrunk" });
    draw("rooms", state.rooms, drawRooms);
    draw("phones", calls, drawPhones);
    draw("events", events, drawEvents);
    draw("room-names", state.rooms.map((room) => room.name), drawOptions);
    const numbers = trunks.items.flatMap((trunk) => trunk.numbers);
    draw("numbers", numbers, drawOptions);
    const to = document.querySelector("#dial [name=to]");
    if (!to.value && to !== document.activeElement) to.value = numbers[0] ?? "";
  } catch (error) {
    complain(`The simulator does not answer (${error.message}).`);
  }
}

function onSubmit(id, path, told) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    act(path, told(Object.fromEntries(new FormData(event.target))));
  });
}

onSubmit("join", "join", ({ room, name }) => ({
  room, name, identity: `web-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`, publish: ["microphone"],
}));
onSubmit("join-with-token", "join", ({ token }) => ({ token: token.trim(), publish: ["microphone"] }));
onSubmit("dial", "dial", (told) => told);
refresh();
setInterval(refresh, REFRESH_MS);
