// Moving through a list: J and K or the arrows, Enter opens; a click anywhere in a row opens it too.
(() => {
  const list = document.querySelector("[data-list]");
  if (!list) return;
  const rows = () => [...list.querySelectorAll("tr[data-href]")];
  let current = null;

  const go = (row) => {
    if (!row) return;
    current?.classList.remove("cur");
    current = row;
    row.classList.add("cur");
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const open = (row, aside) => { if (aside) window.open(row.dataset.href, "_blank", "noopener"); else location.href = row.dataset.href; };

  list.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input") || String(getSelection())) return;
    open(row, event.ctrlKey || event.metaKey);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog, summary")) return;
    const all = rows();
    const at = all.indexOf(current);
    const inList = list.contains(event.target) || event.target === document.body || event.target.closest(".tblwrap");
    if (event.key === "j" || (event.key === "ArrowDown" && inList)) { event.preventDefault(); go(all[Math.min(at + 1, all.length - 1)]); }
    else if (event.key === "k" || (event.key === "ArrowUp" && inList)) { event.preventDefault(); go(all[Math.max(at - 1, 0)]); }
    else if (event.key === "Enter" && current && event.target === current) { event.preventDefault(); open(current); }
  });
})();
