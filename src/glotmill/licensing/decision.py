"""From evidence to one license: what is agreed, what contradicts, and how sure that makes us."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from glotmill.licensing.evidence import Evidence, statement
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.table import RESERVED, STATES, LicenseTable

_STATED = frozenset({"verified", "declared", "weak"})
OUTSIDE = frozenset({"row", "site", "site-review", "source"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What is held to be a document's license.

    Args:
        license: SPDX expression, or None where nothing is known or statements contradict.
        state: verified, declared, weak, conflict, mention or none.
        license_class: `unknown` whenever `license` is None.
        port: jurisdiction of a ported Creative Commons license.
        evidence: every statement that was weighed, strong first.
    """

    license: str | None
    state: str
    license_class: str
    port: str | None
    evidence: tuple[Evidence, ...]

    @property
    def signal(self) -> str:
        """The first statement that led here, in words: `rel-license "..."`."""
        for one in self.evidence:
            if one.spdx is not None and (self.license is None or one.state in _STATED):
                return f'{one.signal} "{one.url or one.raw}"'
        return f'{self.evidence[0].signal} "{self.evidence[0].raw}"' if self.evidence else "no signal"


@dataclass(frozen=True, slots=True)
class _Verdict:
    license: str | None
    state: str
    port: str | None = None


_NOTHING = _Verdict(None, "none")
_CONFLICT = _Verdict(None, "conflict")


class Judge:
    """Decides on evidence by one license table."""

    def __init__(self, table: LicenseTable) -> None:
        self._table = table
        self._licensing = Licensing(table)

    def decide(
        self, evidence: Iterable[Evidence], *, overrides_pages: bool = False, accepts_unversioned: bool = False
    ) -> Decision:
        """Return the license that the evidence agrees on.

        Statements of the page are weighed among themselves first, then with the row's claim, what a person verified
        of the site, and the source's manifest. Statements that name different licenses, or a license and reserved rights, are a conflict,
        and a conflict has no license: nobody guesses. A statement nobody can read makes a license that others
        name weak, for it may be another one; "unless otherwise noted" and markup beyond the limits do the same. A page
        that is not to be had for free contradicts every license, and so does a person who rejected its site's claims.

        Args:
            evidence: statements in order: page, site, row, source, decisions on the host.
            overrides_pages: the source's manifest gives evidence that its pages' own marks do not count.
            accepts_unversioned: the source's manifest gives evidence that its pages leave versions out on purpose.
        """
        weighed = tuple(evidence)
        own = [one for one in weighed if one.signal not in OUTSIDE and one.scope in ("page", "site")]
        page = _NOTHING if overrides_pages else self._agree(own, accepts_unversioned=accepts_unversioned)
        claims = [page, *(self._agree([one]) for one in weighed if one.signal in OUTSIDE)]
        verdict = self._join(claims)
        paid = not overrides_pages and any(one.signal == "paywall" for one in own)
        rejected = any(one.signal == "site-rejected" for one in weighed)
        if (paid or rejected) and verdict.license not in (None, RESERVED):
            verdict = _CONFLICT
        elif rejected and verdict.license is None and verdict.state == "weak":
            verdict = _NOTHING
        if verdict.state == "none" and any(one.spdx and one.spdx != RESERVED for one in weighed):
            verdict = _Verdict(None, "mention")
        name = verdict.license
        return Decision(
            license=name,
            state=verdict.state,
            license_class=self._licensing.class_of(name) if name is not None else "unknown",
            port=verdict.port,
            evidence=weighed,
        )

    def _agree(self, statements: Sequence[Evidence], *, accepts_unversioned: bool = False) -> _Verdict:
        stated = [one for one in statements if one.state in _STATED]
        if not stated:
            return _NOTHING
        read = [(one, self._licensing.for_texts(one.spdx)) for one in stated if one.spdx is not None]
        known = [(one, name) for one, name in read if name is not None]
        if not known:
            return _Verdict(None, "weak")
        names = _most_exact({name for _, name in known})
        if len(names) > 1:
            return _CONFLICT
        license_id = names[0]
        matching = [one for one, name in known if name == license_id]
        state = min((one.state for one in matching), key=STATES.index)
        limited = len(known) < len(stated) or any(one.signal in ("exception", "unread") for one in statements)
        # A page that leaves the version open leaves open what exactly it grants; whoever publishes rows may do so.
        open_ended = _is_vague(license_id) and any(one.signal not in OUTSIDE for one in matching)
        vague = open_ended and not accepts_unversioned
        if (limited or vague) and license_id != RESERVED:
            state = "weak"
        ports = sorted({one.port for one in matching if one.port})
        return _Verdict(license_id, state, ports[0] if len(ports) == 1 else None)

    def _join(self, claims: Sequence[_Verdict]) -> _Verdict:
        """Join what page, site, row and source say; each may be silent."""
        spoken = [claim for claim in claims if claim.state != "none"]
        if not spoken:
            return _NOTHING
        if any(claim.state == "conflict" for claim in spoken):
            return _CONFLICT
        known = [claim for claim in spoken if claim.license is not None]
        if not known:
            return _Verdict(None, "weak")
        first = known[0]
        for claim in known[1:]:
            joined = self._join_two(first, claim)
            if joined is None:
                return _CONFLICT
            first = joined
        return replace(first, state="weak") if len(known) < len(spoken) and first.license != RESERVED else first

    def _join_two(self, first: _Verdict, second: _Verdict) -> _Verdict | None:
        one, two = str(first.license), str(second.license)
        state = min(first.state, second.state, key=STATES.index)
        if one == two:
            return _Verdict(one, state, first.port or second.port)
        names = _most_exact({one, two})
        if len(names) == 1:  # one of them left the version open: the license is as sure as the exact statement
            return first if names[0] == one else second
        # A page that shows one license of a dual-licensed source says nothing against the other.
        for whole, part in ((first, second), (second, first)):
            if self._licensing.offers(str(whole.license), str(part.license)):
                return _Verdict(whole.license, state)
        return None


def row_claim(text: str, table: LicenseTable) -> Evidence:
    """Return a row's own claim as evidence: an id, an expression, an address or a short form, read as a whole."""
    spdx = Licensing(table).read(text)
    return statement("row", text, spdx=spdx.expression, port=spdx.port, url=spdx.url, locus="row", scope="page")


def _is_vague(name: str) -> bool:
    return (
        name.startswith("LicenseRef-")
        and name.removeprefix("LicenseRef-").startswith(("CC-", "GFDL"))
        and (not name[-1].isdigit())
    )


def _most_exact(names: set[str]) -> list[str]:
    """Drop a license without version where the same one with a version is there too."""
    kept = set(names)
    for vague in (name for name in names if _is_vague(name)):
        prefix = vague.removeprefix("LicenseRef-") + "-"
        others = (name.removeprefix("LicenseRef-") for name in names - {vague})
        if any(other.startswith(prefix) and other[len(prefix)].isdigit() for other in others):
            kept.discard(vague)
    return sorted(kept)
