"""What handlers need, static files, and lists that are downloaded."""

import csv
import gzip
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from tests.cast import NOW as CAST_NOW
from tests.cast import Cast
from tests.ports.browser import BASE, app_settings
from tracker.errors import NotAllowed
from tracker.ports.http.request_source import place
from tracker.ports.http.security import protect
from tracker.ports.pages.core import templating
from tracker.ports.pages.core.dependencies import first_reauthenticate, to_reauthentication
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.sheets import flat_form, form_record, merge_edits, recorded_form
from tracker.ports.pages.core.templating import load_assets, own_assets, static, static_file
from tracker.ports.pages.events.event_form import EventForm
from tracker.ports.pages.reports.spreadsheets import SpreadsheetTable, csv_of, xlsx_of
from tracker.ports.pages.roster import accounts
from tracker.rules.core.clean_text import is_formula
from tracker.rules.core.viewers import PROOF_HOLDS, Status, Viewer
from tracker.usecases.core.viewers import Visit
from tracker.usecases.roster import directory

WHY = FormValues({"why": ["Their agency asked for it."]})


def pages_of(viewer: Viewer) -> templating.Pages:
    """Return what makes the pages of someone's request."""
    return templating.Pages({"settings": app_settings(), "viewer": viewer, "now": CAST_NOW})


def visit(viewer: Viewer, *, proved: timedelta) -> Visit:
    """Return a session of someone who proved who they are so long ago."""
    end = CAST_NOW + timedelta(hours=1)
    return Visit(
        viewer=viewer,
        session_id="a" * 43,
        reauthenticated_at=CAST_NOW - proved,
        idle_end=end,
        last_end=end,
        has_password=True,
    )


async def press_suspend(viewer: Viewer, person_id: UUID, *, proved: timedelta) -> str:
    """Press the button that suspends someone, and return where it leads."""
    suspending = accounts.post_suspension.fn
    response = await suspending(person_id, pages_of(viewer), viewer, visit(viewer, proved=proved), WHY, CAST_NOW)
    return str(response.url)


async def test_an_account_is_suspended_right_after_a_proof(sqlite_cast: Cast) -> None:
    manager, person_id = sqlite_cast.coordinator, sqlite_cast.fbi_alternate.member_id
    assert await press_suspend(manager, person_id, proved=timedelta(minutes=1)) == f"/people/{person_id}"
    assert (await directory.person_for(manager, person_id)).status is Status.SUSPENDED


async def test_an_old_proof_suspends_no_one_and_is_asked_for_again(sqlite_cast: Cast) -> None:
    manager, person_id = sqlite_cast.coordinator, sqlite_cast.fbi_alternate.member_id
    assert await press_suspend(manager, person_id, proved=timedelta(hours=1)) == to_reauthentication(
        f"/people/{person_id}/suspension"
    )
    assert (await directory.person_for(manager, person_id)).status is Status.ACTIVE


