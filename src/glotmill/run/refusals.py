"""Which reasons say that a text may not be passed on: no report shows it, and a cleaned run does not hold it."""

from typing import Final

from glotmill.dedup.tombstones import PREFIX
from glotmill.run.takedown.rewriting import REASON

TAKEN_DOWN: Final = (PREFIX, REASON)
# Documents that nobody gave leave to pass on, or that were taken back; prefixes of reasons.
REFUSED: Final = ("permit.", *TAKEN_DOWN, "translate.license_forbids")
