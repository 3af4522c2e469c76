"""Signing in by password and code or by a one-time link, proving again, and signing out."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Busy, Gone, Invalid, NotAllowed
from tracker.ports import cookies, csrf
from tracker.ports.addresses import place
from tracker.ports.guards import public, signed_in
from tracker.ports.pages.form_values import FormValues, errors_of, form_of, query_of
from tracker.ports.pages.request import viewer_of
from tracker.ports.pages.templating import page
from tracker.settings import Settings
from tracker.usecases import identity, identity_links, identity_sessions
from tracker.usecases.identity import Challenge

Web = Request[Any, Any, Any]


@get("/sign-in", guards=[public])
async def sign_in_page(request: Web) -> Response[str]:
    """Show the notice and the form."""
    return _show(request, "identity/sign-in.html", FormValues({"next": [query_of(request)["next"]]}), None)


@post("/sign-in", guards=[public], status_code=200)
async def sign_in(request: Web) -> Response[Any]:
    """Check mail address and password; the code is next."""
    form = await _own_form(request)
    try:
        if not form["ack"]:
            raise Invalid(ack="Confirm that you have read the notice.")
        challenge = await identity.sign_in(form["email"], form["password"], clock.now(), client=_client(request))
    except (Invalid, Busy) as refused:
        wrong = refused if isinstance(refused, Invalid) else Invalid(refused.sentence)
        return _show(request, "identity/sign-in.html", form, wrong)
    return await _second_step(request, challenge, form)


@post("/sign-in/code", guards=[public], status_code=200)
async def answer_code(request: Web) -> Response[Any]:
    """Check the code of the authenticator app."""
    form = await _own_form(request)
    try:
        session = await identity.answer_code(
            form["challenge"], form["code"], clock.now(), client=_client(request), replacing=_session(request)
        )
    except Gone as over:
        return _show(request, "identity/sign-in.html", FormValues({}), Invalid(over.sentence))
    except Invalid as wrong:
        return _show(request, "identity/code.html", form, wrong)
    return _enter(request, session, form["next"])


@post("/sign-in/enrolment", guards=[public], status_code=200)
async def confirm_enrolment(request: Web) -> Response[Any]:
    """Take the first code of a new authenticator app."""
    form = await _own_form(request)
    try:
        session = await identity.confirm_totp(
            form["challenge"], form["sealed"], form["code"], clock.now(),
            client=_client(request), replacing=_session(request),
        )  # fmt: skip
    except (Gone, NotAllowed) as over:
        return _show(request, "identity/sign-in.html", FormValues({}), Invalid(over.sentence))
    except Invalid as wrong:
        return await _enrolment(request, form, wrong)
    return _enter(request, session, form["next"])


@get("/sign-in/link/{token:str}", guards=[public])
async def link_page(token: FromPath[str], request: Web) -> Response[str]:
    """Show a button: a mail scanner that looks at the link must not use it up."""
    try:
        await identity_links.check_link(token, clock.now())
    except Gone:
        return page("errors/link.html", request, status_code=410)
    return _show(request, "identity/link.html", FormValues({"token": [token]}), None)


@post("/sign-in/link/{token:str}", guards=[public], status_code=200)
async def redeem_link(token: FromPath[str], request: Web) -> Response[Any]:
    """Use the link, once."""
    form = await _own_form(request)
    try:
        opened = await identity_links.redeem_link(
            token, clock.now(), asks_code=not _settings(request).is_demo, client=_client(request), replacing=_session(request)
        )
    except Gone:
        return page("errors/link.html", request, status_code=410)
    if isinstance(opened, Challenge):
        return await _second_step(request, opened, form)
    return _enter(request, opened, "/")


@post("/sign-out", guards=[signed_in], status_code=303)
async def sign_out(request: Web) -> Response[Any]:
    """End the session and forget what the browser kept."""
    await identity_sessions.sign_out(_session(request), clock.now())
    reply: Response[Any] = Redirect("/sign-in", status_code=303, headers={"Clear-Site-Data": '"cache", "storage"'})
    cookies.remove(reply, _settings(request), cookies.SESSION)
    return reply


@get("/confirm", guards=[signed_in])
async def confirm_page(request: Web) -> Response[str]:
    """Ask a signed-in person to prove that it is them."""
    return await _confirm(request, FormValues({"next": [query_of(request)["next"]]}), None)


@post("/confirm", guards=[signed_in], status_code=200)
async def confirm(request: Web) -> Response[Any]:
    """Take the proof and go back to where it was asked."""
    form = await form_of(request)
    visit = request.scope["state"]["visit"]
    try:
        await identity.prove_again(
            visit.viewer.member_id, visit.session_id, form["proof"], clock.now(), client=_client(request)
        )
    except Invalid as wrong:
        return await _confirm(request, form, wrong)
    return Redirect(place(form["next"]), status_code=303)


async def _confirm(request: Web, form: FormValues, wrong: Invalid | None) -> Response[str]:
    asked = await identity.proof_asked(viewer_of(request).member_id)
    return page(
        "identity/confirm.html", request, status_code=422 if wrong else 200, form=form, asked=asked,
        errors=errors_of(wrong, ("proof",)),
    )  # fmt: skip


async def _second_step(request: Web, challenge: Challenge, form: FormValues) -> Response[Any]:
    onward = form.but({"challenge": challenge.token, "password": ""})
    if challenge.needs_enrolment:
        return await _enrolment(request, onward, None)
    return _show(request, "identity/code.html", onward, None)


async def _enrolment(request: Web, form: FormValues, wrong: Invalid | None) -> Response[str]:
    made = await identity.enrol(form["challenge"], clock.now(), form["sealed"])
    return _show(request, "identity/enrolment.html", form.but({"sealed": made.sealed}), wrong, made=made)


def _show(request: Web, template: str, form: FormValues, wrong: Invalid | None, **more: Any) -> Response[str]:
    """Show a form to somebody without a session; its token is bound to a short cookie of this browser."""
    nonce = cookies.read(request, cookies.SIGN_IN)
    if not csrf.is_good_nonce(nonce, clock.now()):
        nonce = csrf.new_nonce(clock.now())
    request.scope["state"]["csrf"] = csrf.token_for(nonce)
    names = ("email", "password", "ack", "code")
    reply = page(
        template, request, status_code=422 if wrong else 200, form=form, errors=errors_of(wrong, names), **more
    )
    cookies.put(reply, _settings(request), cookies.SIGN_IN, nonce, int(csrf.LIFETIME.total_seconds()))
    return reply


async def _own_form(request: Web) -> FormValues:
    """Return the form if it comes from our own page in this browser; raise `NotAllowed` otherwise."""
    nonce = cookies.read(request, cookies.SIGN_IN)
    if not csrf.is_good_nonce(nonce, clock.now()):
        raise NotAllowed(csrf.STALE)
    await csrf.check_token(request, nonce)
    return await form_of(request)


def _enter(request: Web, session: str, back: str) -> Response[Any]:
    reply: Response[Any] = Redirect(place(back), status_code=303)
    cookies.put(reply, _settings(request), cookies.SESSION, session)
    cookies.remove(reply, _settings(request), cookies.SIGN_IN)
    return reply


def _session(request: Web) -> str:
    return cookies.read(request, cookies.SESSION)


def _settings(request: Web) -> Settings:
    settings: Settings = request.scope["state"]["settings"]
    return settings


def _client(request: Web) -> str:
    return request.headers.get("user-agent", "")


handlers = [
    sign_in_page, sign_in, answer_code, confirm_enrolment, link_page, redeem_link, sign_out, confirm_page, confirm,
]  # fmt: skip
