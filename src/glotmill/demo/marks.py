"""The license marks of the demo's pages: where each stands, and what a reader may conclude from it."""

from dataclasses import dataclass

from glotmill.demo.pages import LicenseKind

BY = ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
BY_SA = ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/")
BY_NC = ("CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/")
CC0 = ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a kind of license mark stands in a page; each place holds (name, URL) or nothing.

    Args:
        expression: the SPDX id that a reader may conclude, None where none may be concluded.
        is_open: whether the license follows the Open Definition.
    """

    expression: str | None
    is_open: bool
    body: tuple[str, str] | None = None
    badge: tuple[str, str] | None = None
    jsonld: tuple[str, str] | None = None
    meta: tuple[str, str] | None = None
    header: tuple[str, str] | None = None
    caption: tuple[str, str] | None = None
    reserved: bool = False


MARKS: dict[LicenseKind, Mark] = {
    "by-rel": Mark("CC-BY-4.0", is_open=True, body=BY),
    "by-sa-badge": Mark("CC-BY-SA-4.0", is_open=True, badge=BY_SA),
    "cc0-jsonld": Mark("CC0-1.0", is_open=True, jsonld=CC0),
    "by-meta": Mark("CC-BY-4.0", is_open=True, meta=BY),
    "by-sa-header": Mark("CC-BY-SA-4.0", is_open=True, header=BY_SA),
    "by-nc": Mark("CC-BY-NC-4.0", is_open=False, body=BY_NC),
    "reserved": Mark(None, is_open=False, reserved=True),
    "conflict": Mark(None, is_open=False, body=BY, jsonld=BY_NC, reserved=True),
    "caption-only": Mark(None, is_open=False, caption=BY),
    "none": Mark(None, is_open=False),
}
