"use strict";
(() => {
  const form = document.getElementById("filters");
  if (form) {
    const rows = Array.from(document.querySelectorAll("#sites tbody tr"), (row) => ({
      row,
      text: row.textContent.toLowerCase(),
    }));
    const field = (id) => document.getElementById(id).value;
    const show = () => {
      const words = field("text").toLowerCase().split(/\s+/).filter(Boolean);
      const kind = field("kind");
      const verdict = field("verdict");
      let shown = 0;
      for (const { row, text } of rows) {
        const fits =
          (!kind || row.dataset.kind === kind) &&
          (!verdict || row.dataset.verdict === verdict) &&
          words.every((word) => text.includes(word));
        row.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      document.getElementById("shown").value = `${shown} of ${rows.length} shown`;
      document.getElementById("none").hidden = shown > 0;
    };
    form.hidden = false;
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(show));
    show();
  }
  // What is folded away is printed all the same.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach((part) => (part.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((part) => (part.open = false)));
})();
