"""Where a license can be read: the address that attribution, cards and catalogs give."""

import re

from glotmill.licensing.expressions import in_spdx
from glotmill.licensing.table import License

_COMMONS = re.compile(r"CC-((?:BY|SA|NC|ND)(?:-(?:NC|ND|SA))*)-(\d\.\d)")
_FIXED = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-PDM-1.0": "https://creativecommons.org/publicdomain/mark/1.0/",
    "CC-PDDC": "https://creativecommons.org/licenses/publicdomain/",
}


def deed(license_id: str, port: str | None = None, entry: License | None = None) -> str | None:
    """Return the address of a license, or None where it has none, as reserved rights or "CC BY" of no version.

    >>> deed("CC-BY-SA-3.0", "de"), deed("LicenseRef-CC-BY")
    ('https://creativecommons.org/licenses/by-sa/3.0/de/', None)

    Args:
        license_id: SPDX id or LicenseRef of the license table.
        port: jurisdiction of a ported Creative Commons license.
        entry: of the license table, where it knows the license.
    """
    name = license_id.removeprefix("LicenseRef-")
    if name in _FIXED:
        return _FIXED[name]
    commons = _COMMONS.fullmatch(name)
    if commons is not None:
        ported = f"{port}/" if port and commons[2] != "4.0" else ""
        return f"https://creativecommons.org/licenses/{commons[1].lower()}/{commons[2]}/{ported}"
    if entry is not None and entry.urls:
        return f"https://{entry.urls[0]}"
    return None if license_id.startswith("LicenseRef-") else f"https://spdx.org/licenses/{license_id}.html"


def ported_id(license_id: str, port: str) -> str | None:
    """Return the SPDX id of a ported Creative Commons license, or None where SPDX lists none for this jurisdiction.

    >>> ported_id("CC-BY-3.0", "de"), ported_id("CC-BY-3.0", "fr")
    ('CC-BY-3.0-DE', None)
    """
    name = f"{license_id.removeprefix('LicenseRef-')}-{port.upper()}"
    return name if is_ported(license_id, port) and in_spdx(name) else None


def is_ported(license_id: str, port: str) -> bool:
    """Tell whether a license has versions by jurisdiction, so that a row's port speaks of it: Creative Commons before 4.0."""
    commons = _COMMONS.fullmatch(license_id.removeprefix("LicenseRef-"))
    return bool(port) and commons is not None and commons[2] != "4.0"
