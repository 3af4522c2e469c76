"""Check, offline, that every vendored browser file is the one that was taken in, and that its license is named.

`python scripts/vendor.py` compares tracker/static/vendor with its manifest.json: same files, same bytes.
`python scripts/vendor.py record` writes the bytes of today into it; read the difference before you commit it.

How the files came: `npm pack` of the packages below, files copied unchanged, except uswds.css, which is compiled from
uswds.scss: `npm install @uswds/uswds@3.14.0 sass && npx sass --style=compressed --no-source-map
--load-path=node_modules/@uswds/uswds/packages uswds.scss uswds.css`.
"""

import fnmatch
import hashlib
import json
import sys
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "tracker" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
OWN = ("manifest.json", "LICENSES.md")

# pattern → package, version, license (SPDX); the first pattern that fits counts
SOURCES = (
    ("uswds.css", "@uswds/uswds, compiled", "3.14.0", "CC0-1.0 AND MIT"),
    ("uswds.scss", "this project", "", "Apache-2.0"),
    ("uswds.min.js", "@uswds/uswds", "3.14.0", "CC0-1.0"),
    ("htmx4.min.js", "htmx.org", "4.0.1", "0BSD"),
    ("fonts/public-sans/*.woff2", "@uswds/uswds, Public Sans", "3.14.0", "OFL-1.1"),
    ("icons/*.svg", "@uswds/uswds, Material icons", "3.14.0", "Apache-2.0"),
    ("img/usa-icons*/*.svg", "@uswds/uswds, Material icons", "3.14.0", "Apache-2.0"),
    ("img/*", "@uswds/uswds", "3.14.0", "CC0-1.0"),
)


def present() -> dict[str, dict[str, str]]:
    """Return every vendored file with its SHA-256, where it came from, and its license."""
    files = (path for path in sorted(VENDOR.rglob("*")) if path.is_file() and path.name not in OWN)
    return {path.relative_to(VENDOR).as_posix(): _entry(path) for path in files}


def _entry(path: Path) -> dict[str, str]:
    name = path.relative_to(VENDOR).as_posix()
    package, version, terms = next(
        (source[1:] for source in SOURCES if fnmatch.fnmatchcase(name, source[0])), ("", "", "")
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"sha256": digest, "package": package, "version": version, "license": terms}


def faults() -> list[str]:
    """Return what is wrong, one sentence each; empty when all is as recorded."""
    recorded = json.loads(MANIFEST.read_text(encoding="utf-8"))
    here = present()
    return [
        *(f"{name} is recorded but missing." for name in recorded.keys() - here.keys()),
        *(f"{name} is not recorded." for name in here.keys() - recorded.keys()),
        *(f"{name} has no known license." for name, entry in here.items() if not entry["license"]),
        *(
            f"{name} differs from what was recorded."
            for name in here.keys() & recorded.keys()
            if here[name] != recorded[name]
        ),
    ]


def main(arguments: list[str]) -> int:
    """Check or record; return the exit status."""
    if arguments == ["record"]:
        MANIFEST.write_text(json.dumps(present(), indent=1) + "\n", encoding="utf-8")
    wrong = sorted(faults())
    sys.stdout.write("".join(f"{sentence}\n" for sentence in wrong) or "All vendored files are as recorded.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
