/* Attendance and check-in without a network: what was tapped stays in this page, shows as tapped, and is sent as soon as
   the server can be reached again. Of attendance only the last tap for a person is kept: it says what is to be true, so
   sending it twice changes nothing. Of a form with a field `tap`, every tap is kept, with an id of its own by which
   the server counts it once, and with how long it waited. Nothing is written to the browser's storage: the computer may
   be a shared one. For the same reason nothing is sent unless the person who tapped is signed in: anyone else who signs
   in does not become its author. */
(() => {
  "use strict";
  const RETRY = 5000; // milliseconds
  const KEPT = "form[data-unsent]";
  const banner = document.querySelector("#unsent");
  const marker = document.querySelector("#session").dataset.person; // whose page this is
  const waiting = new Map(); // person, or tap → { action, body, since }
  let isSending = false;
  let refused = 0;
  let taps = 0;

  function tell(words) {
    banner.hidden = !words;
    banner.textContent = words;
  }

  function count(before = "", when = "when the server can be reached") {
    tell(waiting.size ? `${before}${waiting.size} not sent yet. ${waiting.size === 1 ? "It is" : "They are"} sent ${when}. Keep this page open.` : "");
  }

  // What a tap makes of a line: the same button again takes the mark back, unless each tap counts. A text is sent whole.
  function show(form, tapped) {
    const { was, tap } = form.elements;
    if (!was) form.reset();
    else {
      const mark = !tap && was.value === tapped ? "" : tapped;
      for (const button of form.querySelectorAll("button[name=status]")) {
        button.setAttribute("aria-pressed", String(button.value === mark));
        if (tap) button.disabled = false;
      }
      was.value = mark;
    }
    if (tap) tap.value = `${tap.value.split(".")[0]}.${++taps}`; // the next one is another
  }

  function keep(form, body) {
    const key = body.has("tap") ? `${body.get("tap")} ${body.get("status")}` : body.get("member") || body.get("guest");
    waiting.set(key, { action: form.action, body, since: Date.now() });
    show(form, body.get("status"));
    count();
  }

  // Another session may have begun since, also of another person: each round asks for it again. Its token opens no other
  // one, so a mark that is on its way while someone else signs in is refused.
  async function session() {
    const answer = await fetch("/session", { redirect: "manual" });
    if (answer.status >= 500) throw new Error("The server is not there.");
    return answer.ok ? answer.json() : null;
  }

  async function send(key, token) {
    const one = waiting.get(key);
    one.body.set("_csrf", token);
    if (one.body.has("tap")) one.body.set("waited", Math.round((Date.now() - one.since) / 1000));
    const { status } = await fetch(one.action, { method: "POST", body: one.body, headers: { "HX-Request": "true" } });
    if (status >= 500 || (status >= 400 && (await session())?.form_token !== token)) return false;
    if (waiting.get(key) === one) waiting.delete(key);
    if (status >= 400) refused += 1;
    return true;
  }

  async function sendAll() {
    if (isSending || !waiting.size) return;
    isSending = true;
    try {
      const now = await session();
      if (!now) return tell("You’re signed out. Sign in again in another tab. What you entered is kept here and sent after that.");
      if (now.person !== marker) return count("Someone else is signed in now. What you entered is kept here: ", "when you sign in again in another tab");
      refused = 0;
      for (const key of [...waiting.keys()]) if (!await send(key, now.form_token)) break;
      count();
      if (refused) tell(`${refused} couldn’t be saved. Reload the page to see the current list.`);
      else if (!waiting.size) htmx.ajax("GET", location.pathname, { target: "#roll", select: "#roll", swap: "outerMorph" });
    } catch { // still no network: the next try is in a moment
    } finally {
      isSending = false;
    }
  }

  // Before htmx hears of it: while something waits, all further taps wait behind it, in order.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest(KEPT);
    if (!form || (navigator.onLine && !waiting.size)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const body = new URLSearchParams(new FormData(form));
    const { name, value } = event.submitter;
    if (name) body.set(name, value);
    keep(form, body);
    if (navigator.onLine) sendAll();
  }, true);

  document.addEventListener("htmx:error", (event) => {
    const request = event.detail.ctx?.request;
    const form = request?.form?.closest(KEPT);
    if (form) keep(form, new URLSearchParams(request.body));
  });

  window.addEventListener("online", sendAll);
  setInterval(sendAll, RETRY);
  window.addEventListener("beforeunload", (event) => { if (waiting.size) event.preventDefault(); });
})();
