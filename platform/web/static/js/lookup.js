// Pickers of records: what fits the typed text is asked of the server, with the rest of the form, and chosen by key or mouse.
(() => {
  const DELAY = 80;
  let opened = null; // {root, input, list, options, active}
  let serial = 0;

  const form = document.querySelector("[data-form]");
  if (!form) return;

  const close = () => {
    if (!opened) return;
    opened.list.remove();
    opened.input.setAttribute("aria-expanded", "false");
    opened.input.removeAttribute("aria-activedescendant");
    opened = null;
  };

  const icon = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const image = document.createElementNS(space, "svg");
    image.setAttribute("class", "i");
    image.setAttribute("aria-hidden", "true");
    const sprite = document.querySelector("svg.i use").getAttribute("href").split("#")[0];
    image.append(document.createElementNS(space, "use"));
    image.firstChild.setAttribute("href", `${sprite}#i-${name}`);
    return image;
  };

  const mark = (at) => {
    if (!opened) return;
    const items = [...opened.list.querySelectorAll("[role=option]")];
    if (!items.length) return;
    opened.active = (at + items.length) % items.length;
    items.forEach((item, index) => {
      item.setAttribute("aria-selected", String(index === opened.active));
      item.classList.toggle("on", index === opened.active);
    });
    opened.input.setAttribute("aria-activedescendant", items[opened.active].id);
    items[opened.active].scrollIntoView({ block: "nearest" });
  };

  const show = (root, input, options) => {
    close();
    const list = document.createElement("ul");
    list.className = "menu picker";
    list.setAttribute("role", "listbox");
    list.id = `picker-${++serial}`;
    list.setAttribute("aria-label", input.getAttribute("aria-label") || input.labels?.[0]?.textContent || "");
    options.forEach((option, index) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = `${list.id}-${index}`;
      item.className = "menu-i";
      const tile = document.createElement("span");
      tile.className = "tile";
      tile.dataset.tone = option.tone;
      tile.append(icon(option.icon));
      const text = document.createElement("span");
      text.className = "ell";
      text.textContent = option.text;
      item.append(tile, text);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); pick(option); });
      list.append(item);
    });
    if (!options.length) {
      const none = document.createElement("li");
      none.className = "menu-h";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = form.dataset.nothing;
      list.append(none);
    }
    // fixed, so that a grid that scrolls does not cut it off
    const box = (root.closest("td") || input.closest(".combo")).getBoundingClientRect();
    document.body.append(list);
    list.style.position = "fixed";
    list.style.minWidth = `${Math.max(box.width, 260)}px`;
    list.style.left = `${Math.min(box.left, innerWidth - list.offsetWidth - 8)}px`;
    const below = innerHeight - box.bottom;
    if (below < list.offsetHeight + 8 && box.top > below) list.style.bottom = `${innerHeight - box.top + 2}px`;
    else list.style.top = `${box.bottom + 2}px`;
    opened = { root, input, list, options, active: -1 };
    input.setAttribute("aria-expanded", "true");
    input.setAttribute("aria-controls", list.id);
    if (options.length) mark(0);
  };

  const ask = async (root, input, text) => {
    const number = ++serial;
    const data = window.tesseraForm.data();
    data.set("~field", window.tesseraForm.path(root.dataset.lookup));
    data.set("~text", text);
    if (root.hasAttribute("data-several")) data.set("~several", "1");
    const answer = await window.tesseraForm.post(form.dataset.options, data);
    if (answer && number === serial && document.activeElement === input) show(root, input, answer);
  };

  const pick = (option) => {
    const { root, input } = opened;
    close();
    if (root.hasAttribute("data-many")) {
      const chosen = root.querySelector("[data-chosen]");
      if (![...chosen.querySelectorAll("input")].some((box) => box.value === option.value)) {
        const item = root.querySelector("template").content.cloneNode(true);
        item.querySelector("input").value = option.value;
        item.querySelector("input").setAttribute("aria-label", option.text);
        item.querySelector("[data-title]").textContent = option.text;
        chosen.append(item);
      }
      input.value = "";
    } else {
      root.querySelector("[data-value]").value = option.value;
      input.value = option.text;
      input.dataset.title = option.text;
      for (const other of root.parentElement.querySelectorAll("[data-candidate]")) other.checked = false;
    }
    root.dispatchEvent(new CustomEvent("tessera:changed", { bubbles: true, detail: root.dataset.lookup }));
  };

  let timer = 0;
  form.addEventListener("input", (event) => {
    const input = event.target.closest("[data-text]");
    if (!input) return;
    const root = input.closest("[data-lookup]");
    clearTimeout(timer);
    if (!root.hasAttribute("data-many") && !input.value.trim()) root.querySelector("[data-value]").value = "";
    timer = setTimeout(() => ask(root, input, input.value.trim()), DELAY);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open]");
    if (button) {
      const root = button.closest("[data-lookup]");
      const input = root.querySelector("[data-text]");
      input.focus();
      if (opened?.input === input) close(); else ask(root, input, "");
    }
    const drop = event.target.closest("[data-drop]");
    if (drop) {
      const root = drop.closest("[data-lookup]");
      drop.closest("li").remove();
      root.querySelector("[data-text]").focus();
      root.dispatchEvent(new CustomEvent("tessera:changed", { bubbles: true, detail: root.dataset.lookup }));
    }
  });
  // in the capturing phase: an open picker takes the keys before the line grid does
  form.addEventListener("keydown", (event) => {
    const input = event.target.closest("[data-text]");
    if (!input) return;
    const root = input.closest("[data-lookup]");
    const mine = opened?.input === input;
    if (event.key === "ArrowDown" && !event.altKey) { event.preventDefault(); if (mine) mark(opened.active + 1); else ask(root, input, ""); }
    else if (event.key === "ArrowUp" && !event.altKey && mine) { event.preventDefault(); mark(opened.active - 1); }
    else if ((event.key === "Enter" || event.key === "Tab") && mine && opened.active >= 0 && input.value.trim() && input.value !== (input.dataset.title ?? "")) {
      if (event.key === "Enter") { event.preventDefault(); event.stopImmediatePropagation(); }
      pick(opened.options[opened.active]);
    } else if (event.key === "Enter" && mine && opened.active >= 0) { event.preventDefault(); event.stopImmediatePropagation(); pick(opened.options[opened.active]); }
    else if (event.key === "Escape" && mine) { event.preventDefault(); event.stopPropagation(); close(); }
  }, true);
  form.addEventListener("focusin", (event) => {
    const input = event.target.closest("[data-text]");
    if (input && input.dataset.title === undefined) input.dataset.title = input.value;
  });
  // what was typed and not chosen gives way to what stands
  form.addEventListener("focusout", (event) => {
    const input = event.target.closest("[data-text]");
    if (!input) return;
    clearTimeout(timer);
    if (opened?.input === input) close();
    const root = input.closest("[data-lookup]");
    if (root.hasAttribute("data-many")) { input.value = ""; return; }
    const value = root.querySelector("[data-value]");
    if (!input.value.trim() && input.dataset.title) {
      input.dataset.title = "";
      value.value = "";
      root.dispatchEvent(new CustomEvent("tessera:changed", { bubbles: true, detail: root.dataset.lookup }));
    } else if (input.value !== input.dataset.title) input.value = input.dataset.title ?? "";
  });
  document.querySelector(".scroll")?.addEventListener("scroll", close, { passive: true });
  addEventListener("resize", close);

  const prepare = (within) => {
    for (const input of within.querySelectorAll("[data-text]")) {
      input.setAttribute("role", "combobox");
      input.setAttribute("aria-autocomplete", "list");
      input.setAttribute("aria-expanded", "false");
    }
  };
  prepare(form);
  form.addEventListener("tessera:line", (event) => prepare(event.target));
})();
