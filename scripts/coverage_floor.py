"""Read a coverage report and fail when the rules, the readers with a viewer or identity fall below their floor.

`python scripts/coverage_floor.py FILE` reads the JSON report of coverage.py, measured with branches, and lists the
lines that no test enters there. A floor is the share of lines and branches that tests enter, a little below what
`make coverage` measured when it was set. Raise it when you can; a change that lowers it says why in its message.
"""

import json
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

FLOORS = {"tracker/rules/*": 0.97, "tracker/tables/visible/*": 0.99, "tracker/usecases/identity/*": 0.98}
"""By a pattern of paths, in which `*` also stands for slashes."""

Files = dict[str, dict[str, Any]]


def matching(files: Files, pattern: str) -> Files:
    """Return the files whose paths match."""
    return {path: one for path, one in files.items() if fnmatch(path, pattern)}


def ratio(files: Files) -> float:
    """Return the share of lines and branches that were entered; 0 when there are no files."""
    sums = [one["summary"] for one in files.values()]
    entered = sum(one["covered_lines"] + one["covered_branches"] for one in sums)
    all_of_them = sum(one["num_statements"] + one["num_branches"] for one in sums)
    return entered / all_of_them if all_of_them else 0.0


def missed(files: Files) -> list[str]:
    """Return a line for each file in which lines were not entered, the least covered first."""
    worst = sorted(files.items(), key=lambda item: item[1]["summary"]["percent_covered"])
    return [f"  {path}: {', '.join(map(str, one['missing_lines']))}" for path, one in worst if one["missing_lines"]]


def main(report: Path) -> int:
    """Print what is missed and each ratio with its floor; return 1 when one is below."""
    files: Files = json.loads(report.read_bytes())["files"]
    ratios = {pattern: ratio(matching(files, pattern)) for pattern in FLOORS}
    for pattern in FLOORS:
        sys.stdout.write("\n".join([f"Lines not entered in {pattern}:", *missed(matching(files, pattern)), ""]))
    for pattern, share in ratios.items():
        sign = "BELOW" if share < FLOORS[pattern] else "above"
        sys.stdout.write(f"{pattern:28} {share:7.2%}, {sign} the floor of {FLOORS[pattern]:.0%}\n")
    sys.stdout.write(f"{'everything measured':28} {ratio(files):7.2%}\n")
    return 1 if any(share < FLOORS[pattern] for pattern, share in ratios.items()) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
