// Small comforts on top of pages that work without any script.
(() => {
  "use strict";

  const each = (root, selector, act) => root.querySelectorAll(selector).forEach(act);

  // Clocks count from the moment in data-since; two minutes make them late.
  const tick = () =>
    each(document, "[data-since]", (clock) => {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 1000));
      const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
      const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
      clock.textContent = parts[0] ? `${parts[0]}:${minutes}:${rest}` : `${Number(minutes)}:${rest}`;
      clock.classList.toggle("late", seconds >= 120 && clock.classList.contains("clock"));
    });

  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText((source.dataset.value || source.value || source.textContent).trim());
    const label = button.querySelector("[data-label]");
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => (label.textContent = before), 2000);
  };

  // What was asked for to be copied is copied when it is there; a browser that forbids it leaves the button.
  const copyNow = (root) =>
    each(root, "[data-copy-now]", (button) => {
      button.removeAttribute("data-copy-now");
      copy(button).catch(() => getSelection().selectAllChildren(document.getElementById(button.dataset.copy)));
    });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    if (event.target.closest("[data-print]")) print();
    const close = event.target.closest("[data-close]");
    if (close) close.closest(close.dataset.close).remove();
  });

  // A button says that it works, and cannot be pressed twice.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.target.method === "get") return;
    setTimeout(() => {
      button.setAttribute("aria-busy", "true");
      button.disabled = true;
    });
    setTimeout(() => {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    }, 8000);
  });

  // Toasts go when their line is drained; hovering pauses the line, and so the going.
  document.addEventListener("animationend", (event) => {
    if (event.animationName === "drain") event.target.closest(".toast").remove();
  });

  // What was revealed is hidden again by itself.
  const hideLater = (root) =>
    each(root, "[data-hide-after]", (form) => {
      if (form.dataset.armed) return;
      form.dataset.armed = "yes";
      setTimeout(() => form.isConnected && form.requestSubmit(), Number(form.dataset.hideAfter) * 1000);
    });

  // "/" goes to the search box, as in every tool with lists.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
    const search = document.querySelector('[role="search"] input');
    if (search) {
      event.preventDefault();
      search.focus();
    }
  });

  // Buttons that only a script can serve appear with it.
  each(document, "[data-script]", (element) => (element.hidden = false));
  // A button whose answer is a file is the browser's own business.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.submitter?.hasAttribute("data-plain")) event.stopImmediatePropagation();
    },
    true,
  );

  document.addEventListener("htmx:after:swap", () => {
    each(document, "[data-script]", (element) => (element.hidden = false));
    hideLater(document);
    copyNow(document);
    tick();
  });
  hideLater(document);
  tick();
  setInterval(tick, 1000);
})();