async def test_only_an_administrator_suspends(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await press_suspend(sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate.member_id, proved=timedelta(minutes=1))


SECOND = timedelta(seconds=1)


VISIT = Visit(
    viewer=None, session_id="", reauthenticated_at=CAST_NOW, idle_end=CAST_NOW, last_end=CAST_NOW, has_password=True
)  # type: ignore[arg-type]  # no one looks at the viewer


def test_while_a_proof_holds_nothing_is_in_the_way() -> None:
    assert first_reauthenticate(VISIT, "/reports", CAST_NOW + PROOF_HOLDS - SECOND) is None


def test_after_fifteen_minutes_the_way_leads_to_a_proof_and_on() -> None:
    response = first_reauthenticate(VISIT, "/reports?year=2026&arm=all", CAST_NOW + PROOF_HOLDS)
    assert response is not None
    assert (response.status_code, response.url) == (303, "/sign-in/again?next=/reports%3Fyear%3D2026%26arm%3Dall")


@pytest.mark.parametrize("back", ["/reports?year=2026&arm=all", "/people/x/access", "/settings"])
def test_the_place_to_go_on_to_is_one_that_the_proof_page_takes(back: str) -> None:
    asked = httpx.URL(to_reauthentication(back)).params["next"]
    assert place(asked) == back


REPOSITORY = Path(__file__).resolve().parents[4]
ODD_PATHS = {
    "no name or an old one": ("", "x.css", "tracker.css", "tracker.000000000000.css", "tracker.css?x=%00"),
    "a way up": ("../settings.py", "..%2f..%2fsettings.py", "%2e%2e/app.py", "..%5csettings.py", ".", ".."),
    "another root": ("//etc/passwd", "%2fetc%2fpasswd"),
    "a folder, or what no page names": ("vendor", "vendor/", "vendor/manifest.json", "vendor/LICENSES.md"),
    "no text": ("%00", "tracker.css%00.png", "%ff%fe", "%c0%ae%c0%ae/", "a%0d%0ab"),
    "no file": ("%F0%9F%92%A9", "a" * 4000, "{name}", "%25"),
}


@pytest.fixture(scope="module")
def static_client() -> Iterator[TestClient[Litestar]]:
    app = Litestar([static_file], openapi_config=None)
    protect(app, app_settings())
    with TestClient(app, base_url=BASE) as client:
        yield client


def test_a_file_is_served_under_a_name_that_holds_the_hash_of_its_bytes(static_client: TestClient[Litestar]) -> None:
    response = static_client.get(static("tracker.css"))
    digest = hashlib.sha256(response.content).hexdigest()
    assert static("tracker.css") == f"/static/tracker.{digest[:12]}.css"


def test_caches_may_keep_a_file_for_a_year(static_client: TestClient[Litestar]) -> None:
    headers = static_client.get(static("tracker.js")).headers
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("tracker.css", "text/css; charset=utf-8"),
        ("vendor/htmx4.min.js", "text/javascript; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
        ("vendor/img/us_flag_small.png", "image/png"),
        ("vendor/fonts/public-sans/PublicSans-Bold.woff2", "font/woff2"),
    ],
)
def test_every_file_says_its_type(static_client: TestClient[Litestar], name: str, media_type: str) -> None:
    assert static_client.get(static(name)).headers["content-type"] == media_type


@pytest.mark.parametrize("known", ["{}", 'W/"other", {}', "*"])
def test_a_browser_that_has_the_file_is_not_sent_it_again(static_client: TestClient[Litestar], known: str) -> None:
    address = static("tracker.css")
    etag = static_client.get(address).headers["etag"]
    response = static_client.get(address, headers={"If-None-Match": known.format(etag)})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)


def test_a_browser_that_has_another_file_is_sent_this_one(static_client: TestClient[Litestar]) -> None:
    assert static_client.get(static("tracker.css"), headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_tells_the_length_and_sends_no_body(static_client: TestClient[Litestar]) -> None:
    whole = static_client.get(static("favicon.svg"), headers={"Accept-Encoding": "identity"})
    head = static_client.head(static("favicon.svg"), headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))


def test_text_is_sent_under_gzip_to_those_who_take_it(static_client: TestClient[Litestar]) -> None:
    with static_client.stream("GET", static("tracker.css"), headers={"Accept-Encoding": "br, gzip;q=0.5"}) as response:
        packed = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(packed) == own_assets()["tracker.css"].body


@pytest.mark.parametrize("encodings", ["identity", "gzip;q=0", "gzip; q=0.0, br", "xgzipx"])
def test_text_is_sent_plain_to_those_who_do_not_take_gzip(static_client: TestClient[Litestar], encodings: str) -> None:
    response = static_client.get(static("tracker.css"), headers={"Accept-Encoding": encodings})
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("paths", ODD_PATHS.values(), ids=ODD_PATHS)
def test_whatever_is_not_in_the_manifest_is_not_found(
    static_client: TestClient[Litestar], paths: Sequence[str]
) -> None:
    assert {path: static_client.get(f"/static/{path}").status_code for path in paths} == dict.fromkeys(paths, 404)


def test_odd_bytes_as_a_server_decodes_them_are_not_found(static_client: TestClient[Litestar]) -> None:
    decoded = [unquote(path, encoding="latin-1").replace("?", "") for paths in ODD_PATHS.values() for path in paths]
    asked = ["/static/" + "".join(f"%{byte:02x}" for byte in path.encode()) for path in decoded]
    assert {path: static_client.get(path).status_code for path in asked} == dict.fromkeys(asked, 404)


