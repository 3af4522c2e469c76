"""Take twenty pages of a fresh demo at four widths, before and after their main click, for people to look at.

The folder is an argument and lies outside of the repository: `make looks TO=../looks`.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from scripts.browser import ARGUMENTS, find
from tests.browser.contexts import context_of, sign_in
from tests.browser.demo import Demo, served
from tests.browser.looks import LOOKS, take

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    """Take them into the folder that is named, or only those whose names follow it."""
    match sys.argv[1:]:
        case [folder, *names] if REPOSITORY not in (into := Path(folder).resolve(), *into.parents):
            into.mkdir(parents=True, exist_ok=True)
            _with_a_demo(into, names or list(LOOKS))
        case _:
            sys.exit("Name a folder outside of the repository, and pages if not all of them.")


def _with_a_demo(folder: Path, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as data, served(Path(data) / "demo") as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        take_all(browser, demo, folder, names)
        browser.close()


def take_all(browser: Browser, demo: Demo, folder: Path, names: list[str]) -> None:
    """Take each page with the browser of its persona. All sign in first: an invitation ends their links."""
    contexts = {persona: _signed_in(browser, demo, persona) for persona in {LOOKS[name].persona for name in names}}
    for name in names:
        page = contexts[LOOKS[name].persona].new_page()
        take(name, LOOKS[name], page, demo, folder)
        page.close()
        sys.stdout.write(f"{name}\n")


def _signed_in(browser: Browser, demo: Demo, persona: str | None) -> BrowserContext:
    context = context_of(demo, browser)
    if persona:
        sign_in(context, demo.sign_in_links[persona])
    return context


if __name__ == "__main__":
    main()
