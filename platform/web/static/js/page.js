// What every page can do: theme, sidebar, notices, tabs, shortcuts, confirmation. No words here: they come with the markup.
(() => {
  const root = document.documentElement;
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* storage may be switched off */ } };

  const actions = {
    theme() {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      remember("theme", root.dataset.theme);
    },
    side() {
      root.toggleAttribute("data-side-min");
      remember("side", root.hasAttribute("data-side-min") ? "min" : "full");
    },
    menu(button, event) {
      event.preventDefault();
      const side = document.getElementById("side");
      side.classList.toggle("open");
      if (side.classList.contains("open")) side.querySelector("a, input")?.focus();
    },
    "close-toast"(button) { button.closest("[data-toast]").remove(); },
    "show-password"(button) {
      const input = document.getElementById(button.dataset.for);
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button && actions[button.dataset.act]) actions[button.dataset.act](button, event);
    const side = document.getElementById("side");
    if (side?.classList.contains("open") && !side.contains(event.target) && !button) side.classList.remove("open");
    for (const drop of document.querySelectorAll("details.drop[open]")) if (!drop.contains(event.target)) drop.open = false;
  });

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset?.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // notices go by themselves, unless somebody is about to use them; what they told is taken out of the address
  const notice = new URL(location.href);
  for (const name of ["saved", "created", "restored", "deleted", "purged", "password"]) notice.searchParams.delete(name);
  if (notice.href !== location.href) history.replaceState(null, "", notice);
  setTimeout(() => {
    for (const toast of document.querySelectorAll("[data-toast]")) if (!toast.matches(":hover, :focus-within")) toast.remove();
  }, 10000);

  // tabs: all panels are there already
  const choose = (tab, focus) => {
    const list = tab.closest("[role=tablist]");
    for (const other of list.querySelectorAll("[role=tab]")) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(other.getAttribute("aria-controls"));
      if (panel) panel.hidden = !on;
    }
    if (focus) tab.focus();
    history.replaceState(null, "", tab.href);
  };
  for (const list of document.querySelectorAll("[data-tabs]")) {
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(tab);
    });
    list.addEventListener("keydown", (event) => {
      const tabs = [...list.querySelectorAll("[role=tab]")].filter((tab) => tab.offsetParent);
      const at = tabs.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      choose(tabs[(to + tabs.length) % tabs.length], true);
    });
  }
  // on narrow screens the rail's lists stand in a tab of their own
  const here = document.querySelector("[data-rail-here]");
  if (here && !here.children.length) {
    const rail = document.querySelector(".p-rail");
    const narrow = matchMedia("(max-width: 1240px)");
    const move = () => { if (rail) (narrow.matches ? here : document.querySelector(".rec-b")).append(rail); };
    narrow.addEventListener("change", move);
    move();
  }

  // shortcuts: single letters never while somebody types
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      const search = document.querySelector("[data-global-search]");
      if (search?.offsetParent) { event.preventDefault(); search.focus(); search.select(); }
      return;
    }
    if (event.key === "Escape") {
      document.getElementById("side")?.classList.remove("open");
      for (const drop of document.querySelectorAll("details.drop[open]")) { drop.open = false; drop.querySelector("summary").focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "?") { document.getElementById("keys-dialog")?.showModal(); event.preventDefault(); return; }
    if (event.key.toLowerCase() === "z") { document.querySelector("[data-undo]")?.click(); return; }
    const wanted = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input")) { wanted.focus(); wanted.select(); }
    else if (wanted.matches("details")) { wanted.open = true; wanted.querySelector("select, input:not([type=hidden])")?.focus(); }
    else wanted.click();
  });
})();
