"""Shares of documents, and what so many documents can show about them."""

from dataclasses import dataclass
from math import sqrt

_Z95 = 1.959963984540054  # two-sided 95 %
LEAST_DOCUMENTS = 60  # fewer prove nothing: even 60 kept of 60 leave 0.94 possible


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many documents.

    Args:
        count: those meant.
        of: all.
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        """The lower end of the Wilson interval at 95 % (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
        return self._end(-1)

    @property
    def high(self) -> float:
        """The upper end of the Wilson interval at 95 %."""
        return self._end(1)

    def _end(self, sign: int) -> float:
        if not self.of:
            return 0.0 if sign < 0 else 1.0
        square = _Z95 * _Z95
        middle = self.value + square / (2 * self.of)
        spread = _Z95 * sqrt(self.value * (1 - self.value) / self.of + square / (4 * self.of * self.of))
        return min(1.0, max(0.0, (middle + sign * spread) / (1 + square / self.of)))
