// The search over every page: Ctrl or ⌘ with K opens it, arrows choose, Enter opens. Without a script its links lead to the page.
(() => {
  "use strict";

  const palette = document.getElementById("palette");
  if (!palette) return;
  const box = document.getElementById("palette-words");
  const PAUSE = 120; // milliseconds without a key until the words are sent
  let waiting = 0;

  const options = () => [...palette.querySelectorAll('[role="option"]')];
  const chosen = () => palette.querySelector('[aria-selected="true"]');

  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-activedescendant", option.id);
    } else box.removeAttribute("aria-activedescendant");
  };

  const empty = () => {
    document.getElementById("palette-list").replaceChildren();
    box.setAttribute("aria-expanded", "false");
    choose(null);
  };

  // Numbers, PINs and addresses of people are never sent: the box's own pattern tells them.
  const why = () => (box.checkValidity() ? "" : box.value.includes("@") ? "address" : "number");

  const ask = () => {
    clearTimeout(waiting);
    const refused = why();
    palette.querySelectorAll("[data-note]").forEach((note) => (note.hidden = note.dataset.note !== refused));
    if (refused) {
      empty();
      const email = palette.querySelector('[name="email"]');
      if (email) email.value = refused === "address" ? box.value.trim() : "";
      return;
    }
    waiting = setTimeout(() => box.dispatchEvent(new CustomEvent("ask")), PAUSE);
  };

  const open = () => {
    if (palette.open) return;
    document.getElementById("menu")?.hidePopover?.();
    palette.showModal();
    box.select();
    ask();
  };

  const go = (option, anew) => {
    if (anew) window.open(option.href, "_blank", "noopener");
    else option.click();
  };

  const step = (by) => {
    const all = options();
    if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
  };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-palette]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open();
    }
    if (event.target === palette || event.target.closest("[data-leave-palette]")) palette.close();
  });

  box.addEventListener("input", ask);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !event.isComposing) {
      const option = chosen();
      if (!option && !why()) return; // the form leads to the page
      event.preventDefault();
      if (option) go(option, event.ctrlKey || event.metaKey);
    }
  });

  // An answer that comes after the words have become a number or an address is not shown.
  document.addEventListener("htmx:after:swap", () => {
    if (!palette.open) return;
    if (why()) return empty();
    const all = options();
    box.setAttribute("aria-expanded", String(all.length > 0));
    if (!chosen() || !all.includes(chosen())) choose(all[0] || null);
  });

  if (/Mac|iPhone|iPad/.test(navigator.platform))
    document.querySelectorAll("[data-mac]").forEach((key) => (key.textContent = key.dataset.mac));
})();
