"""The browsers and programs that visit each page of the demo and each document of its API, for `scripts.same`."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
from litestar import Litestar

from scripts.same_text import Form, Numbered, Read, of_response

SIGNED_OUT = "signed-out"
PER_ROUTE = 4  # addresses of one route that one person follows
PER_FILTER = 2  # of them, addresses with the same parameters
PER_FORM = 2  # forms of one route, for each person
LAST = ("/sign-out", "/sessions/end", "/lost-phone")
"""What ends the session, and comes last."""
API = "/api/v1/"
SPAN = {"from": "2026-11-20T00:00:00Z", "to": "2026-12-20T00:00:00Z"}
"""What the API's list of dates asks for."""
HTMX = {"HX-Request": "true"}

Settle = Callable[[], Awaitable[list[str]]]

Fields = list[tuple[str, str]]


class Route:
    """A route: the methods and guards of its handlers, and which addresses are its own."""

    def __init__(self, route: Any) -> None:
        self.path = re.sub(r":\w+\}", "}", route.path)
        pieces = re.split(r"(\{[^}]*\})", route.path)
        self.is_one = len(pieces) == 1
        self._pattern = re.compile("".join(_pattern(piece) for piece in pieces))
        self.methods = set(getattr(route, "methods", ()) or ())

    def fits(self, path: str) -> bool:
        return self._pattern.fullmatch(path) is not None


def _pattern(piece: str) -> str:
    if not piece.startswith("{"):
        return re.escape(piece)
    return "[0-9a-f-]{36}" if piece.endswith(":uuid}") else ".+" if piece.endswith(":path}") else "[^/]+"


