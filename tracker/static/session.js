/* Two minutes before a session ends for want of use, ask whether someone is there (WCAG 2.2.1). When it has ended, keep
   what was typed: no form is sent before its person has signed in again in another tab, and then with the new token. */
(() => {
  "use strict";
  const WARNING = 120; // seconds
  const AGAIN = 30; // seconds until the next try, when the server could not be reached
  const TITLES = { ending: "Are you still there?", last: "Your session is about to end", ended: "You’re signed out" };
  const dialog = document.querySelector("#session");
  let endsAt = Date.now() + Number(dialog.dataset.left) * 1000;
  let timer;

  function lookIn(seconds) {
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(seconds, 1) * 1000);
  }

  function show(state) {
    document.querySelector("#session-h").textContent = TITLES[state];
    dialog.querySelectorAll("[data-when]").forEach((part) => { part.hidden = part.dataset.when !== state; });
    dialog.dataset.state = state;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(".tt-actrow:not([hidden]) :is(a, button)").focus();
  }

  function hide() {
    dialog.dataset.state = "";
    if (dialog.open) dialog.close();
  }

  // The session as the server has it; null when there is none, undefined when the server doesn't respond.
  async function ask(method) {
    const token = document.querySelector('[name="_csrf"]')?.value ?? "";
    try {
      const answer = await fetch("/session", { method, redirect: "manual", headers: { "X-CSRF-Token": token } });
      if (answer.status >= 500) return undefined;
      return answer.ok ? await answer.json() : null;
    } catch { return undefined; }
  }

  function take(session) {
    if (session === undefined) return lookIn(AGAIN);
    if (session === null) {
      endsAt = Date.now();
      return show("ended");
    }
    if (session.person !== dialog.dataset.person) return location.reload();
    endsAt = Date.now() + session.seconds * 1000;
    document.querySelectorAll('[name="_csrf"]').forEach((field) => { field.value = session.form_token; });
    const isNear = session.seconds <= WARNING;
    if (isNear) show(session.can_stay ? "ending" : "last");
    else hide();
    lookIn(isNear ? session.seconds + 1 : session.seconds - WARNING);
  }

  async function look() { take(await ask("GET")); }

  dialog.addEventListener("click", async (event) => {
    if (event.target.closest("[data-stay]")) take(await ask("POST"));
    else if (event.target.closest("[data-close]")) hide();
  });

  // What the page shows is hidden when the session has ended (NIST SP 800-53 AC-11(1)), so Escape does not open it.
  dialog.addEventListener("close", () => { if (dialog.dataset.state === "ended") show("ended"); });

  // Back from another tab, from sleep, or from a request that was refused.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() > endsAt - WARNING * 1000) look();
  });
  window.addEventListener("focus", () => { if (dialog.dataset.state === "ended") look(); });
  document.addEventListener("tracker:refused", look);

  // A form is not sent into a session that may be over: first the server is asked.
  document.addEventListener("submit", async (event) => {
    if (event.target.method !== "post" || Date.now() < endsAt) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const session = await ask("GET");
    if (session !== undefined) take(session);
    if (session?.person === dialog.dataset.person) event.target.requestSubmit(event.submitter);
  }, { capture: true });

  lookIn(Number(dialog.dataset.left) - WARNING);
})();
