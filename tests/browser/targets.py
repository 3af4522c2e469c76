"""Finds what is too small for a thumb, or for a mouse."""

LEAST = 24  # CSS pixels, each way (WCAG 2.2, 2.5.8)
SMALL = """least => {
  const shown = one => one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const isClipped = one => !!one.closest('.usa-sr-only, .usa-skipnav, iframe, pre, svg');
  const inText = one => getComputedStyle(one).display === 'inline'
    && [...one.parentElement.childNodes].some(near => near.nodeType === 3 && /[\\p{L}\\p{N}]/u.test(near.data));
  const targetOf = one => one.matches('input[type=checkbox], input[type=radio]') ? one.labels[0] || one : one;
  const found = [];
  for (const one of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')) {
    const target = targetOf(one);
    if (!shown(target) || isClipped(target) || inText(target)) continue;
    const box = target.getBoundingClientRect();
    if (box.width < 2 || (box.width >= least - 0.5 && box.height >= least - 0.5)) continue;
    const name = (target.textContent.trim() || target.name || target.id || target.tagName).slice(0, 40);
    found.push(`${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`);
  }
  return [...new Set(found)];
}"""
"""Returns each link, button and field that is smaller than it may be, with its size; links in a sentence may be."""
