"""`redact`: replaces personal data that has a fixed form by placeholders, and says where it stood."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import Field, StrictStr, StringConstraints, model_validator

from glotmill.core.arrow import column, optional_texts, strings
from glotmill.core.hashing import content_hash
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec
from glotmill.text.pii.finding import Finder, replaced
from glotmill.text.pii.identity import NUMBERS
from glotmill.text.pii.spans import Span

Kind = Literal["email", "ip", "iban", "card", "phone", "id"]
Country = Annotated[StrictStr, StringConstraints(pattern="^[A-Z]{2}$")]

SPANS = pa.list_(pa.field("element", pa.struct([("kind", pa.string()), ("start", pa.int32()), ("end", pa.int32())])))


class RedactSpec(Spec):
    """Replaces personal data in `text`, counts it in `redactions`, keeps its place in `redacted`; drops nothing.

    Args:
        find: `email`: addresses with ASCII local parts and domains in any script. `ip`: IPv4 and IPv6 addresses that
            are globally routable; private, loopback and documentation addresses stay. `iban`: account numbers with
            their country's length and right check digits. `card`: payment cards by scheme, length and check digit.
            `phone`: numbers with `+` of any country, and those of `phone_countries` (needs the extra `phones`). `id`:
            numbers that the states of `id_countries` give to persons, by their check digits. Digits of any script
            count.
        phone_countries: ISO 3166-1 codes whose national way of writing phone numbers is known.
        id_countries: ISO 3166-1 codes; those that have rules are listed in docs/how-to/redact-personal-data.md.
        replace: placeholders other than `<email>`, `<ip>`, ...
    """

    kind: Literal["redact"]
    find: Annotated[tuple[Kind, ...], Field(min_length=1)]
    phone_countries: tuple[Country, ...] = ()
    id_countries: tuple[Country, ...] = ()
    replace: Mapping[Kind, StrictStr] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _countries_belong_to_found_kinds(self) -> Self:
        if ("id" in self.find) != bool(self.id_countries):
            raise ValueError("`find: [id]` and `id_countries` go together: no country is the default")
        if self.phone_countries and "phone" not in self.find:
            raise ValueError("`phone_countries` is for `find: [phone]`")
        unknown = sorted(set(self.id_countries) - set(NUMBERS))
        if unknown:
            raise ValueError(f"no rule for the numbers of {', '.join(unknown)}; there are {', '.join(NUMBERS)}")
        return self

    @model_validator(mode="after")
    def _placeholders_are_found_kinds(self) -> Self:
        plain = [kind for kind in self.find if kind != "phone"]  # whose package may be missing where a recipe is read
        finder = Finder(plain, id_countries=self.id_countries)
        for kind, placeholder in self.replace.items():
            if kind not in self.find:
                raise ValueError(f"`replace` names {kind!r}, which `find` does not")
            if finder(placeholder):
                raise ValueError(f"the placeholder {placeholder!r} would itself be redacted")
        return self

    def contract(self, resources: Resources) -> Contract:
        added = [pa.field("redactions", pa.int32()), pa.field("redacted", SPANS)]
        return Contract(fields("text"), pa.schema([*fields("text", "content_hash"), *added]), frozenset())

    def build(self, resources: Resources) -> "Redact":
        finder = Finder(self.find, phone_countries=self.phone_countries, id_countries=self.id_countries)
        return Redact(finder, {kind: self.replace.get(kind, f"<{kind}>") for kind in self.find})


class Redact:
    """The step."""

    def __init__(self, finder: Finder, placeholders: Mapping[str, str]) -> None:
        self._finder = finder
        self._placeholders = dict(placeholders)

    def __call__(self, batch: Batch) -> Outcome:
        texts: list[str | None] = []
        found: list[list[Span]] = []
        for text in optional_texts(batch.column("text")):
            spans = [] if text is None else self._finder(text)
            found.append(spans)
            texts.append(text if text is None or not spans else replaced(text, spans, self._placeholders))
        columns = {
            "text": strings(texts),
            "content_hash": strings(None if text is None else content_hash(text) for text in texts),
            "redactions": column([len(spans) for spans in found], pa.int32()),
            "redacted": column([[span._asdict() for span in spans] for spans in found], SPANS),
        }
        return Outcome(batch.with_columns(columns))
