// A form that knows what a save would do: after each change the server's draft comes back with formulas, brought-along values and problems.
(() => {
  const form = document.querySelector("[data-form]");
  if (!form) return;
  const touched = new Set();
  let dirty = form.querySelector("[data-summary]") !== null;
  let sending = false;

  const data = () => {
    const filled = new FormData(form);
    for (const [name, value] of [...filled.entries()]) if (value instanceof File || name.endsWith("~text") || name === "~base") filled.delete(name);
    return filled;
  };
  const post = async (url, body) => {
    try {
      const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRF-Token": form.elements.csrf.value }, credentials: "same-origin" });
      return answer.ok ? await answer.json() : null;
    } catch { return null; }
  };
  // "/lines/0/product" is the field lines.product
  const path = (pointer) => pointer.slice(1).replace(/\/\d+\//, ".");
  window.tesseraForm = { data, post, path };

  const pointerOf = (name) => name.replace(/~text$/, "").replace(/\[\]$/, "");
  const named = (name) => form.querySelectorAll(`[name="${CSS.escape(name)}"]`);

  const put = (pointer, { value, text }, sent) => {
    const lookup = form.querySelector(`[data-lookup="${CSS.escape(pointer)}"]`);
    if (lookup) {
      if (lookup.hasAttribute("data-many")) return;
      const input = lookup.querySelector("[data-text]");
      if (document.activeElement === input || lookup.querySelector("[data-value]").value !== sent.get(pointer)) return;
      lookup.querySelector("[data-value]").value = value;
      input.value = input.dataset.title = text;
      return;
    }
    for (const control of named(pointer)) {
      if (control === document.activeElement || control.type === "file" || control.type === "radio") continue;
      if (control.matches("input:not([type=checkbox]), select, textarea") && control.value !== sent.get(control.name)) continue;
      if (control.type === "checkbox") control.checked = value === "true" || value === "True";
      else if (control.type !== "hidden") control.value = value;
    }
  };

  const complain = (problems) => {
    for (const place of form.querySelectorAll("[data-error]")) {
      const pointer = place.dataset.error;
      const text = touched.has(pointer) || !place.hidden ? problems[pointer] : undefined;
      place.hidden = !text;
      if (text) place.lastElementChild.textContent = text;
      const cell = form.querySelector(`td[data-field="${CSS.escape(pointer)}"]`);
      cell?.classList.toggle("bad", Boolean(text));
      const control = document.getElementById(place.id.replace(/-error$/, ""));
      if (control && control !== place) {
        if (text) control.setAttribute("aria-invalid", "true"); else control.removeAttribute("aria-invalid");
        const help = document.getElementById(`${control.id}-help`) ? `${control.id}-help` : "";
        const described = [help, text ? place.id : ""].filter(Boolean).join(" ");
        if (described) control.setAttribute("aria-describedby", described); else control.removeAttribute("aria-describedby");
      }
    }
    for (const row of form.querySelectorAll("tr[data-message]")) row.hidden = !row.querySelector(".err:not([hidden])");
  };

  const apply = (draft, sent) => {
    for (const [pointer, text] of Object.entries(draft.outputs))
      for (const place of form.querySelectorAll(`[data-out="${CSS.escape(pointer)}"]`)) {
        const shown = text || (place.closest("td") ? "" : "—");
        if (place.textContent !== shown) place.textContent = shown;
      }
    for (const [pointer, value] of Object.entries(draft.values)) put(pointer, value, sent);
    for (const [pointer, state] of Object.entries(draft.states)) {
      const field = form.querySelector(`.field[data-field="${CSS.escape(pointer)}"]`);
      if (!field) continue;
      field.hidden = state.hidden;
      const star = field.querySelector(".req");
      if (star) star.hidden = !state.required;
    }
    for (const [part, hidden] of Object.entries({ ...draft.parts, ...draft.tabs })) {
      const place = form.querySelector(`[data-part="${CSS.escape(part)}"]`);
      if (place) place.hidden = hidden;
    }
    complain(draft.problems);
  };

  // One question at a time, in order: what a chosen record brings along must not be lost to a question that is asked after it.
  const waiting = [];
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    form.setAttribute("aria-busy", "true");
    while (waiting.length && !sending) {
      const pointer = waiting.shift();
      const body = data();
      if (pointer) body.set("~touched", pointer);
      const draft = await post(form.dataset.draft, body);
      if (draft) apply(draft, body);
    }
    form.removeAttribute("aria-busy");
    asking = false;
  };
  let timer = 0;
  const refresh = (pointer, delay) => {
    dirty = true;
    clearTimeout(timer);
    if (pointer) { waiting.push(pointer); ask(); return; }
    timer = setTimeout(() => { if (!waiting.length) waiting.push(null); ask(); }, delay);
  };

  // choices that depend on another one
  const narrow = (controller) => {
    for (const select of form.querySelectorAll(`[data-controlled-by="${CSS.escape(pointerOf(controller.name))}"]`))
      for (const option of select.options) {
        const fits = !option.dataset.when || option.dataset.when.split(" ").includes(controller.value);
        option.hidden = option.disabled = !fits;
        if (!fits && option.selected) select.value = "";
      }
  };
  for (const select of form.querySelectorAll("select[data-controlled-by]")) {
    const controller = named(select.dataset.controlledBy)[0];
    if (controller) narrow(controller);
  }

  form.addEventListener("input", (event) => {
    if (event.target.closest("[data-text]") || !event.target.name) return;
    dirty = true;
    if (event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea")) refresh(null, 350);
  });
  form.addEventListener("change", (event) => {
    if (!event.target.name || event.target.closest("[data-text]") || event.target.type === "file") return;
    const pointer = pointerOf(event.target.name);
    touched.add(pointer);
    if (event.target.matches("select")) narrow(event.target);
    refresh(pointer);
  });
  form.addEventListener("tessera:changed", (event) => {
    touched.add(event.detail);
    refresh(event.detail);
  });
  form.addEventListener("focusout", (event) => {
    const name = event.target.name && pointerOf(event.target.name);
    if (name && !touched.has(name) && dirty && form.querySelector(`[data-error="${CSS.escape(name)}"]`)) { touched.add(name); refresh(null, 60); }
  });

  const submit = () => { if (!sending) form.requestSubmit(document.querySelector("[data-save]")); };
  form.addEventListener("submit", () => {
    sending = true;
    dirty = false;
    // a typed text that was never chosen is only for pages without scripts
    for (const input of form.querySelectorAll("[data-text]")) {
      const value = input.closest("[data-lookup]").querySelector("[data-value]");
      if (value && (value.value || !input.value)) input.disabled = true;
    }
    for (const button of document.querySelectorAll("[data-save]")) button.setAttribute("aria-busy", "true");
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && (event.key.toLowerCase() === "s" || event.key === "Enter")) { event.preventDefault(); submit(); }
  });
  // Enter in a plain field goes on, it does not save by accident
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.defaultPrevented && event.target.matches("input:not([type=submit]):not([type=file])") && !event.ctrlKey && !event.metaKey) event.preventDefault();
  });
  addEventListener("beforeunload", (event) => { if (dirty && !sending) event.preventDefault(); });
  addEventListener("pageshow", () => { sending = false; for (const input of form.querySelectorAll("[data-text]")) input.disabled = false; });

  const summary = form.querySelector("[data-summary]");
  if (summary) summary.focus();
  else form.querySelector(".sec:not([hidden]) .field:not([hidden]) :is(input:not([type=hidden]), select, textarea)")?.focus();
  for (const link of form.querySelectorAll(".issues a"))
    link.addEventListener("click", (event) => {
      const place = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!place) return;
      event.preventDefault();
      place.scrollIntoView({ block: "center" });
      place.focus();
    });
})();
