"""The license table: what each license grants and asks, and what each policy lets through."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, Self

from pydantic import Field, StrictBool, StrictStr, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import near, parse
from glotmill.licensing.addresses import address

TABLE_FILE = "manifests/licenses.yaml"
RESERVED = "LicenseRef-all-rights-reserved"
_PORTED = re.compile(r"(CC-[A-Z-]+-[0-9.]+)-(?:[A-Z]{2}|IGO)$", re.IGNORECASE)

# From the freest to the most closed: the order in which "A OR B" prefers and "A AND B" gives in.
CLASSES = (
    "public-domain",
    "attribution",
    "sharealike",
    "noderivatives",
    "noncommercial",
    "reserved",
    "unknown",
)
LicenseClass = Literal[
    "public-domain", "attribution", "sharealike", "noderivatives", "noncommercial", "reserved", "unknown"
]
# From the surest to nothing at all: of two statements that agree the surer counts, of two copies the surer is kept.
STATES = ("verified", "declared", "weak", "mention", "conflict", "none")
State = Literal["verified", "declared", "weak", "mention", "conflict", "none"]


class Grants(Frozen):
    """What the license lets anybody do."""

    commercial: StrictBool
    derivatives: StrictBool


class Obligations(Frozen):
    """What the license asks in return."""

    attribution: StrictBool = False
    sharealike: StrictBool = False
    notice: StrictBool = False


class LicenseEntry(Frozen):
    """One entry of the file: a license, or a family of versions with `{version}` in its id.

    Args:
        id: SPDX id, or a LicenseRef of ours.
        adaptations: under what an adaptation may stand: `any` terms, the `same-or-later` version, the `same`
            license alone, or `none` where adaptations may not be shared.
        covers: what the license is made for. A license for databases says nothing about the texts in them.
        hf: Hugging Face license id, per version or for all (`"*"`).
        urls: addresses without scheme and `www.`; a page below such an address counts too.
        aliases: other spellings that stand for exactly this license.
        phrases: names by which running text calls exactly this license.
        source: where the facts come from.
    """

    id: StrictStr
    versions: tuple[StrictStr, ...] = ()
    name: StrictStr
    license_class: LicenseClass = Field(alias="class")
    family: StrictStr
    grants: Grants
    obligations: Obligations = Obligations()
    adaptations: Literal["any", "same-or-later", "same", "none"]
    covers: Literal["works", "databases", "software"] = "works"
    open_definition: StrictBool
    hf: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    urls: tuple[StrictStr, ...] = ()
    aliases: tuple[StrictStr, ...] = ()
    phrases: tuple[StrictStr, ...] = ()
    source: StrictStr

    @model_validator(mode="after")
    def _template(self) -> Self:
        if bool(self.versions) != ("{version}" in self.id):
            raise ValueError("an id with {version} needs versions, and versions need an id with {version}")
        return self


class License(Frozen):
    """One license as the rest of the package sees it; fields as in `LicenseEntry`."""

    id: StrictStr
    version: StrictStr | None
    name: StrictStr
    license_class: LicenseClass
    family: StrictStr
    grants: Grants
    obligations: Obligations
    adaptations: Literal["any", "same-or-later", "same", "none"]
    covers: Literal["works", "databases", "software"]
    open_definition: StrictBool
    hf_id: StrictStr | None
    urls: tuple[StrictStr, ...]
    aliases: tuple[StrictStr, ...]
    phrases: tuple[StrictStr, ...]


class PolicyRule(Frozen):
    """What a policy lets through.

    Args:
        about: one sentence for people who choose.
        classes: license classes that may pass.
        states: how sure the license must be.
        open_definition: only licenses that meet the Open Definition.
        derivatives: only licenses under which adaptations may be shared.
        record_only: judge nothing; write down what was found and keep the row.
    """

    about: StrictStr
    classes: tuple[LicenseClass, ...] = ()
    states: tuple[State, ...] = ()
    open_definition: StrictBool = False
    derivatives: StrictBool = False
    record_only: StrictBool = False


class Marks(Frozen):
    """The words by which pages speak of rights, per language tag.

    Args:
        reserved: phrases that reserve all rights; `...` stands for up to 80 characters.
        exceptions: phrases that limit a license ("unless otherwise noted").
        paywalls: phrases that ask readers to pay ("this article is for subscribers").
        statements: phrases by which a text speaks of its own license ("this work is licensed").
        titles: names of licenses whose words could be taken for credits ("open data").
        credits: words that say a license belongs to a picture, a font, a theme or data, not to the text.
        works: words that say it belongs to the text all the same.
        license_words: words for "license" that may follow a license's name.
        commons: how the name Creative Commons is written.
        names: names of the Creative Commons licenses, per language and family.
        names_source: where those names come from.
    """

    reserved: dict[StrictStr, tuple[StrictStr, ...]]
    exceptions: dict[StrictStr, tuple[StrictStr, ...]]
    paywalls: dict[StrictStr, tuple[StrictStr, ...]] = Field(default_factory=dict)
    statements: dict[StrictStr, tuple[StrictStr, ...]] = Field(default_factory=dict)
    titles: tuple[StrictStr, ...] = ()
    credits: dict[StrictStr, tuple[StrictStr, ...]]
    works: dict[StrictStr, tuple[StrictStr, ...]]
    license_words: tuple[StrictStr, ...]
    commons: tuple[StrictStr, ...]
    names_source: StrictStr
    names: dict[StrictStr, dict[StrictStr, tuple[StrictStr, ...]]]


class LicenseFile(Frozen):
    """`manifests/licenses.yaml`: licenses, policies and the words that announce them."""

    licenses: tuple[LicenseEntry, ...]
    policies: dict[StrictStr, PolicyRule]
    marks: Marks

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [one.id.casefold() for one in _expand(self.licenses)]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"license {twice[0]} stands twice")
        if RESERVED.casefold() not in ids:
            raise ValueError(f"{RESERVED} must be in the table")
        return self


class LicenseTable:
    """The license file, ready for look-ups. Immutable once made."""

    def __init__(self, given: LicenseFile) -> None:
        licenses = _expand(given.licenses)
        self.marks = given.marks
        self.policies: Mapping[str, PolicyRule] = given.policies
        self.by_id: Mapping[str, License] = {one.id: one for one in licenses}
        self._by_word = {alias.casefold(): one for one in licenses for alias in one.aliases}
        self._by_word.update({one.id.casefold(): one for one in licenses})
        self.by_host = _hosts(licenses)

    def get(self, license_id: str) -> License | None:
        """Return the license of an id or alias, in any case; a ported Creative Commons id gives the unported one."""
        found = self._by_word.get(license_id.casefold())
        if found is None and (match := _PORTED.match(license_id)):
            found = self._by_word.get(match[1].casefold())
        return found

    def at_url(self, url: str) -> License | None:
        """Return the license whose page stands at or above this address; Creative Commons is not looked up here."""
        place = address(url)
        if place is None:
            return None
        host, path = place
        for prefix, one in self.by_host.get(host, ()):
            if path == prefix or path.startswith((prefix + "/", prefix + ".")):
                return one
        return None

    def policy(self, name: str, *, file: str | None = None, field: str | None = None) -> PolicyRule:
        """Return a policy by name.

        Raises:
            RecipeError: no such policy; names near ones.
        """
        rule = self.policies.get(name)
        if rule is None:
            raise RecipeError(f"no such policy: {name!r}", file=file, field=field, remedy=near(name, self.policies))
        return rule


@lru_cache(maxsize=4)  # most steps ask for it, and reading it takes 0.1 s
def load_table(text: str, file: str = TABLE_FILE) -> LicenseTable:
    """Return the license table of a YAML text: the same table for the same text.

    Raises:
        RecipeError: naming the field and what would be right.
    """
    return LicenseTable(parse(text, LicenseFile, file=file))


def _hosts(licenses: Sequence[License]) -> Mapping[str, tuple[tuple[str, License], ...]]:
    """Return per host the paths of license pages, longest first, and their license."""
    hosts: dict[str, list[tuple[str, License]]] = {}
    for one in licenses:
        for url in (*one.urls, f"spdx.org/licenses/{one.id}"):
            host, _, path = url.lower().partition("/")
            hosts.setdefault(host, []).append((f"/{path}".rstrip("/"), one))
    return {host: tuple(sorted(paths, key=lambda pair: (-len(pair[0]), pair[0]))) for host, paths in hosts.items()}


def _expand(entries: tuple[LicenseEntry, ...]) -> list[License]:
    licenses: list[License] = []
    for entry in entries:
        for version in entry.versions or (None,):
            given = version or ""
            licenses.append(
                License(
                    id=entry.id.replace("{version}", given),
                    version=version or _version(entry.id),
                    name=entry.name.replace("{version}", given),
                    license_class=entry.license_class,
                    family=entry.family,
                    grants=entry.grants,
                    obligations=entry.obligations,
                    adaptations=entry.adaptations,
                    covers=entry.covers,
                    open_definition=entry.open_definition,
                    hf_id=entry.hf.get(given, entry.hf.get("*")),
                    urls=tuple(url.replace("{version}", given) for url in entry.urls),
                    aliases=tuple(alias.replace("{version}", given) for alias in entry.aliases),
                    phrases=tuple(phrase.replace("{version}", given) for phrase in entry.phrases),
                )
            )
    return licenses


def _version(license_id: str) -> str | None:
    numbers = [part for part in license_id.split("-") if part.replace(".", "").isdigit()]
    return numbers[-1] if numbers else None
