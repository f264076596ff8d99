// A tile for everybody, one more for a shared screen, and the list of people: drawn from what LiveKit says now.

import { element, icon, initials, isPhone, nameOf, remarkOn, words } from "./meet-names.js";

const { Track } = window.LivekitClient;
const grid = document.getElementById("tiles");
const list = document.getElementById("people-list");
const voices = document.getElementById("voices");
const tiles = new Map(); // by identity, and what of theirs it shows
const heard = new Map(); // audio elements by their track

const make = () => {
  const root = element("li", "tile");
  const tile = { root, face: element("div", "face"), tag: element("div", "tag"), raised: element("div", "raised") };
  tile.raised.append(icon("hand"), words.hand);
  root.append(tile.face, tile.raised, tile.tag);
  return tile;
};

const play = (tile, publication) => {
  const track = publication && !publication.isMuted ? publication.track : undefined;
  if (tile.track === track) return;
  if (tile.video) {
    tile.track.detach(tile.video);
    tile.video.remove();
  }
  tile.track = track;
  tile.video = track ? track.attach() : undefined;
  if (tile.video) {
    tile.video.muted = true; // sound comes from the voices alone
    tile.root.prepend(tile.video);
  }
};

const mark = (participant) => {
  if (participant.isSpeaking) return [icon("wave", words.speaking)];
  return participant.isMicrophoneEnabled ? [] : [icon("mic-off", words.muted)];
};

const drawPerson = (tile, participant, raised) => {
  const name = nameOf(participant);
  tile.face.replaceChildren(isPhone(participant) ? icon("phone") : initials(name));
  tile.tag.replaceChildren(...mark(participant), element("span", "", name), element("small", "", remarkOn(participant)));
  tile.raised.hidden = !raised;
  tile.root.classList.toggle("speaks", participant.isSpeaking);
  tile.root.classList.toggle("mirrored", participant.isLocal);
  play(tile, participant.getTrackPublication(Track.Source.Camera));
};

const drawScreen = (tile, participant, publication) => {
  tile.root.classList.add("screen");
  tile.face.replaceChildren(icon("screen"));
  tile.tag.replaceChildren(element("span", "", words.screen.replace("{name}", () => nameOf(participant))));
  tile.raised.hidden = true;
  play(tile, publication);
};

const tileOf = (key, shown) => {
  const tile = tiles.get(key) || make();
  tiles.set(key, tile);
  shown.add(key);
  if (!tile.root.isConnected) grid.append(tile.root);
  return tile;
};

const clear = (shown) => {
  [...tiles].filter(([key]) => !shown.has(key)).forEach(([key, tile]) => {
    play(tile, undefined);
    tile.root.remove();
    tiles.delete(key);
  });
};

const listen = (participants) => {
  const tracks = new Set(
    participants
      .filter((participant) => !participant.isLocal)
      .flatMap((participant) => [...participant.audioTrackPublications.values()])
      .map((publication) => publication.track)
      .filter(Boolean),
  );
  [...heard].filter(([track]) => !tracks.has(track)).forEach(([track, sound]) => {
    track.detach(sound);
    sound.remove();
    heard.delete(track);
  });
  tracks.forEach((track) => {
    if (heard.has(track)) return;
    heard.set(track, track.attach());
    voices.append(heard.get(track));
  });
};

const enlist = (participants, hands) => {
  list.replaceChildren(
    ...participants.map((participant) => {
      const row = element("li");
      const hand = hands.has(participant.identity) ? [icon("hand", words.hand)] : [];
      row.append(element("span", "", nameOf(participant)), element("small", "", remarkOn(participant)), ...mark(participant), ...hand);
      return row;
    }),
  );
  document.getElementById("count").textContent = participants.length;
};

/** Draw everybody as they are now. */
export const draw = (room, hands) => {
  const participants = [...room.remoteParticipants.values(), room.localParticipant];
  const shown = new Set();
  participants.forEach((participant) => {
    drawPerson(tileOf(`person ${participant.identity}`, shown), participant, hands.has(participant.identity));
    const screen = participant.getTrackPublication(Track.Source.ScreenShare);
    if (screen && screen.track) drawScreen(tileOf(`screen ${participant.identity}`, shown), participant, screen);
  });
  clear(shown);
  listen(participants);
  enlist(participants, hands);
};

/** Take everything off the page, so that nothing plays on. */
export const clearAll = () => {
  clear(new Set());
  listen([]);
};