class Routes:
    """All routes of the application; those without parameters come first."""

    def __init__(self, app: Litestar) -> None:
        self._routes = sorted(map(Route, app.routes), key=lambda one: (not one.is_one, one.path.count("{"), one.path))
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the path of the route that answers to an address, such as `/events/{event_id}`."""
        if path not in self._known:
            self._known[path] = next((one.path for one in self._routes if one.fits(path)), "none")
        return self._known[path]

    def below(self, start: str, method: str = "GET") -> list[str]:
        """Return the paths of the routes that begin so and have a method, the shortest first."""
        return sorted(
            {one.path for one in self._routes if one.path.startswith(start) and {method} - {""} <= one.methods}
        )

    def methods(self, path: str) -> set[str]:
        """Return the methods of all routes with this path."""
        return set().union(*(one.methods for one in self._routes if one.path == path))


def listed(app: Litestar) -> Iterator[str]:
    """Yield each route as methods, path and the names of its guards."""
    for route in app.routes:
        handlers: Any = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        for handler in handlers:
            guards = [getattr(guard, "__name__", type(guard).__name__) for guard in handler.resolve_guards()]
            methods = sorted(getattr(handler, "http_methods", ())) or ["ANY"]
            yield f"{','.join(methods)} {route.path} {' '.join(guards)}".strip()


class Folder:
    """The files of a run, each named by what it holds."""

    def __init__(self, path: Path, hidden: Mapping[str, str]) -> None:
        self._path, self._hidden = path, hidden
        self._names = Numbered("{}{}")
        self._taken: Counter[str] = Counter()
        self.states: Counter[str] = Counter()

    def write(self, name: str, text: str) -> None:
        """Write a file; ids, tokens, and places of this machine become the same in each run."""
        for word, shown in self._hidden.items():
            name, text = name.replace(word, shown), text.replace(word, shown)
        name = re.sub(r"[^\w/.=&-]+", "_", self._names.settled(name)).strip("/")[:180]
        self._taken[name.lower()] += 1
        if (count := self._taken[name.lower()]) > 1:
            name = f"{name}~{count}"
        file = self._path / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Numbered().settled(text), encoding="utf-8")

    def keep(self, name: str, asked: str, *responses: httpx.Response) -> None:
        """Write what a request was, and what came of it."""
        shown = [of_response(one.status_code, one.headers.multi_items(), one.content) for one in responses]
        self.states.update(str(one.status_code) for one in responses)
        self.write(name, "\n".join((asked, *shown)))


class Person:
    """A browser of one persona, or of someone who isn't signed in, and where it has been."""

    def __init__(self, name: str, base: str, app: Litestar, folder: Folder, routes: Routes) -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # an ASGI application
        self.client = httpx.AsyncClient(transport=transport, base_url=base)
        self.name, self._base, self._folder, self._routes = name, base, folder, routes
        self.seen: dict[tuple[str, bool], str] = {}
        """Where this person has been, with the route; a part that htmx requests is apart from a page."""
        self.forms: dict[str, list[Form]] = {}
        """Forms by the route of where they lead."""
        self._after: set[str] = set()
        """Routes of forms that only the page after another form has."""
        self._token = ""
        self._counts: Counter[tuple[str, ...]] = Counter()

    async def sign_in(self, address: str) -> None:
        """Sign in as a persona of the demo."""
        page = Read((await self.client.get("/sign-in")).text)
        form = next(one for one in page.forms if one.action == "/demo/sign-in")
        fields = {**dict(form.shown), "persona": address}
        response = await self.client.post(form.action, data=fields)
        if not response.has_redirect_location:
            raise RuntimeError(f"{address} can't sign in: {response.text}")

    async def crawl(self, *starts: str) -> None:
        """Follow all links from some pages, the nearest first."""
        waiting = [(start, False) for start in starts]
        for address, is_part in waiting:
            if self._is_wanted(address, is_part):
                waiting += await self.fetch(address, is_part)

    def _is_wanted(self, address: str, is_part: bool) -> bool:  # noqa: FBT001 - half of the key
        if (address, is_part) in self.seen:
            return False
        url = urlsplit(address)
        route = self._routes.of(url.path)
        if route.startswith(("/static", "/help/")):
            return route != "/static/{name}" or self.name == SIGNED_OUT
        names = sorted({name for name, _ in parse_qsl(url.query, keep_blank_values=True)})
        keys = ((route, str(is_part)), (route, str(is_part), "?", *names))
        if self._counts[keys[0]] >= PER_ROUTE * 3 or self._counts[keys[1]] >= (PER_FILTER if names else PER_ROUTE):
            return False
        self._counts.update(keys)
        return True

    async def fetch(self, address: str, is_part: bool) -> list[tuple[str, bool]]:  # noqa: FBT001 - as above
        """Get an address, keep what comes, and return where it leads."""
        self.seen[address, is_part] = self._routes.of(urlsplit(address).path)
        response = await self.client.get(address, headers=HTMX if is_part else {})
        self._folder.keep(f"{self.name}/{_named(address)}{'.part' if is_part else ''}", f"GET {address}", response)
        leads: list[tuple[str, bool]] = []
        if location := response.headers.get("location"):
            leads.append((location, False))
        if response.headers.get("content-type", "").startswith("text/html"):
            page = Read(response.text)
            leads += [(one, False) for one in page.links] + [(one, True) for one in page.parts]
            for form in page.forms:
                if form.method == "get":
                    leads += [(f"{form.action}?{urlencode(fields)}", False) for fields in (form.shown, form.filled)]
            self._note(page.forms, address)
        return [(own, is_part) for one, is_part in leads if (own := self._own(one, address))]

    def _own(self, link: str, page: str) -> str | None:
        """Return an address of this site without its host; None for another site."""
        url = urlsplit(urljoin(f"{self._base}{page}", link))
        if f"{url.scheme}://{url.netloc}" != self._base:
            return None
        return f"{url.path}?{url.query}" if url.query else url.path

    def _note(self, forms: list[Form], page: str) -> None:
        for form in forms:
            if form.method != "post" or not (action := self._own(form.action, page)):
                continue
            form.action, self._token = action, dict(form.shown).get("_csrf", self._token)
            known = self.forms.setdefault(self._routes.of(urlsplit(action).path), [])
            if len(known) < PER_FORM and action not in {one.action for one in known}:
                known.append(form)

    async def post_all(self, settle: Settle) -> None:
        """Send each form; `settle` takes back what came of it and returns the emails."""
        for route in sorted(self.forms, key=lambda one: (one.endswith(LAST), one)):
            for form in self.forms[route]:
                token = [field for field in form.shown if field[0] == "_csrf"] or [("_csrf", self._token)]
                sent: list[Fields] = []
                for kind, fields in (("empty", []), ("as-shown", form.shown), ("filled", form.filled)):
                    complete = token + [field for field in fields if field[0] != "_csrf"]
                    if complete not in sent:
                        await self._post(form.action, kind, complete, settle)
                        sent.append(complete)

    async def _post(self, action: str, kind: str, fields: Fields, settle: Settle) -> None:
        """Send a form, follow where it leads, and send what only the page after it offers, such as undo."""
        cookies = list(self.client.cookies.jar)
        name = f"{self.name}/posts/{_named(action)}.{kind}"
        responses = await self._send(action, fields)
        self._folder.keep(name, f"POST {action} {kind}", *responses)
        if responses[0].status_code < 400:  # noqa: PLR2004 - HTTP's errors
            for form in Read(responses[-1].text).forms:
                await self._send_new(form, action, name)
            for text in await settle():
                self._folder.write(f"{name}.email", text)
        self.client.cookies.jar.clear()
        for cookie in cookies:
            self.client.cookies.jar.set_cookie(cookie)

    async def _send_new(self, form: Form, page: str, name: str) -> None:
        """Send a form whose route no page had before."""
        action = self._own(form.action, page) if form.method == "post" else None
        route = self._routes.of(urlsplit(action).path) if action else ""
        if action and route not in self.forms and route not in self._after:
            self._after.add(route)
            self._folder.keep(f"{name}.then", f"POST {action} as-shown", *await self._send(action, form.shown))

    async def _send(self, action: str, fields: Fields) -> list[httpx.Response]:
        sent: dict[str, list[str]] = {}
        for name, value in fields:
            sent.setdefault(name, []).append(value)
        responses = [await self.client.post(action, data=sent)]
        location = responses[0].headers.get("location")
        if location is not None and (place := self._own(location, action)):
            responses.append(await self.client.get(place))
        return responses


