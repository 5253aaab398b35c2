"""Which of two copies of a text stands under the better license."""

from glotmill.licensing.table import CLASSES, STATES

# Usable first: a license that is sure, then one that is not, then none. Within that the freer license, and only
# then the better proof: "verified" against "declared" is a smaller difference than what the license grants.
_SURENESS = {"verified": 0, "declared": 0, "weak": 1}


def license_rank(license_class: str | None, state: str | None) -> int:
    """Return the rank of a license for choosing among duplicates; lower is preferred.

    Args:
        license_class: a class of the license table; None and strange words rank with `unknown`.
        state: a license state; None and strange words rank with `none`.
    """
    closed = CLASSES.index(license_class if license_class in CLASSES else "unknown")
    proof = STATES.index(state if state in STATES else "none")
    return 100 * _SURENESS.get(state or "", 2) + 10 * closed + proof


def reserves(license_class: str | None) -> bool:
    """Tell whether a class of the license table reserves all rights."""
    return license_class == "reserved"


def grants(license_class: str | None) -> bool:
    """Tell whether a class of the license table grants anything."""
    return license_class in CLASSES and license_class not in ("reserved", "unknown")
