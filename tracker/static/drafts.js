/* What is typed into a form is saved as a draft, on the server and for its person alone, so that a wrong click, a reload, a
   closed tab or an ended session loses nothing. The page asks before it is left only where a draft cannot be kept. */
(() => {
  "use strict";
  const PAUSE = 1000; // milliseconds without a change until a draft is saved
  const AGAIN = 10000; // milliseconds until the next try, when a draft could not be saved
  const HEARD = 5000; // milliseconds until what was read out is taken away again
  const LARGEST = 60000; // characters that a browser still sends while a page goes away (Fetch §4.6 allows 64 KiB)
  const SIGNED_OUT = [401, 403];
  const forms = new Map(); // form → { isTyped, isFailing, saving, timer }
  const untold = new Set(); // forms without drafts in which something was typed

  const draftOf = (form) => form.elements.namedItem("_draft")?.value;
  const bodyOf = (form) => {
    const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string");
    return new URLSearchParams(fields);
  };

  function stateOf(form) {
    if (!forms.has(form)) forms.set(form, { isTyped: false, isFailing: null, saving: null, timer: 0 });
    return forms.get(form);
  }

  function wait(form, milliseconds) {
    const state = stateOf(form);
    clearTimeout(state.timer);
    state.timer = setTimeout(() => save(form), milliseconds);
  }

  // The line changes each time; it is read out only when it says something new: drafts are kept, or they are not.
  function show(form, words, isFailing) {
    const state = stateOf(form);
    const line = form.querySelector("[data-draft]");
    line.textContent = words;
    line.classList.toggle("tt-draft--failing", isFailing);
    if (state.isFailing === isFailing) return;
    state.isFailing = isFailing;
    const heard = form.querySelector("[data-draft-heard]");
    heard.textContent = words;
    setTimeout(() => { heard.textContent = ""; }, HEARD);
  }

  function fail(form, why, again) {
    const state = stateOf(form);
    state.isTyped = true; // still to be saved: the page asks before it is left
    show(form, `Not saved as a draft. ${why}`, true);
    if (again) wait(form, AGAIN);
  }

  async function send(form, options = {}) {
    try {
      const answer = await fetch("/drafts", { method: "POST", body: bodyOf(form), redirect: "manual", ...options });
      if (answer.ok) return show(form, `Draft saved ${(await answer.json()).saved}`, false);
      if (answer.status === 409 || answer.status === 422) return fail(form, (await answer.json()).sentence, false);
      if (!SIGNED_OUT.includes(answer.status)) return fail(form, "The server can’t save it now. Trying again.", true);
      document.dispatchEvent(new Event("tracker:refused")); // see session.js
      return fail(form, "You’re signed out. Sign in again in another tab.", true);
    } catch { return fail(form, "The server can’t be reached. Trying again.", true); }
  }

  async function save(form) {
    const state = stateOf(form);
    clearTimeout(state.timer);
    if (!state.isTyped || state.saving || !form.isConnected) return;
    state.isTyped = false;
    state.saving = send(form);
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

  // The page goes away, perhaps for good: what was typed just now is still sent.
  function flush() {
    for (const [form, state] of waiting()) {
      if (state.isFailing || bodyOf(form).toString().length > LARGEST) continue;
      clearTimeout(state.timer);
      state.isTyped = false;
      send(form, { keepalive: true });
    }
  }

  // A form that is sent keeps no draft of its own any longer; one that is still being saved is sent right after that.
  function leave(event) {
    untold.delete(event.target);
    const draft = event.target.method === "post" && draftOf(event.target);
    if (!draft) return;
    const same = [...forms].filter(([form]) => form === event.target || draftOf(form) === draft).map(([, state]) => state);
    const saving = same.map((state) => state.saving).filter(Boolean);
    for (const state of same) {
      clearTimeout(state.timer);
      state.isTyped = false;
    }
    if (!saving.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    Promise.all(saving).then(() => event.target.requestSubmit(event.submitter));
  }

  document.addEventListener("input", typed);
  document.addEventListener("change", typed);
  document.addEventListener("submit", leave, { capture: true });
  document.addEventListener("htmx:error", (event) => {
    const form = event.detail.ctx?.sourceElement;
    if (!form?.matches("form") || !draftOf(form)) return; // a preview of a form is no form
    stateOf(form).isTyped = true; // it was not sent
    wait(form, PAUSE);
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
  window.addEventListener("pagehide", flush);
  window.addEventListener("online", () => waiting().forEach(([form]) => save(form)));
  window.addEventListener("beforeunload", (event) => {
    const isLost = waiting().some(([form, state]) => state.isFailing || bodyOf(form).toString().length > LARGEST);
    if (isLost || [...untold].some((form) => form.isConnected)) event.preventDefault();
  });
})();