def test_only_reading_is_answered(static_client: TestClient[Litestar]) -> None:
    assert static_client.post(static("tracker.css")).status_code == 405


def test_every_reference_of_a_style_sheet_is_served(static_client: TestClient[Litestar]) -> None:
    sheet = static_client.get(static("vendor/uswds.css")).text
    references = set(re.findall(r'url\("([^"]+)"\)', sheet))
    assert len(references) > 30
    assert {static_client.get(reference).status_code for reference in references} == {200}


def test_no_style_sheet_asks_another_host() -> None:
    sheets = [asset.body.decode() for name, asset in own_assets().items() if name.endswith(".css")]
    assert [sheet for sheet in sheets if re.search(r"url\(\s*[\"']?(?:https?:|//|data:)|@import", sheet)] == []


def test_references_are_relative_to_the_folder_of_their_style_sheet(tmp_path: Path) -> None:
    (tmp_path / "look" / "img").mkdir(parents=True)
    (tmp_path / "look" / "img" / "a.svg").write_text("<svg/>")
    (tmp_path / "b.svg").write_text("<svg />")
    sheet = "a{background:url( img/a.svg )}b{background:url('../b.svg')}@supports(mask:url(\"\")){i{color:red}}"
    (tmp_path / "look" / "x.css").write_text(sheet)
    files = load_assets(tmp_path)
    a, b = files["look/img/a.svg"].address, files["b.svg"].address
    expected = f'a{{background:url("{a}")}}b{{background:url("{b}")}}@supports(mask:url("")){{i{{color:red}}}}'
    assert files["look/x.css"].body.decode() == expected


def test_a_changed_picture_changes_the_name_of_the_style_sheet_that_shows_it(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "x.css").write_text("a{background:url(a.svg)}")
    before = load_assets(tmp_path)["x.css"].address
    (tmp_path / "a.svg").write_text("<svg><g/></svg>")
    assert load_assets(tmp_path)["x.css"].address != before


@pytest.mark.parametrize("reference", ["gone.svg", "../up.svg", "https://elsewhere.example/a.svg", "data:image/png,x"])
def test_a_style_sheet_that_names_what_is_not_there_stops_the_start(tmp_path: Path, reference: str) -> None:
    (tmp_path / "x.css").write_text(f"a{{background:url({reference})}}")
    with pytest.raises(LookupError, match="not there"):
        load_assets(tmp_path)


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    with pytest.raises(KeyError):
        static("gone.css")


def test_vendored_files_are_the_ones_that_were_recorded_with_their_licenses() -> None:
    script = REPOSITORY / "scripts" / "vendor.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "All vendored files are as recorded.\n")


TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n"), max_size=5)
FORM = st.fixed_dictionaries({"title": TEXT, "place": TEXT, "agenda": TEXT})


def form(**fields: str) -> FormValues:
    return FormValues({name: (text,) for name, text in fields.items()})


@given(FORM, FORM, FORM)
def test_what_this_person_typed_stays_and_what_they_left_follows_the_other(
    was: dict[str, str], typed: dict[str, str], now: dict[str, str]
) -> None:
    both, changes = merge_edits(was, form(**typed), form(**now))
    for name, before in was.items():
        assert both[name] == (now[name] if typed[name] == before else typed[name])
    reported = {change.name for change in changes}
    assert reported == {name for name in was if now[name] not in (was[name], typed[name])}


@given(FORM)
def test_a_record_comes_back_as_it_was(fields: dict[str, str]) -> None:
    assert recorded_form(form_record(form(**fields))) == fields


def test_line_ends_of_a_browser_are_no_change() -> None:
    assert flat_form(form(agenda="a\r\nb")) == flat_form(form(agenda="a\nb"))


def test_people_are_merged_one_by_one() -> None:
    was = FormValues({"person": ["a", "b"], "role-a": ["required"], "role-b": ["optional"]})
    typed = FormValues({"person": ["a", "c"], "role-a": ["chair"], "role-b": ["optional"], "role-c": ["required"]})
    now = FormValues({"person": ["b", "d"], "role-b": ["optional"], "role-d": ["required"]})
    both, changes = merge_edits(recorded_form(form_record(was)), typed, now)
    assert sorted(both.all("person")) == ["a", "c", "d"]  # a was changed here, b taken off here, d added there
    assert {change.name: change.is_taken for change in changes} == {"person:a": False, "person:d": True}


