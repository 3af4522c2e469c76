"""The pictures of the guide show pages that exist."""

from pathlib import Path

import pytest

from tests.browser.demo import Demo
from tests.browser.pictures import PICTURES, take
from tests.browser.tabs import TabOf
from tracker.ports.pages.core.templating import size_of_png


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_guide_can_be_taken_again(name: str, tab_of: TabOf, demo: Demo, tmp_path: Path) -> None:
    picture = PICTURES[name]
    take(picture, tab_of(picture.persona).page, demo, tmp_path / "taken.png")
    assert size_of_png((tmp_path / "taken.png").read_bytes()) == picture.size