def _named(address: str) -> str:
    """Return the address as the name of a file; a link of an email is named by its kind."""
    path, _, query = address.partition("?")
    return f"{path.strip('/') or 'home'}{f'.{query}' if query else ''}"


class Program:
    """A program with the token of one persona, and what it found in the API."""

    def __init__(self, name: str, token: str, client: httpx.AsyncClient, routes: Routes, folder: Folder) -> None:
        self._headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
        self._name, self._client, self._routes, self._folder = name, client, routes, folder
        self._known: dict[str, dict[str, Any]] = {}
        """Documents by route and address."""

    async def read(self) -> None:
        """Get all documents, from each list to what it names."""
        for route in self._routes.below(API):
            for address in self._addresses(route)[:PER_ROUTE]:
                span = SPAN if route == f"{API}occurrences" else None
                response = await self._client.get(address, headers=self._headers, params=span)
                self._folder.keep(f"{self._name}/api/{_named(address)}", f"GET {address}", response)
                self._known.setdefault(route, {})[address] = _document(response)

    async def change(self, settle: Settle) -> None:
        """Send an empty document to one address of each route, by each method that changes something."""
        for route in self._routes.below(API, ""):
            for address in self._addresses(route)[:1]:
                for method in sorted(self._routes.methods(route) & {"POST", "PUT", "PATCH", "DELETE"}):
                    response = await self._client.request(method, address, headers=self._headers, json={})
                    name = f"{self._name}/api/{_named(address)}.{method.lower()}"
                    self._folder.keep(name, f"{method} {address}", response)
                    if response.is_success:
                        await settle()

    def _addresses(self, route: str) -> list[str]:
        """Return addresses of a route, made of what is known about the route above it."""
        parent, _, part = route.rpartition("/")
        known = self._known.get(parent, {})
        if "{" in part:
            return [f"{one}/{value}" for one, document in known.items() for value in _values(document, part[1:-1])]
        return [f"{one}/{part}" for one in known] or ([] if "{" in route else [route])


def _document(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _values(document: Any, parameter: str) -> list[str]:
    """Return what the entries of a list have for a parameter of an address, such as `event_id`."""
    entries = (
        next((one for one in document.values() if isinstance(one, list)), [])
        if isinstance(document, dict)
        else document
    )
    names = (parameter, parameter.removesuffix("_id"), "id", "key", "reference")
    values = []
    for entry in entries if isinstance(entries, list) else []:
        value = next((entry[name] for name in names if isinstance(entry, dict) and name in entry), None)
        value = value.get("id") if isinstance(value, dict) else value
        values += [value] if isinstance(value, str) else []
    return values
