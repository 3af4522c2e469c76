"""Where the product's own folders are: beside the package in the repository, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """Return the folder `name`, say "templates": the repository's own, else the copy that the wheel carries."""
    beside = PACKAGE.parent / name
    in_repository = (PACKAGE.parent / "piccolo_conf.py").exists() and beside.is_dir()
    return beside if in_repository else PACKAGE / "_bundled" / name
