"""What a linter says: where, what, how bad, and what would be right."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that cannot, or need not, be meant as it stands.

    Args:
        file: as the user knows it; for a file with many languages followed by `: <tag>`.
        field: dotted, `bounds.gopher_quality.mean_word_length.above`.
        severity: an `error` is never meant; a `warning` can be.
        message: what is wrong, in one clause.
        remedy: what would be right.
    """

    file: str
    field: str
    severity: Severity
    message: str
    remedy: str
