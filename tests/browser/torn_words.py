"""Finds words that a page breaks inside themselves, and columns as narrow as a letter."""

LONGEST = 20  # characters without a space; addresses and names of settings are longer, and may be broken
TORN = """longest => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const tokenAt = (text, at) => text.slice(0, at).match(/\\S*$/)[0].length + text.slice(at).match(/^\\S*/)[0].length;
  const tops = () => [...range.getClientRects()].filter(one => one.width > 0).map(one => Math.round(one.top));
  const lines = () => new Set(tops()).size;
  const isClipped = box => !!box.closest('thead') && box.closest('thead').offsetWidth < 2;  // read aloud, never seen
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const box = node.parentElement;
    if (!box.checkVisibility() || box.closest('code, pre, svg, .usa-sr-only') || isClipped(box)) continue;
    range.selectNodeContents(node);
    if (lines() < 2) continue;
    for (const { 0: word, index } of node.data.matchAll(/[\\p{L}\\p{N}']{2,}/gu)) {
      if (longest < tokenAt(node.data, index)) continue;
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      if (lines() > 1) found.push(`${word} in "${box.textContent.trim().slice(0, 40)}"`);
    }
  }
  return [...new Set(found)];
}"""
"""Returns each word of more than one letter that is broken across two lines, with its element."""
NARROW = 4  # characters
"""A cell is never narrower than this, unless all that it holds is."""
NARROW_CELLS = """least => [...document.querySelectorAll('main td, main th')].filter(cell => {
  if (!cell.checkVisibility() || cell.closest('.tt-cal, .tt-av, .tt-week, svg')) return false;
  const text = cell.textContent.trim(), style = getComputedStyle(cell);
  if (!text || cell.closest('thead')?.offsetWidth < 2 || cell.closest('.usa-sr-only')) return false;
  if (text === cell.querySelector('.usa-sr-only')?.textContent.trim()) return false;
  const room = cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return room < least * parseFloat(style.fontSize) * 0.5 && text.length > least;
}).map(cell => cell.textContent.trim().slice(0, 40))"""
"""Returns the text of each cell of a table that has no room for four characters of it."""
