/* A field whose choices the server finds while one types: ARIA APG, "combobox with list autocomplete and manual
   selection". Its area names the place of the options: data-combobox. A choice is put into the area's hidden field
   (data-chosen), or added to its checked boxes (data-adds); without either, the area gets "combobox:choose". Without
   this script the field is plain, and its words are looked up when the form is sent: ports/pages/core/form_values.py. */
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const searches = new WeakMap(); // area → its Search
  const NOT_FOUND = "People can’t be looked up now. Press Enter to try again.";

  // asked: the words of the last request; found: those whose options are there; isComing: more are to come;
  // key: what was pressed meanwhile. The options are those of earlier words until then, and no key chooses among them.
  const Search = () => ({ asked: "", found: "", isComing: false, key: "" });

  const fieldOf = (area) => one('input[type="text"]', area);
  const chosenOf = (area) => one("[data-chosen]", area);
  const placeOf = (area) => document.getElementById(area.dataset.combobox);
  const options = (area) => all('[role="option"]', placeOf(area));
  const active = (area) => options(area).find((option) => option.getAttribute("aria-selected") === "true");
  const isOpen = (area) => fieldOf(area).getAttribute("aria-expanded") === "true";
  const wordsOf = (area) => fieldOf(area).value.trim();
  const isFound = (area) => searches.get(area).found === wordsOf(area);

  // Options are seen, and so is what was chosen: a field shows only why there are none.
  function report(area, words, isSeen = false) {
    const status = one('[role="status"]', area);
    status.textContent = words;
    if ("quiet" in status.dataset) status.classList.toggle("usa-sr-only", !isSeen);
  }

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
    end(area);
    const chosen = chosenOf(area);
    fieldOf(area).value = chosen && !area.dataset.adds ? words : "";
    fieldOf(area).focus();
    if (area.dataset.adds) return add(area, value, words);
    if (!chosen) return area.dispatchEvent(new CustomEvent("combobox:choose", { detail: { value, words, invited } }));
    report(area, `${words} chosen.`);
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
    report(area, `${words} added.`);
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Ends a search: what it may still find is not shown.
  function end(area) {
    searches.set(area, Search());
    placeOf(area).replaceChildren();
    open(area, false);
  }

  // Words that came with the page were not looked up by htmx yet, nor were those of a request that failed.
  function wait(area, key) {
    if (!searches.get(area).isComing) fieldOf(area).dispatchEvent(new Event("input", { bubbles: true }));
    searches.get(area).key = key;
  }

  function move(area, step) {
    if (!isOpen(area)) open(area, true);
    const each = options(area);
    if (!each.length) return;
    const place = each.indexOf(active(area));
    mark(area, each[place < 0 && step < 0 ? each.length - 1 : (place + step + each.length) % each.length]);
  }

  // Enter chooses, and sends the form only when there is nothing to choose: no words, or a choice made before.
  function enter(event, area) {
    const chosen = chosenOf(area);
    if (chosen && (chosen.value || !wordsOf(area) || one("[data-several]", area))) return;
    event.preventDefault();
    if (!wordsOf(area)) return;
    if (active(area)) choose(area, active(area));
    else chooseOnly(area);
  }

  function chooseOnly(area) {
    const each = options(area);
    if (each.length === 1) choose(area, each[0]);
    else move(area, 1);
  }

  function escape(event, area) {
    const field = fieldOf(area);
    if (!isOpen(area) && !field.value) return;
    event.preventDefault();
    if (!isOpen(area)) empty(area, field);
    searches.get(area).key = "Escape";
    open(area, false);
  }

  function empty(area, field) {
    const wasChosen = chosenOf(area)?.value;
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (wasChosen) chosenOf(area).dispatchEvent(new Event("change", { bubbles: true }));
  }

  const KEYS = {
    Enter: enter,
    Escape: escape,
    ArrowDown(event, area) { event.preventDefault(); move(area, 1); },
    ArrowUp(event, area) { event.preventDefault(); move(area, -1); },
  };

  function press(event, area) {
    const deed = KEYS[event.key];
    if (!deed || event.isComposing) return;
    const isReady = isFound(area) || event.key === "Escape" || isSettled(area);
    if (isReady) return deed(event, area);
    event.preventDefault();
    wait(area, event.key);
  }

  function isSettled(area) {
    return !wordsOf(area) || Boolean(chosenOf(area)?.value) || Boolean(one("[data-several]", area));
  }

  // Its words changed: what was found for earlier ones is still shown until the answer, unmarked.
  function look(area) {
    keep(area, "");
    mark(area, null);
    if (!wordsOf(area)) return stop(area);
    Object.assign(searches.get(area), { isComing: true, key: "" });
    if (!options(area).length) report(area, "");
    return undefined;
  }

  function stop(area) {
    end(area);
    report(area, "");
  }

  function begin(area) {
    searches.set(area, Search());
    const field = fieldOf(area);
    const place = placeOf(area);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    open(area, false);
    field.addEventListener("keydown", (event) => press(event, area));
    field.addEventListener("input", () => look(area));
    field.addEventListener("blur", () => open(area, false));
    place.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    place.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (option) choose(area, option);
    });
  }

  // The answer for the words in the field: does what was pressed while it was on its way.
  function show(area) {
    const search = searches.get(area);
    const { key } = search;
    Object.assign(search, { found: search.asked, isComing: false, key: "" });
    open(area, document.activeElement === fieldOf(area) && key !== "Escape");
    report(area, placeOf(area).querySelector("[data-said]")?.dataset.said ?? "", !options(area).length);
    if (!isOpen(area)) return;
    if (key === "Enter") chooseOnly(area);
    else if (key) move(area, key === "ArrowUp" ? -1 : 1);
  }

  function fail(area) {
    stop(area);
    report(area, NOT_FOUND, true);
  }

  function beginAll() {
    all("[data-combobox]").filter((area) => !searches.has(area)).forEach(begin);
  }

  // The area whose words an event of htmx looks up.
  function askingOf({ detail: { ctx } }) {
    const area = ctx?.sourceElement?.closest?.("[data-combobox]");
    return area && ctx.sourceElement === fieldOf(area) && searches.has(area) ? area : null;
  }

  // A request begins some time after the last key: nothing may be left to look up by then, or by its answer.
  document.addEventListener("htmx:before:request", (event) => {
    const area = askingOf(event);
    if (area && !searches.get(area).isComing) event.preventDefault();
    else if (area) searches.get(area).asked = wordsOf(area);
  });

  document.addEventListener("htmx:before:swap", (event) => {
    const area = askingOf(event);
    const search = area && searches.get(area);
    if (area && (!search.isComing || search.asked !== wordsOf(area))) event.preventDefault();
  });

  document.addEventListener("htmx:after:swap", (event) => {
    beginAll();
    const area = askingOf(event);
    if (area && searches.get(area).isComing) show(area);
  });

  ["htmx:response:error", "htmx:error"].forEach((kind) => document.addEventListener(kind, (event) => {
    const area = askingOf(event);
    if (area) fail(area);
  }));
  beginAll();
})();
