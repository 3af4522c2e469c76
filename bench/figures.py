"""One measured figure, beside the floor it was measured against in the same run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import quantiles


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`ratio` is value by floor; `target` is what the ratio (or, without a floor, the value) must reach."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    target: float | None = None
    more_is_better: bool = True

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
        known = asdict(self)
        known.pop("more_is_better")
        return {**known, "ratio": self.ratio, "met": self.met}


def p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile of some durations, in milliseconds."""
    return quantiles(seconds, n=20)[-1] * 1000
