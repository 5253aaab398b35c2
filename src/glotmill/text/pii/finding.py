"""All kinds of personal data together: one list of spans that overlap nowhere."""

from collections.abc import Callable, Iterable, Sequence

from glotmill.text.pii.addresses import emails, ips
from glotmill.text.pii.bank import cards, ibans
from glotmill.text.pii.digits import has_numbers, plain
from glotmill.text.pii.identity import national_ids
from glotmill.text.pii.phones import phones
from glotmill.text.pii.spans import Span, united

KINDS = ("email", "ip", "iban", "card", "id", "phone")  # where two overlap, the one named first is taken


class Finder:
    """Finds personal data in texts; holds no state between texts.

    Args:
        kinds: of `KINDS`.
        phone_countries: whose way of writing phone numbers is known, for `phone`.
        id_countries: whose numbers of persons are known, for `id`.

    Raises:
        SettingsError: `phone` needs the package phonenumbers, or does not know a country.
    """

    def __init__(
        self, kinds: Sequence[str], *, phone_countries: tuple[str, ...] = (), id_countries: tuple[str, ...] = ()
    ) -> None:
        numbers: dict[str, Callable[[str], Iterable[Span]]] = {"iban": ibans, "card": cards}
        if "id" in kinds:
            numbers["id"] = national_ids(id_countries)
        if "phone" in kinds:
            numbers["phone"] = phones(phone_countries)
        self._kinds = frozenset(kinds)
        self._numbers = [find for kind, find in numbers.items() if kind in kinds]

    def __call__(self, text: str) -> list[Span]:
        """Return the spans by position; time grows with the length of the text and no faster."""
        found = emails(text) if "email" in self._kinds else []
        if self._kinds == {"email"}:
            return found
        numbers = plain(text)
        if "ip" in self._kinds:
            found = united(found, ips(numbers))
        if self._numbers and has_numbers(numbers):
            for find in self._numbers:
                found = united(found, find(numbers))
        return found


def replaced(text: str, spans: Sequence[Span], placeholders: dict[str, str]) -> str:
    """Return the text with each span's placeholder in its place."""
    pieces = []
    position = 0
    for span in spans:
        pieces += [text[position : span.start], placeholders[span.kind]]
        position = span.end
    pieces.append(text[position:])
    return "".join(pieces)
