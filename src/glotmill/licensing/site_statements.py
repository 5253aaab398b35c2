"""What a page says of its license at a place where somebody found that licenses stand."""

from glotmill.licensing.evidence import Evidence, statement
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.table import RESERVED, LicenseTable
from glotmill.licensing.wording import Wording, clause_around, fold

_MAX_READ = 2_000  # characters
_MAX_NAMED = 5


class SiteStatements:
    """Reads such places by one license table."""

    def __init__(self, table: LicenseTable) -> None:
        self._licensing = Licensing(table)
        self._wording = Wording(table)

    def read(self, found: str) -> list[Evidence]:
        """Return the evidence of one place; what cannot be read is evidence too, for it may be another license.

        `https://creativecommons.org/licenses/by-sa/4.0/deed.eu` is a `site-link` and declared, "Testuak CC BY-SA 4.0
        lizentziapean daude" a `site-text` and weak.
        """
        text = found.strip()[:_MAX_READ]
        whole = self._licensing.read(text)
        if whole.url is not None or "://" in text.partition(" ")[0]:
            return [statement("site-link", text, url=text, spdx=whole.expression, port=whole.port)]
        if whole.expression is not None:
            return [statement("site-text", text, spdx=whole.expression, port=whole.port)]
        folded = fold(text)
        said = [
            statement("site-text", clause_around(folded, one.start, one.end), spdx=one.spdx, port=one.port)
            for one in self._wording.licenses(folded)[:_MAX_NAMED]
        ]
        if next(self._wording.reserved.find(folded), None):
            said.append(statement("site-text", text, spdx=RESERVED))
        return said or [statement("site-text", text)]
