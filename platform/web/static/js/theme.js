// Runs before the first paint: the theme that was chosen here, else the system's; and that there are scripts at all.
(() => {
  const root = document.documentElement;
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* storage may be switched off */ }
  root.dataset.theme = chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.classList.add("scripted");
  try { if (localStorage.getItem("side") === "min") root.dataset.sideMin = ""; } catch { /* as above */ }
})();
