"""How Creative Commons addresses are read: family, version, jurisdiction port."""

import re
from dataclasses import dataclass

from glotmill.licensing.addresses import address

FAMILIES = ("by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd")
VERSIONS = ("1.0", "2.0", "2.1", "2.5", "3.0", "4.0")
# Version 1.0 alone was published without the attribution element; deeds of all five still exist.
_WITHOUT_BY = ("sa", "nc", "nd", "nc-sa", "nc-nd")
_HOSTS = ("creativecommons.org", "i.creativecommons.org", "licensebuttons.net", "mirrors.creativecommons.org")
_ORDER = {"by": 0, "nc": 1, "nd": 2, "sa": 3}
_PORT = re.compile(r"^(?:[a-z]{2}|igo|scotland)$")
_TRAILING = ".,;:!)]}>'\"»”’"


@dataclass(frozen=True, slots=True)
class CreativeCommons:
    """One Creative Commons deed.

    Args:
        family: `by`, `by-sa`, ..., `zero`, `mark`, `certification`.
        version: `4.0`, or None where the address names none.
        port: jurisdiction (`de`, `igo`), or None for unported and international licenses.
    """

    family: str
    version: str | None
    port: str | None

    @property
    def spdx(self) -> str:
        """The id in the license table: SPDX where SPDX has one, else a LicenseRef."""
        return spdx_id(self.family, self.version)


def spdx_id(family: str, version: str | None) -> str:
    """Return the table's id of a Creative Commons family (canonical order) and version."""
    if family == "zero":
        return "CC0-1.0"
    if family == "mark":
        return "CC-PDM-1.0"
    if family == "certification":
        return "CC-PDDC"
    name = f"CC-{family.upper()}"
    if version is None:
        return f"LicenseRef-{name}"
    # SPDX lists 2.1 for one port only and, of the licenses without attribution, SA alone.
    if version == "2.1" or family in _WITHOUT_BY[1:]:
        return f"LicenseRef-{name}-{version}"
    return f"{name}-{version}"


def canonical_family(code: str) -> str | None:
    """Return a family in today's order (`by-nd-nc` is `by-nc-nd`), or None where it is no license."""
    parts = code.lower().split("-")
    if any(part not in _ORDER for part in parts) or len(set(parts)) != len(parts):
        return None
    family = "-".join(sorted(parts, key=lambda part: _ORDER[part]))
    return family if family in FAMILIES or family in _WITHOUT_BY else None


def parse_url(url: str) -> CreativeCommons | None:
    """Return what a Creative Commons address says, or None where it is no address of a license.

    Known are http and https, `www.`, protocol-relative and bare addresses, deeds, legal codes and RDF, badge
    images, old orders and old hosts. `/3.0/de/` is a port, `deed.de` a language. A family or version that
    does not exist gives None: nothing is guessed from the rest of the address.
    """
    place = address(url)
    if place is None or place[0] not in _HOSTS:
        return None
    parts = [part.rstrip(_TRAILING) for part in place[1].split("/") if part]
    if not parts:
        return None
    kind, rest = parts[0], parts[1:]
    if kind == "publicdomain":
        return _public_domain(rest)
    if kind in ("licenses", "l") and rest:
        return _license(rest[0], rest[1:])
    if kind == "p" and rest:  # badge images of the public domain tools: /p/zero/1.0/88x31.png
        return _public_domain(rest)
    return None


def _public_domain(rest: list[str]) -> CreativeCommons | None:
    if not rest or rest[0] not in ("zero", "mark"):
        return None
    if len(rest) > 1 and rest[1] != "1.0":
        return None
    return CreativeCommons(rest[0], "1.0", None)


def _license(code: str, rest: list[str]) -> CreativeCommons | None:
    if code == "publicdomain":
        return CreativeCommons("certification", None, None)
    if code in ("zero", "mark"):
        return _public_domain([code, *rest])
    family = canonical_family(code)
    if family is None:
        return None
    if not rest:
        return CreativeCommons(family, None, None) if family in FAMILIES else None
    version = rest[0]
    if version not in VERSIONS or (family in _WITHOUT_BY and version != "1.0"):
        return None
    ported = version != "4.0" and len(rest) > 1 and _PORT.match(rest[1]) is not None
    return CreativeCommons(family, version, rest[1] if ported else None)
