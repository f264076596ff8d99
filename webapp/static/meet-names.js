// How people are called on the page. Whatever they call themselves is text, and a phone's number is no name.

const { ParticipantKind } = window.LivekitClient;
export const words = document.getElementById("meet").dataset;

export const isPhone = (participant) => participant.kind === ParticipantKind.SIP;

/** What to call somebody; of a caller's name at most the two last digits are shown, however many LiveKit has. */
export const nameOf = (participant) => {
  if (!isPhone(participant)) return participant.name || words.nameless;
  const ending = /(\d\d)\D*$/.exec(participant.name || "");
  return ending ? `${words.caller} ••${ending[1]}` : words.caller;
};

/** What stands behind the name in grey. */
export const remarkOn = (participant) => {
  if (participant.isLocal) return words.you;
  return isPhone(participant) ? words.phone : "";
};

export const initials = (name) => {
  const parts = name.split(/\s+/).filter((part) => /^[\p{L}\p{N}]/u.test(part));
  return [parts[0], parts.length > 1 ? parts.at(-1) : ""].map((part) => [...(part || "")][0] || "").join("").toUpperCase();
};

/** An element with a class and a text. */
export const element = (tag, className = "", text = "") => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

const ICONS = document.querySelector("use").getAttribute("href").split("#")[0]; // as the page names the file

/** Let an SVG's `use` show a symbol of icons.svg. */
export const showSymbol = (use, name) => use.setAttribute("href", `${ICONS}#${name}`);

/** A symbol of icons.svg; `spoken`: what it says to those who do not see it. */
export const icon = (name, spoken = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  showSymbol(use, name);
  made.classList.add("icon");
  made.append(use);
  if (!spoken) {
    made.setAttribute("aria-hidden", "true");
    return made;
  }
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", spoken);
  return made;
};
