/* Progressive enhancement only: every action also works as a plain link or form. One listener for each kind of event,
   on the document, so that parts swapped in by htmx need no start of their own. */
(() => {
  "use strict";
  const TOAST_STAYS = 20000; // milliseconds
  const SAME_SUBMIT = 3000; // milliseconds in which a second press of the same button is taken for a slip
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* Messages ---------------------------------------------------------------- */
  const toast = one("#toast");
  const heard = one("#heard"); // for screen readers only
  let fading;

  /* How long Undo is offered, in words; a bar beside them runs out, unless the person wants no motion. */
  function showTime(part, milliseconds) {
    one(".tt-timebar", part)?.remove();
    if (!one("[data-undo]", part)) return one(".tt-time", part)?.remove();
    const words = one(".tt-time", part) ?? document.createElement("span");
    words.className = "tt-time";
    words.textContent = `Undo within ${Math.round(milliseconds / 1000)} seconds.`;
    part.append(words);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined;
    const bar = document.createElement("span");
    bar.className = "tt-timebar";
    words.classList.add("usa-sr-only");
    part.append(bar);
    return bar.animate([{ width: "100%" }, { width: "0" }], { duration: milliseconds, fill: "forwards" });
  }

  function keepForAWhile() {
    clearTimeout(fading);
    showTime(toast, TOAST_STAYS);
    fading = setTimeout(() => {
      if (toast.matches(":hover, :focus-within")) keepForAWhile();
      else toast.replaceChildren();
    }, TOAST_STAYS);
  }

  function say(message) {
    const line = document.createElement("p");
    line.textContent = message;
    toast.replaceChildren(line);
  }

  // It leaves again, whether this script or the server's response to htmx fills it.
  new MutationObserver((changes) => {
    const isNew = changes.some(({ addedNodes }) => [...addedNodes].some((node) => !node.matches?.(".tt-time, .tt-timebar")));
    if (isNew && toast.childElementCount) keepForAWhile();
  }).observe(toast, { childList: true });

  // A live region is read when it changes, not when it comes with the page. The message itself does not move for that.
  function readFlash() {
    const flash = one("#flash");
    if (!flash?.childElementCount) return;
    // What was done meanwhile is newer than the message, and stays.
    setTimeout(() => { heard.textContent ||= one(".usa-alert__text", flash)?.textContent.trim() ?? ""; }, 150);
    const undo = one("[data-leaves]", flash);
    if (!undo) return;
    const left = Number(undo.dataset.leaves) * 1000;
    const body = undo.parentElement;
    showTime(body, left);
    setTimeout(() => {
      undo.remove();
      showTime(body, 0);
    }, left);
  }

  /* Buttons that only a script can serve ------------------------------------- */
  function selectFor(source) {
    if (source.select) {
      source.focus();
      source.select();
    } else getSelection().selectAllChildren(source);
    say("Text selected. Press Ctrl+C or ⌘C to copy.");
  }

  // A field, or any other element, whose lines are then copied as they are read.
  function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!navigator.clipboard) return selectFor(source);
    navigator.clipboard.writeText(source.value ?? source.innerText).then(() => say("Copied."), () => selectFor(source));
  }

  function reveal(button) {
    const field = document.getElementById(button.dataset.reveal);
    const shows = field.type === "password";
    field.type = shows ? "text" : "password";
    button.setAttribute("aria-pressed", String(shows));
    button.textContent = shows ? "Hide password" : "Show password";
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy],[data-print],[data-reveal],[data-shortcuts]");
    if (!button) return;
    if ("copy" in button.dataset) copy(button);
    else if ("reveal" in button.dataset) reveal(button);
    else if ("print" in button.dataset) window.print();
    else showShortcuts();
  });

  /* A list that is narrowed further has left its saved filter ------------------- */
  document.addEventListener("change", (event) => {
    if (!event.target.closest("form[method=get]")) return;
    one(".tt-saved [aria-current]")?.removeAttribute("aria-current");
    one(".tt-saved details")?.removeAttribute("hidden"); // now there is a filter to save
  });

  /* A form is not sent twice by a double press -------------------------------- */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-saves-address]")) form.elements.query.value = location.search.slice(1);
    if (event.defaultPrevented || form.method !== "post") return;
    const sent = Number(form.dataset.sent || 0);
    if (event.timeStamp - sent < SAME_SUBMIT && sent) return event.preventDefault();
    form.dataset.sent = event.timeStamp;
    begin({ sourceElement: event.submitter ?? form }, () => event.defaultPrevented);
  });

  /* A request that takes more than a moment is seen and heard: on what was pressed, at the top of the page, in words.
     The button stays enabled: what is disabled is not sent with its form, and loses the focus. */
  const A_MOMENT = 300; // milliseconds
  const WORKING = "Working…";
  const root = document.documentElement;
  const tasks = new Map(); // the context of a request of htmx, or of a form that is sent → what was pressed, its timer

  // A form also asks while its person types: then nothing was pressed, and only the page shows it.
  function pressed({ sourceElement }) {
    if (!sourceElement.matches("form")) return sourceElement.closest("a, button");
    return sourceElement.contains(document.activeElement) ? document.activeElement.closest("button") : null;
  }

  function begin(task, isOff = () => false) {
    const button = pressed(task);
    const timer = setTimeout(() => {
      if (isOff()) return end(task);
      root.dataset.busy = "";
      if (!button) return;
      button.dataset.busy = "";
      heard.textContent = WORKING;
    }, A_MOMENT);
    tasks.set(task, { button, timer });
  }

  function end(task) {
    const { button, timer } = tasks.get(task) ?? {};
    clearTimeout(timer);
    tasks.delete(task);
    if (button && ![...tasks.values()].some((other) => other.button === button)) delete button.dataset.busy;
    if (tasks.size) return;
    delete root.dataset.busy;
    if (heard.textContent === WORKING) heard.textContent = "";
  }

  const isClock = (source) => Boolean(source?.getAttribute("hx-trigger")?.startsWith("every"));
  const isLookup = (source) => source?.getAttribute("role") === "combobox";

  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => { if (!isClock(ctx.sourceElement)) begin(ctx); });
  // Before the response is swapped in: these words must not come after what it says in the same place.
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => end(ctx));
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => end(ctx));
  // Back from the next page, in the page as it was when the form was sent.
  window.addEventListener("pageshow", (event) => { if (event.persisted) [...tasks.keys()].forEach(end); });

  /* Calendar: arrows on the day links, from page to page. The table stays a table for screen readers. ------------ */
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  let dayToFocus = null;

  const iso = (date) => date.toISOString().slice(0, 10);

  // The day that a key leads to, by its date: UTC, so that no change of the clocks counts.
  function dayFor(key, day, grid) {
    const date = new Date(`${day}T00:00:00Z`);
    const move = (days) => { date.setUTCDate(date.getUTCDate() + days); return iso(date); };
    if (key in STEPS) return move(STEPS[key]);
    if (key === "Home") return move(-date.getUTCDay());
    if (key === "End") return move(6 - date.getUTCDay());
    if (key !== "PageUp" && key !== "PageDown") return null;
    const by = key === "PageDown" ? 1 : -1;
    return grid === "week" ? move(7 * by) : sameDayOfMonth(date, by);
  }

  function sameDayOfMonth(date, by) {
    const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by + 1, 0)).getUTCDate();
    return iso(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by, Math.min(date.getUTCDate(), days))));
  }

  // htmx takes over a link a moment after it appears: a key that is quicker would load the whole page, and lose the focus.
  function follow(link) {
    if (!link) return;
    window.htmx?.process(link);
    link.click();
  }

  // The table has a link for each day, from the one that it names on.
  const dayLinks = () => all("[data-grid] .tt-day");

  function dayAt(place) {
    const date = new Date(one("[data-grid]").dataset.first);
    date.setUTCDate(date.getUTCDate() + place);
    return iso(date);
  }

  const linkOf = (day) => dayLinks().find((_, place) => dayAt(place) === day);

  document.addEventListener("keydown", (event) => {
    const link = event.target.closest("[data-grid] .tt-day");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const { grid } = link.closest("[data-grid]").dataset;
    const day = dayAt(dayLinks().indexOf(link));
    const wanted = dayFor(event.key, day, grid);
    if (!wanted) return;
    event.preventDefault();
    const turns = event.key.startsWith("Page");
    if (!turns && linkOf(wanted)) return linkOf(wanted).focus();
    dayToFocus = wanted;
    follow(one(wanted > day ? '[data-key="n"]' : '[data-key="p"]'));
  });

  function focusDay() {
    if (dayToFocus) linkOf(dayToFocus)?.focus();
    dayToFocus = null;
  }

  /* Single keys: not in fields, and off when the person says so (WCAG 2.1.4) ---- */
  const SINGLE_KEYS = "tracker-single-keys";
  const shortcuts = one("#shortcuts");

  function keysAreOff() {
    try { return localStorage.getItem(SINGLE_KEYS) === "off"; } catch { return false; }
  }

  function tickKeys() {
    all("[data-single-keys]").forEach((box) => { box.checked = !keysAreOff(); });
  }

  function showShortcuts() {
    shortcuts.showModal();
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-single-keys]")) return;
    try {
      if (event.target.checked) localStorage.removeItem(SINGLE_KEYS);
      else localStorage.setItem(SINGLE_KEYS, "off");
    } catch { say("This browser can’t save your choice."); }
    tickKeys();
  });

  // Of the message, or of the row in which the person is.
  function undoButton() {
    const row = document.activeElement.closest("li");
    return one("#toast [data-undo] button") ?? one("#flash [data-undo] button") ?? (row && one("[data-undo] button", row));
  }

  function partFor(key) {
    if (key === "/") return one("[data-find], [data-filter]") ?? one("[data-search]");
    if (key === "u") return undoButton();
    return one(`[data-key="${CSS.escape(key)}"]`);
  }

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input, select, textarea, [contenteditable]");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (!shortcuts || shortcuts.open || keysAreOff()) return;
    const wanted = partFor(event.key);
    if (event.key !== "?" && !wanted) return;
    event.preventDefault();
    if (event.key === "?") showShortcuts();
    else if (event.key === "/") wanted.focus();
    else if (event.key === "u") wanted.click(); // the focus stays where the work continues
    else {
      wanted.focus(); // htmx keeps it by its id, so that the month beside is read out
      follow(wanted);
    }
  });

  /* Filter of a long list: data-find names the rows; a [data-find-group] without rows left hides as a whole -------- */
  function filter(field) {
    const words = field.value.trim().toLowerCase();
    const rows = all(field.dataset.find);
    rows.forEach((row) => { row.hidden = words !== "" && !row.textContent.toLowerCase().includes(words); });
    all("[data-find-group]").forEach((group) => { group.hidden = !rows.some((row) => group.contains(row) && !row.hidden); });
    const left = rows.filter((row) => !row.hidden).length;
    const count = one("[data-find-count]");
    const found = left ? `${left} of ${rows.length} shown.` : `No one matches “${field.value.trim()}”.`;
    const said = words === "" ? "" : found;
    if (count.textContent !== said) count.textContent = said; // read out once, not with every refresh of the rows
  }

  document.addEventListener("input", (event) => { if (event.target.matches("[data-find]")) filter(event.target); });
  document.addEventListener("search", (event) => { if (event.target.matches("[data-find]")) filter(event.target); });

  /* A suggested time: choosing it fills the day and the hours of the form ---------- */
  document.addEventListener("change", (event) => {
    if (!event.target.matches('[name="slot"]')) return;
    const [day, starts, ends] = event.target.value.split(/[T/]/);
    Object.entries({ date: day, starts, ends, "last-day": "" }).forEach(([name, value]) => {
      const field = one(`#f-${name}`);
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    say("Date and time filled in.");
  });

  /* The end of a meeting moves along with its start: it stays as long as it was. ------ */
  const DAY = 24 * 60; // minutes
  let startBefore = ""; // of the start in which the person is

  const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
  const clockOf = (count) => [Math.floor(count / 60), count % 60].map((part) => String(part).padStart(2, "0")).join(":");

  function moveEnd(start) {
    const end = start.form?.elements.ends;
    if (!end || !start.value) return; // a time that is half typed
    const moved = minutes(start.value) - minutes(startBefore || start.value);
    startBefore = start.value;
    if (!moved || !end.value) return;
    end.value = clockOf((minutes(end.value) + moved + DAY) % DAY);
    end.dispatchEvent(new Event("input", { bubbles: true }));
    say("End time moved to match the start.");
  }

  document.addEventListener("focusin", (event) => { if (event.target.matches('[name="starts"]')) startBefore = event.target.value; });
  document.addEventListener("change", (event) => { if (event.target.matches('[name="starts"]')) moveEnd(event.target); });

  /* htmx ------------------------------------------------------------------------ */
  let errorsSeen = null;

  function focusErrors() {
    const errors = one("#error-summary");
    if (errors && errors !== errorsSeen) errors.focus();
    errorsSeen = errors;
  }

  /* Undo in a row is there as long as it works; when it leaves with the focus, what was done has the focus. */
  function letLeave(part) {
    const row = part.closest("li");
    const left = Number(part.dataset.leaves) * 1000;
    const buttons = part.parentElement;
    part.removeAttribute("data-leaves");
    showTime(buttons, left);
    setTimeout(() => {
      const isFocused = part.contains(document.activeElement);
      part.remove();
      showTime(buttons, 0);
      if (isFocused) one(".tt-handled", row)?.focus();
    }, left);
  }

  // Before the focus can be used: a key that is quicker would send the new form without htmx, and load the whole page.
  document.addEventListener("htmx:before:settle", ({ detail: { newContent } }) => {
    newContent.filter((part) => part instanceof Element).forEach((part) => window.htmx?.process(part));
  });

  document.addEventListener("htmx:after:swap", () => {
    all(".tt-rows [data-leaves]").forEach(letLeave);
    all("[data-find]").filter((field) => field.value).forEach(filter);
    focusDay();
    focusErrors();
  });

  document.addEventListener("htmx:response:error", (event) => {
    const { status } = event.detail.ctx.response;
    if (status === 401 || status === 403) document.dispatchEvent(new Event("tracker:refused")); // see session.js
    const isKnown = isLookup(event.detail.ctx.sourceElement) || [401, 409, 410, 422].includes(status);
    if (!isKnown) say("That wasn’t saved. Reload the page and try again.");
  });

  document.addEventListener("htmx:error", (event) => {
    const { request, sourceElement } = event.detail.ctx ?? {};
    // The first asks again by itself; combobox.js says so of the second, and unsent.js keeps the third.
    if (isClock(sourceElement) || isLookup(sourceElement) || request?.form?.matches("[data-unsent]")) return;
    say("We can’t reach the server, so nothing was saved. Try again in a minute.");
  });

  /* On a long page, the list beside it marks the part that is read. ---------------------------------------------- */
  function markPart() {
    const links = all('.tt-local a[href^="#"]');
    const part = (link) => document.getElementById(link.hash.slice(1))?.getBoundingClientRect();
    const isRead = (link) => part(link)?.top < innerHeight / 3;
    const isAtEnd = scrollY > 0 && scrollY + innerHeight >= root.scrollHeight - 2;
    const asked = links.find((link) => link.hash === location.hash); // too near the end to come up to the top
    const current = (isAtEnd && part(asked ?? links[0])?.top > 0 && asked) || links.findLast(isRead) || links[0];
    links.forEach((link) => {
      link.classList.toggle("usa-current", link === current);
      if (link === current) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    });
  }

  // A month that leaves events out leads to one that shows them all, and on to the printer.
  if (location.hash === "#print" && one("[data-print]")) window.addEventListener("load", () => window.print());

  if (one(".tt-local")) {
    document.addEventListener("scroll", markPart, { passive: true });
    window.addEventListener("hashchange", markPart);
    markPart();
  }

  /* A link to what is folded opens it. */
  function unfold() {
    const fold = document.getElementById(location.hash.slice(1))?.closest("details:not([open])");
    if (!fold) return;
    fold.open = true;
    fold.scrollIntoView();
  }

  window.addEventListener("hashchange", unfold);
  unfold();
  readFlash();
  focusErrors();
  tickKeys();

  /* Tabs in one line that scrolls: the open one is in view. */
  one(".tt-pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
})();
