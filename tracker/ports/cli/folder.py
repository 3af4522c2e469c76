"""A new data folder: it is complete, or it does not exist."""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from tracker.config import settings_file
from tracker.errors import Conflict, Invalid

MAKING = ".making"
FOREIGN = {MAKING, "lost+found"}  # left by a process that was killed; belongs to the file system


class Claim:
    """An empty or new folder of mode 0700. What the block puts into `place` is moved there when it succeeds.

    The settings come last, and no command works in a folder without them, so a kill never leaves half of one. The work
    is done inside the folder because it may be a mounted volume, or the only place where this user may write. Errors:
    Conflict when the folder is not empty, Invalid when it can't be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.place = self.folder / MAKING

    def __enter__(self) -> Self:
        try:
            self._was_there = self.folder.exists()
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if {path.name for path in self.folder.iterdir()} - FOREIGN:
                raise Conflict(f"{self.folder} isn't empty. Choose a new folder. Nothing was changed.")
            shutil.rmtree(self.place, ignore_errors=True)
            self.place.mkdir(mode=0o700)
        except OSError as refused:
            raise Invalid(f"{self.folder} can't be used: {refused.strerror}.") from refused
        return self

    def write(self, name: str, text: str) -> None:
        """Write a file that only its owner can read."""
        handle = os.open(self.place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            for path in sorted(self.place.iterdir(), key=lambda path: path.name == settings_file.NAME):
                path.rename(self.folder / path.name)
        shutil.rmtree(self.place)
        if error is not None and not self._was_there:
            self.folder.rmdir()
