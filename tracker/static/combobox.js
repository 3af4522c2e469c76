/* A field whose choices the server finds while one types: ARIA APG, "combobox with list autocomplete and manual
   selection". Its area names the place of the options: data-combobox. A choice is put into the area's hidden field
   (data-chosen), or added to its checked boxes (data-adds); without either, the area gets "combobox:choose". Without
   this script the field is plain, and its words are looked up when the form is sent: ports/pages/core/choosers.py. */
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const begun = new WeakSet(); // areas

  const fieldOf = (area) => one('input[type="text"]', area);
  const chosenOf = (area) => one("[data-chosen]", area);
  const placeOf = (area) => document.getElementById(area.dataset.combobox);
  const options = (area) => all('[role="option"]', placeOf(area));
  const active = (area) => options(area).find((option) => option.getAttribute("aria-selected") === "true");
  const isOpen = (area) => fieldOf(area).getAttribute("aria-expanded") === "true";

  function mark(area, option) {
    options(area).forEach((each) => each.setAttribute("aria-selected", String(each === option)));
    if (option) fieldOf(area).setAttribute("aria-activedescendant", option.id);
    else fieldOf(area).removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  function open(area, isWanted) {
    const list = one('[role="listbox"]', placeOf(area));
    const opens = isWanted && options(area).length > 0;
    if (list) list.hidden = !opens;
    if (opens) fieldOf(area).setAttribute("aria-controls", list.id);
    fieldOf(area).setAttribute("aria-expanded", String(opens));
    mark(area, null);
  }

  // The buttons of several people found, which came with the page, no longer say who is chosen.
  function keep(area, value) {
    const chosen = chosenOf(area);
    if (!chosen) return;
    one("[data-several]", area)?.remove();
    chosen.disabled = false;
    chosen.value = value;
  }

  function choose(area, option) {
    const { value, words, invited } = option.dataset;
    placeOf(area).replaceChildren();
    open(area, false);
    const chosen = chosenOf(area);
    fieldOf(area).value = chosen && !area.dataset.adds ? words : "";
    fieldOf(area).focus();
    if (area.dataset.adds) return add(area, value, words);
    if (!chosen) return area.dispatchEvent(new CustomEvent("combobox:choose", { detail: { value, words, invited } }));
    one('[role="status"]', area).textContent = `${words} chosen.`;
    keep(area, value);
    return chosen.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // One more of several: a checked box like those that the server made of the people chosen before.
  function add(area, value, words) {
    const list = document.getElementById(area.dataset.adds);
    let box = one(`input[value="${value}"]`, list);
    if (!box) {
      const row = one("template", list).content.cloneNode(true);
      box = one("input", row);
      Object.assign(box, { value, id: `${list.id}-${value}` });
      Object.assign(one("label", row), { htmlFor: box.id, textContent: words });
      list.append(row);
    }
    box.checked = true;
    one('[role="status"]', area).textContent = `${words} added.`;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function move(area, step) {
    if (!isOpen(area)) open(area, true);
    const each = options(area);
    if (!each.length) return;
    const place = each.indexOf(active(area));
    mark(area, each[place < 0 && step < 0 ? each.length - 1 : (place + step + each.length) % each.length]);
  }

  // Enter chooses. Where a choice is kept in the form, Enter without open options sends the form, as in any other field.
  function enter(event, area) {
    const each = options(area);
    if (chosenOf(area) && !isOpen(area)) return;
    event.preventDefault();
    if (active(area)) choose(area, active(area));
    else if (each.length === 1) choose(area, each[0]);
    else move(area, 1);
  }

  function escape(event, area) {
    const field = fieldOf(area);
    if (!isOpen(area) && !field.value) return;
    event.preventDefault();
    if (!isOpen(area)) empty(area, field);
    open(area, false);
  }

  function empty(area, field) {
    const wasChosen = chosenOf(area)?.value;
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (wasChosen) chosenOf(area).dispatchEvent(new Event("change", { bubbles: true }));
  }

  function press(event, area) {
    if (event.key === "Enter") return enter(event, area);
    if (event.key === "Escape") return escape(event, area);
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return undefined;
    event.preventDefault();
    return move(area, event.key === "ArrowDown" ? 1 : -1);
  }

  function begin(area) {
    begun.add(area);
    const field = fieldOf(area);
    const place = placeOf(area);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    open(area, false);
    field.addEventListener("keydown", (event) => press(event, area));
    field.addEventListener("input", () => keep(area, ""));
    field.addEventListener("blur", () => open(area, false));
    place.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    place.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (option) choose(area, option);
    });
  }

  // What was found for words that were chosen or deleted meanwhile is not shown.
  function show(area) {
    const field = fieldOf(area);
    if (!field.value || chosenOf(area)?.value) return placeOf(area).replaceChildren();
    if (document.activeElement === field && !active(area)) open(area, true);
    return undefined;
  }

  function beginAll() {
    all("[data-combobox]").filter((area) => !begun.has(area)).forEach(begin);
  }

  document.addEventListener("htmx:after:swap", () => {
    beginAll();
    all("[data-combobox]").filter((area) => options(area).length && !isOpen(area)).forEach(show);
  });
  beginAll();
})();
