"""What a look that is known doesn't hide from the judge of colors."""

from playwright.sync_api import Page

from tests.browser.axe import broken_rules
from tests.browser.tabs import PageOf

PALE = "color: rgb(140, 141, 142)"
GRAY = "color: rgb(91, 92, 93)"


def contrast(page: Page, *texts: str) -> list[str]:
    page.set_content(f"<main>{''.join(texts)}</main>")
    return [one for one in broken_rules(page) if one.startswith("color-contrast")]


def test_a_color_that_passed_is_judged_again_on_another_background(page_of: PageOf) -> None:
    page = page_of(None)
    assert contrast(page, f"<p style='{GRAY}'>On white</p>") == []
    [found] = contrast(page, f"<div style='background: rgb(60, 61, 62)'><p style='{GRAY}'>On gray</p></div>")
    assert "On gray" in found


def test_a_text_that_is_too_pale_is_found_on_each_page_and_at_each_place(page_of: PageOf) -> None:
    page = page_of(None)
    texts = [f"<p style='{PALE}'>{place}</p>" for place in ("First", "Second")]
    for _ in range(2):
        [found] = contrast(page, *texts)
        assert ("First" in found, "Second" in found) == (True, True)


def test_a_text_that_is_too_pale_is_found_beside_those_that_no_one_has_to_read(page_of: PageOf) -> None:
    page = page_of(None)
    disabled = f"<button disabled style='{PALE}; background: white; font-size: 18px'>Off</button>"
    enabled = f"<button style='{PALE}; background: white; font-size: 18px'>On</button>"
    assert contrast(page, disabled) == []
    [found] = contrast(page, enabled)
    assert "On" in found


def test_what_lies_over_another_box_is_judged_there(page_of: PageOf) -> None:
    page = page_of(None)
    over = f"<p style='{GRAY}; position: absolute; top: 60px; left: 60px'>Laid over</p>"
    assert contrast(page, over) == []
    [found] = contrast(page, "<div style='background: rgb(60, 61, 62); height: 200px'></div>", over)
    assert "Laid over" in found
