// The buttons below the tiles and their keys: M, V, S and H. A button says what pressing it does.

import { showSymbol } from "./meet-names.js";

const { MediaDeviceFailure, RoomEvent, Track } = window.LivekitClient;
const part = (id) => document.getElementById(id);
const KEYS = { m: "microphone", v: "camera", s: "screen", h: "hand" };
const NOTICES = {
  [MediaDeviceFailure.PermissionDenied]: "denied",
  [MediaDeviceFailure.NotFound]: "absent",
};

const show = (id, on) => {
  const button = part(id);
  button.querySelector("[data-label]").textContent = on ? button.dataset.on : button.dataset.off;
  showSymbol(button.querySelector("use"), on ? button.dataset.onIcon : button.dataset.offIcon);
  button.classList.toggle("off", id === "microphone" && !on);
  button.classList.toggle("on", id !== "microphone" && id !== "camera" && on);
};

const warn = (failure) => {
  part("notice").replaceChildren(part(`notice-${NOTICES[failure] || "busy"}`).content.cloneNode(true));
  part("notice").hidden = false;
};

/** Show which devices are on, as LiveKit has it. */
export const draw = (room, raised) => {
  const own = room.localParticipant;
  show("microphone", own.isMicrophoneEnabled);
  show("camera", own.isCameraEnabled);
  show("screen", own.isScreenShareEnabled);
  show("hand", raised);
  part("sound").hidden = room.canPlaybackAudio;
};

const toggle = async (room, id) => {
  const own = room.localParticipant;
  part("notice").hidden = true;
  part(id).disabled = true;
  try {
    if (id === "microphone") await own.setMicrophoneEnabled(!own.isMicrophoneEnabled);
    if (id === "camera") await own.setCameraEnabled(!own.isCameraEnabled);
    if (id === "screen") await own.setScreenShareEnabled(!own.isScreenShareEnabled, { audio: true });
  } catch (error) {
    const failure = MediaDeviceFailure.getFailure(error);
    // whoever closes the browser's choice of a screen has said no, and needs no advice
    if (id !== "screen" || failure !== MediaDeviceFailure.PermissionDenied) warn(failure);
  } finally {
    part(id).disabled = false;
    if (document.activeElement === document.body) part(id).focus();
  }
};

const showPeople = () => {
  const panel = part("people-panel");
  panel.hidden = !panel.hidden;
  part("people").setAttribute("aria-expanded", String(!panel.hidden));
};

/** Let the buttons and keys work; `raise` turns the hand. */
export const init = (room, raise, redraw) => {
  ["microphone", "camera", "screen"].forEach((id) => {
    part(id).addEventListener("click", () => toggle(room, id).then(redraw));
  });
  part("screen").hidden = !navigator.mediaDevices || !navigator.mediaDevices.getDisplayMedia;
  part("hand").addEventListener("click", raise);
  part("people").addEventListener("click", showPeople);
  part("leave").addEventListener("click", () => room.disconnect());
  part("sound").addEventListener("click", () => room.startAudio().then(redraw));
  document.addEventListener("keydown", (event) => {
    const id = KEYS[event.key.toLowerCase()];
    if (!id || event.ctrlKey || event.metaKey || event.altKey || event.repeat || part("controls").hidden) return;
    part(id).click();
  });
  room.on(RoomEvent.LocalTrackUnpublished, (publication) => {
    if (publication.source === Track.Source.ScreenShare) redraw(); // ended by the browser's own bar
  });
};
