// A finding's button opens its dry run below it and closes it again; one is open at a time. Without this it is a link.
(() => {
  "use strict";

  const openers = () => document.querySelectorAll('[aria-controls="repair"]');

  const say = (opener, open) => {
    if ((opener.getAttribute("aria-expanded") === "true") === open) return;
    const label = opener.querySelector("[data-label]");
    [label.textContent, opener.dataset.other] = [opener.dataset.other, label.textContent];
    opener.setAttribute("aria-expanded", String(open));
  };

  const shut = () => {
    document.querySelectorAll("article > .dry-run").forEach((panel) => panel.remove());
    openers().forEach((opener) => say(opener, false));
  };

  const onOpener = (event, opener) => {
    const open = opener.getAttribute("aria-expanded") === "true";
    shut();
    say(opener, !open);
    if (!open) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  const onCancel = (event, cancel) => {
    const opener = cancel.closest("article").querySelector('[aria-controls="repair"]');
    event.preventDefault();
    shut();
    opener.focus();
  };

  // In the capture phase: htmx must not fetch what is only to be closed.
  document.addEventListener(
    "click",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      const opener = event.target.closest('[aria-controls="repair"]');
      const cancel = event.target.closest("article > .dry-run [data-cancel]");
      if (opener) onOpener(event, opener);
      if (cancel) onCancel(event, cancel);
    },
    true,
  );
})();
