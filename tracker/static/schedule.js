/* The form of an event. Without this script each box is a plain box and a button finds people: see
   templates/events/schedule/. */
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* "All agencies": checks the others, and shows when only some of them are checked -- */
  function checkAll(group, changed) {
    const boxes = all('[type="checkbox"]', group);
    const [whole, ...others] = boxes;
    if (whole?.value !== "all") return;
    if (changed === whole) others.forEach((box) => { box.checked = whole.checked; });
    const checked = others.filter((box) => box.checked).length;
    whole.checked = checked === others.length;
    whole.indeterminate = checked > 0 && !whole.checked;
  }

  // An agency may be checked because its people are. Unchecked, it takes them along, and invites them when checked again.
  function uncheckPeople(group) {
    all('[name="agency_by_name"]', group).forEach((note) => {
      if (one(`[type="checkbox"][value="${note.value}"]`, group).checked) return;
      all(`#rows-${note.value} [name="person"]`).forEach((box) => { box.checked = false; });
      all(`#rows-${note.value} [name="by_name"]`).forEach((mark) => mark.remove());
      note.remove();
    });
  }

  // Before htmx reads the form, so in the capturing phase.
  document.addEventListener("change", (event) => {
    const group = event.target.closest("[data-all-of]");
    if (!group) return;
    checkAll(group, event.target);
    uncheckPeople(group);
  }, { capture: true });

  /* A group of boxes, or of folded lists, is one stop of the Tab key: arrows move inside it. */
  const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

  const partsOf = (group) => all(group.dataset.oneStop, group);

  function makeOneStop(group) {
    const parts = partsOf(group);
    const isHere = parts.includes(document.activeElement);
    const last = parts.find((part) => "stop" in part.dataset); // where the focus was when it left
    const stop = isHere ? document.activeElement : last ?? parts[0];
    for (const part of parts) {
      part.tabIndex = part === stop ? 0 : -1;
      part.toggleAttribute("data-stop", part === stop);
    }
  }

  // Said only where a script makes it true.
  function tellKeys(group) {
    const hint = one(".usa-hint", group) ?? one(".usa-hint", group.parentElement);
    if (partsOf(group).length > 1) hint.append(" Arrow keys move through them.");
  }

  function partFor(key, parts, place) {
    if (key in STEPS) return parts[(place + STEPS[key] + parts.length) % parts.length];
    if (key === "Home") return parts[0];
    return key === "End" ? parts.at(-1) : null;
  }

  document.addEventListener("keydown", (event) => {
    const group = event.target.closest("[data-one-stop]");
    if (!group || event.ctrlKey || event.metaKey || event.altKey) return;
    const parts = partsOf(group);
    const wanted = parts.includes(event.target) && partFor(event.key, parts, parts.indexOf(event.target));
    if (!wanted) return;
    event.preventDefault();
    wanted.focus();
  });

  document.addEventListener("focusin", (event) => {
    const group = event.target.closest("[data-one-stop]");
    if (group && partsOf(group).includes(event.target)) makeOneStop(group);
  });

  /* A list that was unfolded stays so when the lists follow an agency, also when it was still being loaded. ------ */
  const unfolded = new Set(); // ids

  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches("#by-person > details")) return;
    if (target.open) unfolded.add(target.id);
    else unfolded.delete(target.id);
  }, { capture: true });

  const unfoldAgain = () => unfolded.forEach((id) => { document.getElementById(id).open = true; });

  /* A preview brings the choices in the words of the new day. One made while it was on its way stays made. ------- */
  const typed = new Map(); // ids of fields that a preview may replace, with what was typed or chosen there

  function note({ target }) {
    if (target.id && target.closest("#repeats, #ends")) {
      typed.set(target.id, target.type === "checkbox" ? target.checked : target.value);
    }
  }

  function putBack() {
    typed.forEach((value, id) => {
      const input = document.getElementById(id);
      if (input?.type === "checkbox") input.checked = value;
      else if (input) input.value = value;
    });
  }

  ["input", "change"].forEach((kind) => document.addEventListener(kind, note));

  /* Adding a person: what is chosen in the combobox (combobox.js) becomes a row of the form --------------------- */
  const area = one("[data-combobox]");
  const field = area && one('input[type="text"]', area);
  const drop = area && one('[name="drop"]', area);
  const button = area && one('[name="add"]', area);
  let chosen = null; // the person who may be removed
  const coming = new Map(); // id → the person whose row is on its way, and the field that invites them until then

  const report = (words) => { one('[role="status"]', area).textContent = words; };

  function choose({ detail: { value, words, invited } }) {
    if (invited !== undefined) {
      chosen = { value, words };
      return offer();
    }
    const input = Object.assign(document.createElement("input"), { type: "hidden", name: "person", value });
    area.append(input);
    coming.set(value, { words, input });
    button.value = value;
    return button.click();
  }

  // Enter must not take anyone off the list by mistake, so a button does, the next stop of the Tab key.
  function offer() {
    report(`${chosen.words} is already invited.`);
    drop.value = chosen.value;
    drop.hidden = false;
  }

  function forget() {
    drop.hidden = true;
    drop.value = "";
    chosen = null;
  }

  function dropped() {
    report(`${chosen.words} is off the list.`);
    forget();
    field.focus();
    document.getElementById("by-person").dispatchEvent(new Event("change", { bubbles: true }));
  }

  const boxOf = (id) => one(`#by-person [name="person"][value="${id}"]:checked`);

  // The new row tells the summary and the draft of the form that it changed.
  function added(id, { words, input }) {
    const box = boxOf(id);
    if (!box) return;
    report(`${words} added.`);
    input.remove();
    coming.delete(id);
    box.closest("details").open = true;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // A person who can't be added is in the field again: nothing is sent while someone is typed there and not added.
  function failed({ detail: { ctx } }) {
    if (!coming.size || ctx?.sourceElement !== button) return;
    const people = [...coming.values()];
    people.forEach(({ input }) => input.remove());
    coming.clear();
    const words = people.map((one) => one.words);
    field.value ||= words.at(-1);
    report(`${words.join(", ")} ${words.length > 1 ? "weren’t" : "wasn’t"} added. Press Enter to try again.`);
  }

  function begin() {
    field.addEventListener("input", forget);
    drop.addEventListener("click", () => { chosen.leaves = true; });
    area.addEventListener("combobox:choose", choose);
    ["htmx:response:error", "htmx:error"].forEach((kind) => document.addEventListener(kind, failed));
  }

  /* At once: until htmx says that it has swapped, the next preview may have been asked for with what it brought. */
  document.addEventListener("htmx:before:settle", putBack);

  document.addEventListener("htmx:after:swap", () => {
    if (chosen?.leaves && !boxOf(chosen.value)) dropped();
    coming.forEach((person, id) => added(id, person));
    unfoldAgain();
    all("[data-one-stop]").forEach(makeOneStop);
  });

  const TEXTS = "[type=text], [type=url], textarea";

  /* What sending does is asked again after each change: until then the bar at the bottom says no number. */
  ["input", "change"].forEach((kind) => document.addEventListener(kind, (event) => {
    if (!event.target.closest("#schedule")) return;
    all(".tt-sendbar [data-usual]").forEach((words) => {
      (one("#send-says > p:last-child", words) ?? words).textContent = words.dataset.usual;
    });
    // Who is double-booked doesn't depend on the texts, so it isn't taken away while they are typed.
    if (!event.target.matches(TEXTS)) all("#send-effect .tt-caution").forEach((words) => words.remove());
  }));

  all("[data-one-stop]").forEach((group) => {
    makeOneStop(group);
    tellKeys(group);
  });
  all("[data-all-of]").forEach((group) => checkAll(group, null));
  if (field) begin();
})();
