"""Take the pictures of the guide from a fresh demo: docs/guide/pictures/*.png, each for a page that exists."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from scripts.browser import ARGUMENTS, find
from tests.browser.contexts import context_of, sign_in
from tests.browser.demo import Demo, served
from tests.browser.pictures import PICTURES, take

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "guide" / "pictures"


def main() -> None:
    """Replace every picture; one that the guide no longer shows goes."""
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "demo") as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        take_all(browser, demo)
        browser.close()


def take_all(browser: Browser, demo: Demo) -> None:
    """Take each picture with the browser of its persona, who signs in once."""
    contexts: dict[str | None, BrowserContext] = {}
    for name, picture in PICTURES.items():
        if picture.persona not in contexts:
            contexts[picture.persona] = context_of(demo, browser)
            if picture.persona:
                sign_in(contexts[picture.persona], demo.sign_in_links[picture.persona])
        file = FOLDER / f"{name}.png"
        take(picture, contexts[picture.persona].new_page(), demo, file)
        sys.stdout.write(f"{file.name}: {file.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main()
