// Makes the lobby live: looks every two seconds, also in a background tab; number in the title, sound, spoken news.
(() => {
  "use strict";

  const AIMING = 1500; // milliseconds in which a moving pointer keeps the rows where they are
  const title = document.title;
  let moved = 0;
  let waiting = null;
  let sound = null; // an AudioContext once switched on: browsers allow it from a click alone

  const queue = () => document.getElementById("queue");

  document.addEventListener("pointermove", (event) => {
    if (event.target.closest && event.target.closest("#queue button")) moved = Date.now();
  });

  const look = () => {
    if (Date.now() - moved < AIMING) return;
    document.querySelectorAll("[data-poll]").forEach((part) => part.dispatchEvent(new CustomEvent("tick")));
  };

  const ring = () => {
    if (!sound) return;
    [660, 880].forEach((frequency, nth) => {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      const start = sound.currentTime + nth * 0.18;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.12, start);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.4);
      tone.connect(volume).connect(sound.destination);
      tone.start(start);
      tone.stop(start + 0.4);
    });
  };

  const say = (count) => {
    const news = document.getElementById("lobby-news");
    if (!news) return;
    const words = count > 1 ? news.dataset.many : count === 1 ? news.dataset.one : news.dataset.none;
    news.textContent = words.replace("{count}", count);
  };

  const count = () => {
    const shown = queue();
    if (!shown) return;
    const now = Number(shown.dataset.waiting);
    document.title = now ? `(${now}) ${title}` : title;
    if (waiting !== null && now !== waiting) say(now);
    if (waiting !== null && now > waiting) ring();
    waiting = now;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#lobby-sound");
    if (!button) return;
    if (sound) {
      sound.close();
      sound = null;
    } else {
      sound = new AudioContext();
      ring();
    }
    button.setAttribute("aria-pressed", String(sound !== null));
    button.querySelector("[data-label]").textContent = sound ? button.dataset.on : button.dataset.off;
    const drawn = button.querySelector("use");
    drawn.setAttribute("href", drawn.getAttribute("href").replace(/#\w+$/, sound ? "#sound" : "#mute"));
  });

  // Whoever decides by keyboard goes on with the next in line: the button that was pressed is gone by then.
  let decided = null;
  document.addEventListener("submit", (event) => {
    const row = event.target.closest("#queue li");
    decided = row ? row.id : null;
  }, true);

  const goOn = () => {
    const row = decided && document.getElementById(decided);
    decided = null;
    if (!row || document.activeElement !== document.body) return;
    const rows = [...queue().querySelectorAll("li")];
    const open = rows.filter((each) => each.querySelector("button.admit"));
    const next = open.find((each) => rows.indexOf(each) > rows.indexOf(row)) || open[0];
    const target = next ? next.querySelector("button.admit") : queue().querySelector("a, button");
    if (target) target.focus();
  };

  document.addEventListener("htmx:after:swap", () => {
    count();
    goOn();
  });
  count();

  const beat = () => {
    const source = new URL("ticker.js", document.querySelector('script[src*="lobby.js"]').src);
    const worker = new Worker(source);
    worker.onmessage = look;
    worker.onerror = () => setInterval(look, 2000);
  };
  try {
    beat();
  } catch {
    setInterval(look, 2000);
  }
})();
