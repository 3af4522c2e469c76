"""Where the product's own folders are: beside the package in the repository, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """Return the folder `name`, such as "templates": the repository's own, or the copy in the wheel."""
    beside = PACKAGE.parent / name
    in_repository = (PACKAGE.parent / "piccolo_conf.py").exists() and beside.is_dir()
    return beside if in_repository else PACKAGE / "_bundled" / name
