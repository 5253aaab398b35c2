"""What one request may cost, and as whom it is made."""

import re
from dataclasses import dataclass

from glotmill import __version__
from glotmill.core.errors import SettingsError

_PRODUCT = re.compile(r"[A-Za-z_-]+\Z")  # RFC 9309 2.2.1: what a robots.txt can name
_CONTACT = re.compile(r"[^\s()<>;,@]+@[^\s()<>;,@]+\.[^\s()<>;,@]+\Z|https?://[^\s()<>;,]+\Z")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request; what exceeds them is cut or fails, and says so.

    Args:
        body: bytes of the body as it comes.
        content: bytes that any content coding may give.
        ratio: bytes of content per byte of body.
        connect: seconds for resolving the name and connecting, TLS included.
        total: seconds from the beginning to the last byte.
        rate: bytes per second that a body must keep, averaged since its head; above zero.
        grace: seconds before the rate is asked.
        head: bytes of status line and headers.
        field: bytes of one header line.
        fields: number of header lines.
        tries: of a name's addresses that are tried where connecting fails.
    """

    body: int = 5 << 20
    content: int = 20 << 20
    ratio: int = 100
    connect: float = 10.0
    total: float = 60.0
    rate: float = 100.0
    grace: float = 10.0
    head: int = 64 << 10
    field: int = 16 << 10
    fields: int = 128
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Agent:
    """As whom a crawl asks: there is no crawl without a contact.

    Args:
        contact: an e-mail address or a URL where site owners reach a person.
        url: of a page that says what is crawled and why.
        product: the token that robots.txt rules name (RFC 9309 2.2.1).
        version: of the software.

    Raises:
        SettingsError: contact, URL or product are missing or malformed.
    """

    contact: str
    url: str
    product: str = "Glotmill"
    version: str = __version__

    def __post_init__(self) -> None:
        if not _CONTACT.match(self.contact) or not self.contact.isascii():
            raise SettingsError(
                f"no crawl without a contact: {self.contact!r} is neither an e-mail address nor a URL\n"
                "  give one that a site's owner can write to"
            )
        if not self.url.startswith(("http://", "https://")) or not _CONTACT.match(self.url) or not self.url.isascii():
            raise SettingsError(f"{self.url!r} is no URL of a page about the crawl")
        if not _PRODUCT.match(self.product):
            raise SettingsError(f"{self.product!r} is no product token: letters, `_` and `-` (RFC 9309)")

    @property
    def header(self) -> str:
        """What User-Agent says (RFC 9110 10.1.5): `Glotmill/0.1.0 (+https://…; crawl@…)`."""
        return f"{self.product}/{self.version} (+{self.url}; {self.contact})"
