"""Which of two copies of a text stands under the better license."""

from glotmill.licensing.table import CLASSES

# Usable first: a license that is sure, then one that is not, then none. Within that the freer license, and only
# then the better proof: "verified" against "declared" is a smaller difference than what the license grants.
_SURENESS = {"verified": 0, "declared": 0, "weak": 1}
_PROOF = {"verified": 0, "declared": 1, "weak": 2, "mention": 3, "conflict": 4}


def license_rank(license_class: str | None, state: str | None) -> int:
    """Return the rank of a license for choosing among duplicates; lower is preferred.

    Args:
        license_class: a class of the license table; None and strange words rank with `unknown`.
        state: a license state; None and strange words rank behind `conflict`.
    """
    closed = CLASSES.index("unknown") if license_class not in CLASSES else CLASSES.index(license_class)
    sure = _SURENESS.get(state or "", 2)
    return 100 * sure + 10 * closed + _PROOF.get(state or "", 5)


def reserves(license_class: str | None) -> bool:
    """Tell whether a class of the license table reserves all rights."""
    return license_class == "reserved"


def grants(license_class: str | None) -> bool:
    """Tell whether a class of the license table grants anything."""
    return license_class in CLASSES and license_class not in ("reserved", "unknown")
