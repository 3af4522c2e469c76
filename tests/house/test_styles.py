"""The style sheet names its colors in one place, so that a part that is added follows light and dark alike."""

import re
from pathlib import Path

SHEET = Path(__file__).parents[2] / "tracker" / "static" / "tracker.css"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?=[;,\s)}!])|\brgba?\(")
PALETTE = re.compile(r":root\s*\{[^}]*\}")
PRINT = re.compile(r"@media print\{.*?\n\}", re.DOTALL)


def palettes() -> list[set[str]]:
    """Return the names of the custom properties of the light colors, and of the dark ones."""
    return [set(re.findall(r"(--[\w-]+):", one)) for one in PALETTE.findall(SHEET.read_text(encoding="utf-8"))]


def test_a_color_is_written_only_in_the_palette_and_for_paper() -> None:
    rest = PRINT.sub("", PALETTE.sub("", COMMENT.sub("", SHEET.read_text(encoding="utf-8"))))
    assert [line.strip()[:80] for line in rest.splitlines() if COLOR.search(line)] == []


def test_each_color_of_the_style_sheet_is_in_the_palette() -> None:
    light, dark = palettes()
    used = set(re.findall(r"var\((--[\w-]+)", SHEET.read_text(encoding="utf-8")))
    assert used - light - {"--edge"} == set()  # --edge is a length of the header
    assert dark - light == set()
