"""Which URLs and which IP addresses may be asked."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from string import ascii_letters, digits, punctuation
from urllib.parse import quote

import idna

URL_LIMIT = 8192  # characters: RFC 9110 4.1 asks for 8,000 octets at least; longer ones are traps
PORTS = {"http": 80, "https": 443}

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.\-]*)://(?P<authority>[^/?#\\]*)(?P<rest>.*)\Z", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}\Z")
_NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)\Z")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]")

# Names that never lead to a public server: RFC 6761, RFC 6762, RFC 7686, RFC 9476, ICANN's .internal.
_SPECIAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "onion", "alt", "invalid", "test")

# In order: the first that matches names the reason. The IANA registries of special-purpose addresses, June 2026.
_METADATA4 = (
    ("169.254.169.254", "the metadata address of clouds"),
    ("169.254.170.2", "the metadata address of containers"),
    ("100.100.100.200", "the metadata address of Alibaba"),
    ("168.63.129.16", "the platform address of Azure"),  # outside every reserved range
    ("192.0.0.192", "the metadata address of Oracle"),
)
_REFUSED4 = (
    ("0.0.0.0/8", "unspecified"),
    ("100.64.0.0/10", "shared between customers of a carrier"),
    ("169.254.0.0/16", "link-local"),
    ("192.0.0.0/24", "for protocol assignments"),
    ("192.0.2.0/24", "for documentation"),
    ("192.31.196.0/24", "of the AS112 project"),
    ("192.52.193.0/24", "for multicast tunnels"),
    ("192.88.99.0/24", "a relay of 6to4"),
    ("192.175.48.0/24", "of the AS112 project"),
    ("198.18.0.0/15", "for benchmarking"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
_PRIVATE4 = (
    ("127.0.0.0/8", "loopback"),
    ("10.0.0.0/8", "private"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
)
_METADATA6 = (
    ("fd00:ec2::/32", "the metadata address of Amazon"),
    ("fd20:ce::254/128", "the metadata address of Google"),
)
_REFUSED6 = (
    ("::/128", "unspecified"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
    ("100::/64", "discarded"),
    ("2001:2::/48", "for benchmarking"),
    ("2001::/23", "for protocol assignments"),
    ("2001:db8::/32", "for documentation"),
    ("3fff::/20", "for documentation"),
    ("5f00::/16", "for segment routing"),
)
_PRIVATE6 = (("::1/128", "loopback"), ("fc00::/7", "private"))
_GLOBAL6 = IPv6Network("2000::/3")  # the only space that IANA hands out as global unicast


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a URL leads, after judging its parts.

    Args:
        scheme: http or https.
        host: ASCII, lower case, without a final dot; an IP address in canonical form, without brackets.
        port: 1..65535.
        target: path and query as they go into the request line, ASCII.
        address: the IP address where the host is one, or None for a name.
    """

    scheme: str
    host: str
    port: int
    target: str
    address: str | None

    @property
    def authority(self) -> str:
        """What the Host header says (RFC 9110 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if PORTS[self.scheme] == self.port else f"{host}:{self.port}"


def refuse_address(address: str, *, allow_private: bool = False) -> str | None:
    """Return why an IP address may not be connected to, in words, or None where it may.

    Only global unicast addresses pass. IPv4 inside IPv6 (mapped, compatible, NAT64, 6to4, Teredo) is refused even
    where the embedded address is global: a resolver has no business to answer with it. A zone is refused too.

    Args:
        address: as a resolver gives it; any string.
        allow_private: loopback and private networks (RFC 1918, RFC 4193) pass, metadata addresses still do not.
    """
    bare, percent, _ = address.partition("%")
    parsed = _parse_ip(bare)
    if parsed is None:
        return f"{address[:80]!r} is no IP address"
    reason = _judge(parsed, allow_private=allow_private)
    return f"{parsed} with a zone" if percent and reason is None else reason


def destination(
    url: str, *, ports: Collection[int] = frozenset(PORTS.values()), allow_private: bool = False
) -> Destination | str:
    """Return where a URL leads, or why it may not be asked, in words; any string is answered.

    IP addresses are judged by what they mean in every spelling that a system's resolver or a browser knows (WHATWG
    URL 3.5: decimal, octal, hexadecimal, fewer than four parts). Names are judged by form; what they resolve to
    is for `refuse_address`. Characters outside ASCII: IDNA 2008 with UTS 46 in the host
    (`http://ಉದಾಹರಣೆ.ಪರೀಕ್ಷೆ.example/`), percent-encoded UTF-8 behind it.

    Args:
        url: absolute.
        ports: that may be asked.
        allow_private: private addresses and names of private networks pass.
    """
    if len(url) > URL_LIMIT:
        return f"longer than {URL_LIMIT} characters"
    unprintable = _UNPRINTABLE.search(url)
    if unprintable:
        return f"character U+{ord(unprintable[0]):04X} in the URL"
    match = _URL.match(url)
    if not match:
        return "no absolute URL"
    scheme = match["scheme"].lower()
    if scheme not in PORTS:
        return f"scheme {scheme[:40]}, only http and https are asked"
    if match["rest"].startswith("\\"):
        return "a backslash in the authority"
    if "@" in match["authority"]:
        return "user name or password in the URL"
    host, port = _split_port(match["authority"], PORTS[scheme])
    if port is None:
        return "no port number"
    if port not in ports:
        return f"port {port} is not asked"
    named = _host(host, allow_private=allow_private)
    if isinstance(named, str):
        return named
    return Destination(scheme, named.name, port, _target(match["rest"]), named.address)


@dataclass(frozen=True, slots=True)
class _Host:
    name: str
    address: str | None


def _split_port(authority: str, default: int) -> tuple[str, int | None]:
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]") or ("[" in authority and "]" not in authority):
        return authority, default
    if not port:
        return host, default
    return host, int(port) if _PORT.match(port) else None


def _target(rest: str) -> str:
    target = quote(rest.partition("#")[0], safe=ascii_letters + digits + punctuation)
    return target if target.startswith("/") else f"/{target}"


def _host(host: str, *, allow_private: bool) -> _Host | str:
    if host.startswith("["):
        return _literal6(host, allow_private=allow_private)
    if not host:
        return "no host"
    if len(host) > 1024:
        return "the host name is too long"
    name = _to_ascii(host)
    if name is None:
        return f"{host[:80]!r} is no host name (IDNA)"
    labels = name.removesuffix(".").split(".")
    if _NUMBER.match(labels[-1]):
        address = _parse_ipv4(labels)
        if address is None:
            return f"{name[:80]!r} is neither a name nor an IPv4 address"
        return _judge(address, allow_private=allow_private) or _Host(str(address), str(address))
    return _name(labels, allow_private=allow_private)


def _name(labels: list[str], *, allow_private: bool) -> _Host | str:
    name = ".".join(labels)
    if len(name) > 253 or not all(_LABEL.match(label) for label in labels):
        return f"{name[:80]!r} is no host name"
    if not allow_private:
        special = next((end for end in _SPECIAL_NAMES if f".{name}".endswith(f".{end}")), None)
        if special:
            return f"names under .{special} are not public"
        if len(labels) == 1:
            return f"{name!r} is a name without a domain"
    return _Host(name, None)


def _literal6(host: str, *, allow_private: bool) -> _Host | str:
    if not host.endswith("]"):
        return "a bracket without its other half"
    parsed = _parse_ip(host[1:-1].partition("%")[0])
    if not isinstance(parsed, IPv6Address):
        return f"{host[:80]!r} is no IPv6 address"
    reason = refuse_address(host[1:-1], allow_private=allow_private)
    return reason or _Host(str(parsed), str(parsed))


def _to_ascii(host: str) -> str | None:
    """Return a host name as DNS wants it, or None where there is no such form."""
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except UnicodeError:  # of which idna's own errors are
        return None


def _parse_ipv4(labels: list[str]) -> IPv4Address | None:
    """Return the address that browsers and `inet_aton` read out of one to four numbers (WHATWG URL 3.5)."""
    if len(labels) > 4 or not all(_NUMBER.match(label) and len(label) <= 32 for label in labels):
        return None
    numbers: list[int] = []
    for label in labels:
        base = 16 if label[:2] in ("0x", "0X") else 8 if len(label) > 1 and label[0] == "0" else 10
        text = label[2:] if base == 16 else label
        if base == 8 and not set(text) <= set("01234567"):
            return None
        numbers.append(int(text or "0", base))
    *leading, last = numbers
    if any(number > 255 for number in leading) or last >= 256 ** (5 - len(numbers)):
        return None
    return IPv4Address(last + sum(number << (24 - 8 * place) for place, number in enumerate(leading)))


def _parse_ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        return None


_Ranges4 = tuple[tuple[IPv4Network, str], ...]
_Ranges6 = tuple[tuple[IPv6Network, str], ...]


def _ranges4(rows: tuple[tuple[str, str], ...]) -> _Ranges4:
    return tuple((IPv4Network(network), words) for network, words in rows)


def _ranges6(rows: tuple[tuple[str, str], ...]) -> _Ranges6:
    return tuple((IPv6Network(network), words) for network, words in rows)


_ALWAYS4, _UNLESS_ALLOWED4 = _ranges4((*_METADATA4, *_REFUSED4)), _ranges4(_PRIVATE4)
_ALWAYS6, _UNLESS_ALLOWED6 = _ranges6((*_METADATA6, *_REFUSED6)), _ranges6(_PRIVATE6)


def _judge(address: IPv4Address | IPv6Address, *, allow_private: bool) -> str | None:
    if isinstance(address, IPv4Address):
        for networks, applies in ((_ALWAYS4, True), (_UNLESS_ALLOWED4, not allow_private)):
            words = next((words for network, words in networks if address in network), None) if applies else None
            if words:
                return f"{address} is {words}"
        return None
    embedded = _embedded(address)
    if embedded:
        kind, inner = embedded
        return f"{address} is {kind} of {_judge(inner, allow_private=False) or inner}"
    for ranges, applies in ((_ALWAYS6, True), (_UNLESS_ALLOWED6, not allow_private)):
        words = next((words for network, words in ranges if address in network), None) if applies else None
        if words:
            return f"{address} is {words}"
    if address in _GLOBAL6 or any(address in network for network, _ in _UNLESS_ALLOWED6):
        return None
    return f"{address} is not in the global unicast space"


def _embedded(address: IPv6Address) -> tuple[str, IPv4Address] | None:
    """Return how an IPv6 address carries an IPv4 address, and which: RFC 4291, 6052, 8215, 2765, 3056, 4380."""
    value = int(address)
    low = IPv4Address(value & 0xFFFFFFFF)
    if address.ipv4_mapped is not None:
        return "the IPv4-mapped form", low
    if address in IPv6Network("64:ff9b::/96"):
        return "the NAT64 form", low
    if address in IPv6Network("64:ff9b:1::/48"):
        return "the local NAT64 form", low
    if address in IPv6Network("::ffff:0:0:0/96"):
        return "the IPv4-translated form", low
    if address.sixtofour is not None:
        return "the 6to4 form", address.sixtofour
    if address.teredo is not None:
        return "the Teredo form", address.teredo[1]
    if value >> 32 == 0 and value > 1:
        return "the IPv4-compatible form", low
    return None
