"""One measured figure, beside the floor it was measured against in the same run."""

from collections.abc import Iterable, Sequence
from statistics import quantiles

from msgspec import Struct
from msgspec.structs import asdict

HOW_TO_JUDGE = ("more_is_better",)


class Figure(Struct, frozen=True, kw_only=True):
    """`ratio` is value by floor; `target` is what the ratio must reach, or a value without a floor."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    target: float | None = None
    more_is_better: bool = True
    note: str = ""
    """What else is worth knowing, such as the number of statements; no part of the name, which stays the same."""

    @property
    def ratio(self) -> float | None:
        """Return value by floor, or None without a floor."""
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        measured = self.value if self.ratio is None else self.ratio
        if self.target is None:
            return None
        return measured >= self.target if self.more_is_better else measured <= self.target

    def row(self) -> dict[str, object]:
        """Return the row of bench/results.json."""
        known = {name: value for name, value in asdict(self).items() if name not in HOW_TO_JUDGE}
        return {**known, "ratio": self.ratio, "met": self.met}


def middle(turns: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return both sides of the turn that has the median ratio.

    A machine's speed may change by a third while a row is measured, but hardly within one turn. The median of each side
    alone could be that of another speed.
    """
    ordered = sorted(turns, key=lambda turn: turn[0] / turn[1])
    return ordered[len(ordered) // 2]


def p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile of some durations, in milliseconds."""
    return quantiles(seconds, n=20)[-1] * 1000
