/* What is typed into a form is saved as a draft, on the server and for its person alone, so that a wrong click, a reload, a
   closed tab or an ended session loses nothing. The page asks before it is left only where a draft cannot be kept.

   The next page of the tab may be made before the last text has arrived. So the tab itself carries that text over to its
   next page, which saves it and shows the form with it. So does the text of a form that was sent and perhaps never
   arrived, until a page shows that the server answered. Nothing lies in the tab's storage while a page is open. */
(() => {
  "use strict";
  const PAUSE = 1000; // milliseconds without a change until a draft is saved
  const AGAIN = 10000; // milliseconds until the next try, when a draft could not be saved
  const HEARD = 5000; // milliseconds until what was read out is taken away again
  const LARGEST = 60000; // characters that a browser still sends while a page goes away (Fetch §4.6 allows 64 KiB)
  const SIGNED_OUT = [401, 403];
  const STORED = "drafts"; // the name in sessionStorage
  const STORED_FOR = 12 * 3600 * 1000; // milliseconds: no session is longer, and a browser that restores tabs restores this
  const SIGN_OUT = ["/sign-out", "/settings/sessions/end"];
  const SECRET = '[type="password"], [autocomplete="one-time-code"]';
  const EACH_PAGES = ["_csrf", "_draft", "form_id"]; // fields that differ each time the same form is opened
  const person = document.querySelector("#session")?.dataset.person; // none behind an emailed link
  const forms = new Map(); // form → { isTyped, isSent, isFailing, saving, timer }
  const untold = new Set(); // forms without drafts in which something was typed
  let carried = new Map(); // key → { fields, mark, at, isSaved, sentTo }: what pages of this tab could not see saved, or answered
  let isSignedOut = false;

  const draftOf = (form) => form.elements.namedItem("_draft")?.value;
  const tokenOf = () => document.querySelector('[name="_csrf"]')?.value ?? "";
  const formOf = (key) => [...document.forms].find((form) => form.querySelector("[data-draft]") && keyOf(draftOf(form)) === key);
  const bodyOf = (form) => {
    const secrets = [...form.elements].filter((field) => field.matches(SECRET)).map((field) => field.name);
    const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !secrets.includes(name));
    return new URLSearchParams(fields);
  };

  // Whose draft of which form and thing a mark names: the pages of a tab have different marks for the same draft.
  function keyOf(mark) {
    const letters = mark.split(".")[0].replaceAll("-", "+").replaceAll("_", "/");
    const { member_id, form, subject } = JSON.parse(atob(letters));
    return `${member_id} ${form} ${subject}`;
  }

  function stateOf(form) {
    if (!forms.has(form)) forms.set(form, { isTyped: false, isSent: false, isFailing: null, saving: null, timer: 0 });
    return forms.get(form);
  }

  function wait(form, milliseconds) {
    const state = stateOf(form);
    clearTimeout(state.timer);
    state.timer = setTimeout(() => save(form), milliseconds);
  }

  // The line changes each time; it is read out only when it says something new: drafts are kept, or they are not.
  function show(form, words, isFailing, isElsewhere = false) {
    const state = stateOf(form);
    const line = form.querySelector("[data-draft]");
    line.textContent = words;
    line.classList.toggle("tt-draft--failing", isFailing);
    form.querySelector("[data-draft-replace]").hidden = !isElsewhere && !carried.has(keyOf(draftOf(form)));
    if (state.isFailing === isFailing) return;
    state.isFailing = isFailing;
    const heard = form.querySelector("[data-draft-heard]");
    heard.textContent = words;
    setTimeout(() => { heard.textContent = ""; }, HEARD);
  }

  function fail(form, why, again, isElsewhere = false) {
    const state = stateOf(form);
    state.isTyped = true; // still to be saved: the page asks before it is left
    show(form, `Not saved as a draft. ${why}`, true, isElsewhere);
    if (again) wait(form, AGAIN);
  }

  async function send(form, options = {}) {
    try {
      const answer = await fetch("/drafts", { method: "POST", body: bodyOf(form), redirect: "manual", ...options });
      if (answer.ok) return show(form, `Draft saved ${(await answer.json()).saved}`, false);
      if (answer.status === 409 || answer.status === 422) return fail(form, (await answer.json()).sentence, false, answer.status === 409);
      if (!SIGNED_OUT.includes(answer.status)) return fail(form, "The server can’t save it right now. Trying again.", true);
      document.dispatchEvent(new Event("tracker:refused")); // see session.js
      return fail(form, "You’re signed out. Sign in again in another tab.", true);
    } catch { return fail(form, "We can’t reach the server. Trying again.", true); }
  }

  async function save(form) {
    const state = stateOf(form);
    clearTimeout(state.timer);
    if (!state.isTyped || state.saving || !form.isConnected) return;
    await sendNow(form);
  }

  async function sendNow(form, options) {
    const state = stateOf(form);
    state.isTyped = false;
    state.saving = send(form, options);
    await state.saving;
    state.saving = null;
    if (state.isTyped && !state.isFailing) wait(form, PAUSE);
  }

  function typed(event) {
    const { form, type } = event.target;
    if (!form || type === "password" || type === "file") return;
    if (form.matches("[data-leaving]")) untold.add(form);
    if (!draftOf(form)) return;
    stateOf(form).isTyped = true;
    wait(form, PAUSE);
  }

  const waiting = () => [...forms].filter(([form, state]) => state.isTyped && form.isConnected);

  // The server answers a sent form by a redirect, or at its address; after an error of the network, neither page comes.
  function isAnswered({ sentTo }, isShownAgain) {
    const { type, redirectCount } = performance.getEntriesByType("navigation")[0] ?? {};
    return Boolean(sentTo) && !isShownAgain && type === "navigate" && (redirectCount > 0 || location.pathname === sentTo);
  }

  // Nothing stays in the storage while the page is open: a duplicate of the tab would begin with it.
  function take(isShownAgain) {
    try {
      const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "[]");
      sessionStorage.removeItem(STORED);
      const mine = ([key, one]) => key.startsWith(`${person} `) && Date.now() - one.at < STORED_FOR && !isAnswered(one, isShownAgain);
      carried = new Map(stored.filter(mine));
    } catch { carried = new Map(); } // a browser without storage
  }

  function store() {
    if (!person || isSignedOut) return;
    for (const [form, state] of forms) {
      const isUnsaved = state.isTyped || Boolean(state.saving);
      if (!form.isConnected || !(isUnsaved || state.isSent)) continue;
      const mark = draftOf(form);
      if (carried.has(keyOf(mark))) continue; // it waits for its person to decide
      const sentTo = isUnsaved ? "" : new URL(form.getAttribute("action") ?? "", location).pathname;
      carried.set(keyOf(mark), { fields: fieldsOf(bodyOf(form)), mark, at: Date.now(), isSaved: false, sentTo });
    }
    if (!carried.size) return;
    try { sessionStorage.setItem(STORED, JSON.stringify([...carried])); } catch { /* full, or none */ }
  }

  const fieldsOf = (body) => [...body].filter(([name]) => !EACH_PAGES.includes(name));
  const isSame = (form, fields) => JSON.stringify(fieldsOf(bodyOf(form))) === JSON.stringify(fields);

  // The page continues as the one that saved the draft, so the server never takes it for another tab.
  function goOn(key, { mark }) {
    carried.delete(key);
    for (const field of document.querySelectorAll('[name="_draft"]')) if (keyOf(field.value) === key) field.value = mark;
  }

  async function bringBack(key, one, options = {}) {
    const form = formOf(key);
    if (one.sentTo && !form) return undefined; // it waits for its form
    if (form && (one.isSaved || isSame(form, one.fields))) {
      goOn(key, one);
      return one.sentTo ? again(form) : undefined;
    }
    if (form) form.inert = true; // nothing is typed into a form that is about to be replaced
    const body = new URLSearchParams([...one.fields, ["_csrf", tokenOf()], ["_draft", one.mark], ...Object.entries(options)]);
    const answer = await fetch("/drafts", { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer?.ok && form) {
      one.isSaved = true;
      return location.reload();
    }
    if (form) form.inert = false;
    if (answer?.ok || answer?.status === 404 || answer?.status === 422) return carried.delete(key);
    if (!form) return undefined;
    const why = answer?.status === 409 ? "Another tab saved a newer draft, which is shown here." : "The server can’t save it right now.";
    return show(form, `${why} What you typed in this tab is kept until you send or discard this form.`, true, true);
  }

  // The form of a page that is shown again as it was left: what it says was sent, and never arrived.
  function again(form) {
    stateOf(form).isTyped = true;
    wait(form, PAUSE);
  }

  function begin(isShownAgain = false) {
    take(isShownAgain);
    carried.forEach((one, key) => bringBack(key, one));
  }

  // A person who knows of another tab's draft decides for the text of this one.
  function replace(event) {
    const { form } = event.target;
    if (!event.target.matches("[data-draft-replace]")) return;
    const mark = draftOf(form);
    const one = carried.get(keyOf(mark));
    if (one) bringBack(keyOf(mark), one, { _replaces: "1" });
    else sendNow(form, { body: new URLSearchParams([...bodyOf(form), ["_replaces", "1"]]) });
  }

  // The page goes away, perhaps for good: what was typed just now is still sent.
  function flush() {
    for (const [form, state] of waiting()) {
      if (state.isFailing || bodyOf(form).toString().length > LARGEST) continue;
      clearTimeout(state.timer);
      sendNow(form, { keepalive: true });
    }
  }

  // A form that is sent keeps no draft of its own any longer; one that is still being saved is sent right after that.
  function leave(event) {
    untold.delete(event.target);
    if (event.target.method === "post" && SIGN_OUT.includes(event.target.getAttribute("action"))) isSignedOut = true;
    const draft = event.target.method === "post" && draftOf(event.target);
    if (!draft) return;
    carried.delete(keyOf(draft));
    const same = [...forms].filter(([form]) => form === event.target || draftOf(form) === draft).map(([, state]) => state);
    const saving = same.map((state) => state.saving).filter(Boolean);
    for (const state of same) {
      clearTimeout(state.timer);
      state.isSent = state.isTyped && !event.target.hasAttribute("hx-post");
      state.isTyped = false;
    }
    if (!saving.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    Promise.all(saving).then(() => event.target.requestSubmit(event.submitter));
  }

  document.addEventListener("input", typed);
  document.addEventListener("change", typed);
  document.addEventListener("click", replace);
  document.addEventListener("submit", leave, { capture: true });
  document.addEventListener("htmx:error", (event) => {
    const form = event.detail.ctx?.sourceElement;
    if (!form?.matches("form") || !draftOf(form)) return; // a preview of a form isn't a form
    stateOf(form).isTyped = true; // it was not sent
    wait(form, PAUSE);
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
  window.addEventListener("pagehide", () => {
    store();
    flush();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) begin(true); }); // shown again as it was left
  window.addEventListener("online", () => waiting().forEach(([form]) => save(form)));
  window.addEventListener("beforeunload", (event) => {
    const isLost = waiting().some(([form, state]) => state.isFailing || bodyOf(form).toString().length > LARGEST);
    if (isLost || [...untold].some((form) => form.isConnected)) event.preventDefault();
  });
  begin();
})();
