"""Judges a page by axe as it is shown now; of colors, judges each look once in a process.

Contrast takes two thirds of axe's time, and most texts look like those of the page before: the header, labels, cells.
So a text counts as judged when axe has passed one with the same look: its color, size and weight, and all that is
painted behind it. What axe could not decide, and what may lie over other boxes, is judged each time. The first text of
a look is judged alone: with a thousand elements at once, axe takes seconds.
"""

from collections.abc import Collection

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"resultTypes": ["violations"], "preload": False, "selectors": False, "elementRef": True}
"""No page holds sound or film to fetch; and a place is named by its element alone, and that only where it is wrong."""
ALL_BUT_CONTRAST = {**OPTIONS, "runOnly": RULES, "rules": {"color-contrast": {"enabled": False}}}
LINKS_IN_TEXT = {**OPTIONS, "runOnly": {"type": "rule", "values": ["link-in-text-block"]}}
"""Beside contrast, the one rule about colors."""
BRING = f"window.bringAxe = () => {{ {Axe().axe_script}; axe.configure({{ noHtml: true }}); }}; null;"
"""Lets a page bring axe by itself: to send all its text to each page takes three times as long."""
LOOKS = """() => {
  const known = new Map();
  const about = one => {
    if (known.has(one)) return known.get(one);
    const around = one.parentElement ? about(one.parentElement) : { behind: '', isLoose: false };
    const style = getComputedStyle(one);
    const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.mixBlendMode, style.filter].join();
    const isLoose = around.isLoose || /absolute|fixed|sticky/.test(style.position) || style.transform !== 'none';
    known.set(one, { style, behind: own === 'rgba(0, 0, 0, 0),none,1,normal,none' ? around.behind
      : `${around.behind} | ${own}`, isLoose });
    return known.get(one);
  };
  const holdsText = one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const lookOf = (one, number) => {
    const { style, behind, isLoose } = about(one);
    return [isLoose ? `loose ${number}` : '', style.color, style.webkitTextFillColor, style.textShadow, style.fontSize,
      style.fontWeight, behind].join('; ');
  };
  const found = new Map();
  const all = [...document.body.querySelectorAll('*')];
  for (const [number, one] of all.entries()) {
    if (!one.checkVisibility({ visibilityProperty: true }) || one.closest('.usa-sr-only, svg')) continue;
    if (!holdsText(one) && !one.matches('input, select, textarea')) continue;
    const look = lookOf(one, number);
    found.set(look, [...found.get(look) || [], one]);
  }
  window.looks = found;
  return [...found.keys()];
}"""
PLACE = """({ element }) => {
  const whole = element.outerHTML;
  return { html: whole.length > 300 ? element.cloneNode().outerHTML : whole };
}"""
"""What names an element that is wrong: all of it, or its tag alone where that is long."""
JUDGE = f"""async options => {{
  if (typeof axe !== 'object') {{
    if (!window.bringAxe) return null;
    bringAxe();
  }}
  const {{ violations }} = await axe.run(options);
  return [violations.map(({{ id, nodes }}) => ({{ id, nodes: nodes.map({PLACE}) }})), ({LOOKS})()];
}}"""
"""The rules that are broken, and the looks of the texts; null where axe can't be brought yet."""
CONTRAST = """async looks => {
  const runOnly = { type: 'rule', values: ['color-contrast'] };
  const options = { runOnly, elementRef: true, selectors: false, preload: false };
  const wrong = [], good = new Set();
  const judge = async (looks, of) => {
    const include = looks.flatMap(look => of(window.looks.get(look)));
    if (!include.length) return;
    const { passes, violations } = await axe.run({ include }, options);
    const passed = new Set(passes.flatMap(rule => rule.nodes).map(node => node.element));
    wrong.push(...violations.flatMap(rule => rule.nodes).map(PLACE));
    for (const look of looks) if (window.looks.get(look).some(one => passed.has(one))) good.add(look);
  };
  await judge(looks, all => all.slice(0, 1));
  await judge(looks.filter(look => !good.has(look)), all => all.slice(1));
  return [wrong.length ? [{ id: 'color-contrast', nodes: wrong }] : [], [...good]];
}""".replace("PLACE", PLACE)

_passed: set[str] = set()
"""The looks of texts that axe has passed in this process."""


def broken_rules(page: Page) -> list[str]:
    """Return the rules that a page breaks, each with the first places."""
    return _broken(page, ALL_BUT_CONTRAST)


def broken_rules_of_color(page: Page) -> list[str]:
    """Return the same of the rules about colors alone."""
    return _broken(page, LINKS_IN_TEXT)


def _broken(page: Page, options: dict[str, object]) -> list[str]:
    judged = page.evaluate(JUDGE, options)
    if judged is None:
        page.add_init_script(BRING)
        page.evaluate(BRING)
        judged = page.evaluate(JUDGE, options)
    violations, looks = judged
    return _summary([*violations, *_contrast(page, looks)])


def _contrast(page: Page, looks: Collection[str]) -> list[dict[str, object]]:
    unknown = [look for look in looks if look not in _passed]
    if not unknown:
        return []
    violations, good = page.evaluate(CONTRAST, unknown)
    if not violations:
        _passed.update(good)
    return violations


def _summary(collections: Collection[dict[str, object]]) -> list[str]:
    return [f"{one['id']} {[node['html'][:160] for node in one['nodes'][:3]]}" for one in collections]
