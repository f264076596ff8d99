// The bar above a list says how many rows are ticked, and one box ticks them all. Without this the bar is always shown.
(() => {
  "use strict";

  const bar = document.getElementById("chosen");
  if (!bar) return;
  const all = document.querySelector('[data-all="chosen"]');
  const boxes = [...document.querySelectorAll('input[name="chosen"]')];
  const words = bar.querySelector("[data-some]");
  const buttons = bar.querySelectorAll("button");

  buttons.forEach((button) => button.removeAttribute("data-script")); // or app.js shows what is hidden here

  const draw = () => {
    const count = boxes.filter((box) => box.checked).length;
    words.textContent = count ? words.dataset.some.replace("#", count) : words.dataset.none;
    bar.classList.toggle("idle", count === 0);
    buttons.forEach((button) => (button.hidden = count === 0));
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  };

  all.addEventListener("change", () => {
    boxes.forEach((box) => (box.checked = all.checked));
    draw();
  });
  boxes.forEach((box) => box.addEventListener("change", draw));
  bar.addEventListener("reset", () => setTimeout(draw));
  window.addEventListener("pageshow", draw);
  draw();
})();
