// One entry in a drawer over the log: its address stands in the bar, Esc and Back close it, and the focus returns.
(() => {
  "use strict";

  const here = () => location.pathname + location.search;
  const list = here();
  const drawer = () => document.querySelector("aside > .drawer");
  let opener = null;

  const mark = (entry) =>
    document.querySelectorAll("[data-entry]").forEach((line) => {
      if (line.matches("li") && line.dataset.entry === entry) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    });

  const close = () => {
    drawer()?.remove();
    mark("");
    if (opener?.isConnected) opener.focus();
    opener = null;
  };

  document.addEventListener("click", (event) => {
    const line = event.target.closest("#log .moment");
    if (line) opener = line;
    if (drawer() && event.target.closest("[data-leave]")) {
      event.preventDefault();
      history.back();
    }
  });

  // The next entry takes the place of this one in the history, so that Back leads to the list.
  document.addEventListener("htmx:after:swap", () => {
    const open = drawer();
    if (!open || open.dataset.seen) return;
    open.dataset.seen = "yes";
    if (here() === list) history.pushState({ entry: true }, "", open.dataset.url);
    else history.replaceState({ entry: true }, "", open.dataset.url);
    mark(open.dataset.entry);
    open.querySelector("h2").focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer()) history.back();
  });

  // The list is there still: it need not be asked for again.
  document.addEventListener("htmx:before:history:restore", (event) => {
    if (here() === list) event.preventDefault();
  });

  window.addEventListener("popstate", () => {
    if (here() === list) close();
    else location.reload();
  });
})();
