"""What a verification found."""

from dataclasses import dataclass, field
from typing import Final

MAX_PROBLEMS: Final = 50


@dataclass(slots=True)
class Verdict:
    """What a verification found.

    Args:
        parts: part files read.
        rows: rows read and checked.
        stated: rows that the manifest says there are; None where it could not even be read.
        problems: one sentence each, naming part and row; empty where everything holds. At most 50 are kept.
        found: how many problems there are, those that were not kept included.
        remarks: what could not be checked here, and why; no fault of the corpus.
        exports: derived files that are what the manifest gives.
        validators: official validator -> `passed`, or why it was not asked.
    """

    parts: int = 0
    rows: int = 0
    stated: int | None = None
    problems: list[str] = field(default_factory=list)
    found: int = 0
    remarks: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    validators: dict[str, str] = field(default_factory=dict)

    def note(self, problem: str) -> None:
        """Record a problem."""
        self.found += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    @property
    def coverage(self) -> float:
        """Rows checked by rows stated; 1.0 where every one was checked, and where there are none to check."""
        if self.stated is None:
            return 0.0
        return min(1.0, self.rows / self.stated) if self.stated else 1.0

    @property
    def holds(self) -> bool:
        """Tell whether nothing is wrong and nothing was left out."""
        return not self.found and self.rows == self.stated