def test_weekdays_stay_several() -> None:
    was, now = FormValues({"weekdays": ["1"]}), FormValues({"weekdays": ["1", "3"]})
    both, _ = merge_edits(recorded_form(form_record(was)), was, now, ["weekdays"])
    assert both.all("weekdays") == ("1", "3")


def test_a_record_that_is_not_ours_says_nothing() -> None:
    for text in ("", "{", "[]", "7", json.dumps({"a": 1}), "[" * 100_000, "x" * 300_000):
        assert recorded_form(text) == {}


NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
PAYLOADS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\uff1d1+1",
    "\uff20A1",
    '  =HYPERLINK("http://x","y")',
    "=cmd|'/c calc'!A1",
    "\u200b=1+1",
    "\u2800\u2003@A1",
)


def sheet(*texts: str) -> SpreadsheetTable:
    return SpreadsheetTable(name="Names", columns=("Name", "Number"), rows=[(text, 4) for text in texts], totals=1)


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(content)) as book:
        return {name: book.read(name).decode() for name in book.namelist()}


def test_no_cell_of_a_csv_begins_like_a_formula() -> None:
    for row in cells(csv_of("=heading", [sheet(*PAYLOADS)])):
        assert not any(map(is_formula, row))


def test_every_cell_of_a_csv_is_quoted_and_the_heading_is_its_first_line() -> None:
    text = csv_of("Heading", [sheet('He said "yes", twice')]).decode("utf-8-sig")
    assert text.splitlines()[0] == '"Heading"'
    assert '"He said ""yes"", twice","4"' in text


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers() -> None:
    book = parts(xlsx_of("=heading", [sheet(*PAYLOADS, "plain")], NOW))
    page = book["xl/worksheets/sheet1.xml"]
    assert "<f>" not in page
    assert "hyperlink" not in page.lower()
    assert page.count('t="s"') == 3 + len(PAYLOADS) + 1
    assert len(re.findall(r"<v>4</v>", page)) >= len(PAYLOADS) + 1
    assert "=1+1" in book["xl/sharedStrings.xml"]


def test_a_text_in_a_workbook_stays_text_when_a_person_types_it_again() -> None:
    book = parts(xlsx_of("Heading", [sheet("plain", "\u200b=1+1")], NOW))
    kinds = re.findall(r"<xf [^>]*>", book["xl/styles.xml"].partition("<cellXfs")[2])
    marked = {number for number, one in enumerate(kinds) if 'quotePrefix="1"' in one}
    look = dict(re.findall(r'<c r="(A\d)"(?: s="(\d+)")? t="s">', book["xl/worksheets/sheet1.xml"]))
    assert int(look["A5"]) in marked
    assert not look["A4"]


def test_the_banner_is_the_first_line_of_a_file_and_on_top_and_at_the_end_of_each_printed_page() -> None:
    banner = "CUI//SP-INV/LEI//DL ONLY"
    assert cells(csv_of("Heading", [sheet("a")], banner))[:2] == [[banner], ["Heading"]]
    page = parts(xlsx_of("Heading", [sheet("a")], NOW, banner))["xl/worksheets/sheet1.xml"]
    assert page.count(f"&amp;C{banner}") == 2


def test_the_same_tables_give_the_same_bytes() -> None:
    assert xlsx_of("Heading", [sheet("a")], NOW) == xlsx_of("Heading", [sheet("a")], NOW)


@pytest.mark.parametrize("name", ["Action items: done", "a/b\\c*?[x]", "''", "x" * 80])
def test_any_name_can_be_on_a_tab(name: str) -> None:
    named = SpreadsheetTable(name=name, columns=("A",), rows=[])
    assert "xl/worksheets/sheet1.xml" in parts(xlsx_of("Heading", [named], NOW))


def test_times_of_reminders_that_another_person_saved_stay_several() -> None:
    was, now = FormValues({"leads": ["1440"]}), FormValues({"leads": ["10080", "1440"]})
    words = EventForm.words()
    both, changes = merge_edits(recorded_form(form_record(was)), was, now, words.repeated)
    assert both.all("leads") == ("10080", "1440")
    assert [words.said(change.name, change.now) for change in changes] == ["7 days, 1 day"]
