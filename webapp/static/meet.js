// The meeting: from the token to the last word. What happens is said in the page's own words, in its templates.

import * as controls from "./meet-controls.js";
import { nameOf, words } from "./meet-names.js";
import * as tiles from "./meet-tiles.js";
import * as token from "./meet-token.js";

const { ConnectionErrorReason, DisconnectReason, Room, RoomEvent, setLogLevel } = window.LivekitClient;
const HANDS = "hands"; // the topic under which raised hands are told: guests may not change their own attributes
const ENDINGS = {
  [DisconnectReason.CLIENT_INITIATED]: "left",
  [DisconnectReason.DUPLICATE_IDENTITY]: "elsewhere",
  [DisconnectReason.PARTICIPANT_REMOVED]: "removed",
  [DisconnectReason.ROOM_DELETED]: "ended",
  [DisconnectReason.ROOM_CLOSED]: "ended",
};
const REFUSALS = [ConnectionErrorReason.NotAllowed, ConnectionErrorReason.ServiceNotFound];
const DRAWN_AFTER = [
  "SignalConnected", "Connected", "ParticipantConnected", "ParticipantDisconnected", "TrackSubscribed", "TrackUnsubscribed",
  "TrackMuted", "TrackUnmuted", "LocalTrackPublished", "LocalTrackUnpublished", "ActiveSpeakersChanged",
  "ParticipantNameChanged", "AudioPlaybackStatusChanged", "RecordingStatusChanged",
];

setLogLevel("silent"); // its lines would carry names, and the address with the token, into the browser's console
const part = (id) => document.getElementById(id);
const hands = new Set(); // identities of those whose hand is up
const room = new Room({ adaptiveStream: true, dynacast: true });
let isOver = false;
let wasInside = false;

const say = (state) => {
  const shown = part("link-state");
  shown.dataset.now = state;
  shown.textContent = state ? shown.dataset[state] : "";
};

const tell = (text, participant) => {
  part("news").textContent = text.replace("{name}", () => nameOf(participant)); // a name may hold $&
};

const end = (state) => {
  if (isOver) return;
  isOver = true;
  tiles.clearAll();
  ["tiles", "controls", "people-panel", "notice", "recording"].forEach((id) => (part(id).hidden = true));
  say("");
  if (!["away", "lost"].includes(state)) token.forget();
  part("state").replaceChildren(part(`state-${state}`).content.cloneNode(true));
  part("state").hidden = false;
  part("state").focus();
};

const draw = () => {
  if (isOver) return;
  tiles.draw(room, hands);
  controls.draw(room, hands.has(room.localParticipant.identity));
  part("recording").hidden = !room.isRecording;
  part("tiles").hidden = false;
};

const tellHand = (to) => {
  const up = hands.has(room.localParticipant.identity);
  const message = new TextEncoder().encode(up ? "up" : "down");
  return room.localParticipant.publishData(message, { reliable: true, topic: HANDS, destinationIdentities: to });
};

const turn = (identity, up) => {
  if (up) hands.add(identity);
  else hands.delete(identity);
  draw();
};

const raise = () => {
  const own = room.localParticipant.identity;
  turn(own, !hands.has(own));
  tellHand().catch(() => turn(own, !hands.has(own)));
};

const failed = (error) => {
  if (REFUSALS.includes(error.reason)) end("refused");
  else if (error.reason === ConnectionErrorReason.Cancelled) end("left");
  else end("away");
};

const connected = () => {
  wasInside = true;
  say("connected");
  part("controls").hidden = false;
  draw();
};

const follow = () => {
  DRAWN_AFTER.forEach((name) => room.on(RoomEvent[name], draw));
  room.on(RoomEvent.ParticipantConnected, (participant) => {
    tell(words.joined, participant);
    if (hands.has(room.localParticipant.identity)) tellHand([participant.identity]).catch(() => {});
  });
  room.on(RoomEvent.ParticipantDisconnected, (participant) => {
    tell(words.left, participant);
    turn(participant.identity, false);
  });
  room.on(RoomEvent.DataReceived, (message, participant, _kind, topic) => {
    if (topic === HANDS && participant) turn(participant.identity, new TextDecoder().decode(message) === "up");
  });
  [RoomEvent.Reconnecting, RoomEvent.SignalReconnecting].forEach((event) => room.on(event, () => say("reconnecting")));
  room.on(RoomEvent.Reconnected, connected);
  room.on(RoomEvent.Disconnected, (reason) => {
    if (wasInside) end(ENDINGS[reason] || "lost"); // before, connect() itself tells why
  });
};

const join = (brought) => {
  follow();
  controls.init(room, raise, draw);
  say("connecting");
  room.connect(words.livekit, brought).then(connected, failed);
};

part("state").addEventListener("click", (event) => {
  if (event.target.closest("[data-again]")) location.reload();
});

const brought = token.take();
if (!brought) end("missing");
else if (token.hasExpired(brought)) end("expired");
else join(brought);
