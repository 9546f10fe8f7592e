// Line tables: add, duplicate, move and delete lines; Enter goes down a column. Names are renumbered, so that they always are pointers.
(() => {
  const attributes = ["name", "id", "for", "data-field", "data-out", "data-error", "data-lookup", "data-controlled-by", "aria-describedby", "data-l"];

  for (const section of document.querySelectorAll("[data-lines]")) {
    const pointer = section.dataset.lines;
    const dashed = pointer.replaceAll("/", "-");
    const body = section.querySelector("tbody");
    const template = section.querySelector("template");
    for (const spare of body.querySelectorAll(".spare")) { spare.nextElementSibling?.remove(); spare.remove(); }

    const lines = () => [...body.querySelectorAll("tr[data-line]")];

    const renumber = () => {
      lines().forEach((line, index) => {
        for (const row of [line, line.nextElementSibling]) {
          for (const node of [row, ...row.querySelectorAll("*")]) {
            for (const name of attributes) {
              const value = node.getAttribute(name);
              if (!value) continue;
              const now = value
                .replace(new RegExp(`^(~clash)?${pointer}/(\\d+|__n__)/`), `$1${pointer}/${index}/`)
                .replace(new RegExp(`c${dashed}-(\\d+|__n__)-`, "g"), `c${dashed}-${index}-`);
              if (now !== value) node.setAttribute(name, now);
            }
          }
        }
        line.querySelector("[data-number]").textContent = index + 1;
        for (const label of line.querySelectorAll("td > label.vh")) label.textContent = label.textContent.replace(/(\d+)?(?=[,，])/, index + 1);
      });
      section.querySelector("[data-count]").textContent = lines().length;
    };
    const changed = () => section.dispatchEvent(new CustomEvent("tessera:changed", { bubbles: true, detail: pointer }));
    const first = (line) => line.querySelector("td.in input:not([type=hidden]), td.in select, td.in textarea");

    const add = (after, copied) => {
      const fresh = template.content.cloneNode(true);
      const line = fresh.querySelector("tr[data-line]");
      if (after) after.nextElementSibling.after(fresh); else body.append(fresh);
      if (copied) {
        const from = [...copied.querySelectorAll("input, select, textarea")];
        [...line.querySelectorAll("input, select, textarea")].forEach((control, at) => {
          if (control.name.endsWith("/id") || !from[at]) return;
          if (control.type === "checkbox" || control.type === "radio") control.checked = from[at].checked;
          else if (control.type !== "file") control.value = from[at].value;
        });
      }
      renumber();
      line.dispatchEvent(new CustomEvent("tessera:line", { bubbles: true }));
      first(line)?.focus();
      changed();
      return line;
    };
    const remove = (line) => {
      const all = lines();
      const at = all.indexOf(line);
      line.nextElementSibling.remove();
      line.remove();
      renumber();
      const next = all[at + 1] || all[at - 1];
      if (next?.isConnected) first(next)?.focus(); else section.querySelector("[data-line-act=add]")?.focus();
      changed();
    };
    const move = (line, by) => {
      const all = lines();
      const other = all[all.indexOf(line) + by];
      if (!other) return;
      const message = line.nextElementSibling;
      const focused = document.activeElement;
      if (by < 0) other.before(line, message); else other.nextElementSibling.after(line, message);
      renumber();
      focused.focus();
      changed();
    };

    section.addEventListener("click", (event) => {
      const button = event.target.closest("[data-line-act]");
      if (!button) return;
      const line = button.closest("tr[data-line]");
      if (button.dataset.lineAct === "add") add();
      else if (button.dataset.lineAct === "copy") add(line, line);
      else remove(line);
    });
    body.addEventListener("keydown", (event) => {
      const line = event.target.closest("tr[data-line]");
      if (!line || event.defaultPrevented) return;
      const control = (event.ctrlKey || event.metaKey) && !event.shiftKey;
      if (control && event.key.toLowerCase() === "d") { event.preventDefault(); add(line, line); }
      else if (control && event.key === "Backspace") { event.preventDefault(); remove(line); }
      else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); move(line, event.key === "ArrowUp" ? -1 : 1); }
      else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.target.closest("textarea, button")) {
        event.preventDefault();
        const all = lines();
        const cells = [...line.cells];
        const at = cells.indexOf(event.target.closest("td"));
        const next = all[all.indexOf(line) + 1] || add();
        next.cells[at]?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
      }
    });
  }
})();
