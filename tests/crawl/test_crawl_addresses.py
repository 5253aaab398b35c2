"""Which URLs and addresses are asked."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glotmill.crawl.addresses import PORTS, Destination, destination, refuse_address

LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0X7F.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.01",
    "00000177.1",
    "127.0.0.1.",
    "１２７.0.0.1",
    "127。0。0。1",
    "①②⑦.0.0.1",
]


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_loopback_is_refused_in_every_spelling_and_means_one_address_where_it_is_allowed(host):
    assert destination(f"http://{host}/") == "127.0.0.1 is loopback"
    allowed = destination(f"http://{host}/", allow_private=True)
    assert isinstance(allowed, Destination)
    assert (allowed.host, allowed.address) == ("127.0.0.1", "127.0.0.1")


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("0", "0.0.0.0 is unspecified"),
        ("0x", "0.0.0.0 is unspecified"),
        ("10.1.2.3", "10.1.2.3 is private"),
        ("3232235777", "192.168.1.1 is private"),
        ("172.31.255.255", "172.31.255.255 is private"),
        ("100.64.0.1", "100.64.0.1 is shared between customers of a carrier"),
        ("169.254.169.254", "169.254.169.254 is the metadata address of clouds"),
        ("0xa9fea9fe", "169.254.169.254 is the metadata address of clouds"),
        ("168.63.129.16", "168.63.129.16 is the platform address of Azure"),
        ("169.254.1.1", "169.254.1.1 is link-local"),
        ("192.0.2.7", "192.0.2.7 is for documentation"),
        ("198.19.0.1", "198.19.0.1 is for benchmarking"),
        ("224.0.0.1", "224.0.0.1 is multicast"),
        ("255.255.255.255", "255.255.255.255 is reserved"),
        ("256.1.1.1", "'256.1.1.1' is neither a name nor an IPv4 address"),
        ("1.2.3.4.5", "'1.2.3.4.5' is neither a name nor an IPv4 address"),
        ("4294967296", "'4294967296' is neither a name nor an IPv4 address"),
        ("08.8.8.8", "'08.8.8.8' is neither a name nor an IPv4 address"),
        ("example.1", "'example.1' is neither a name nor an IPv4 address"),
        ("[::1]", "::1 is loopback"),
        ("[::]", ":: is unspecified"),
        ("[0:0:0:0:0:0:0:1]", "::1 is loopback"),
        ("[::ffff:127.0.0.1]", "::ffff:7f00:1 is the IPv4-mapped form of 127.0.0.1 is loopback"),
        ("[::ffff:8.8.8.8]", "::ffff:808:808 is the IPv4-mapped form of 8.8.8.8"),
        ("[::127.0.0.1]", "::7f00:1 is the IPv4-compatible form of 127.0.0.1 is loopback"),
        ("[64:ff9b::a9fe:a9fe]", "64:ff9b::a9fe:a9fe is the NAT64 form of 169.254.169.254 is the metadata address"),
        ("[64:ff9b:1:2::a00:1]", "64:ff9b:1:2::a00:1 is the local NAT64 form of 10.0.0.1 is private"),
        ("[2002:7f00:1::]", "2002:7f00:1:: is the 6to4 form of 127.0.0.1 is loopback"),
        ("[2001:0:4136:e378:8000:63bf:80ff:fffe]", "is the Teredo form of 127.0.0.1 is loopback"),
        ("[fe80::1%25eth0]", "fe80::1 is link-local"),
        ("[fe80::1%eth0]", "fe80::1 is link-local"),
        ("[2a00:1450::1%eth0]", "2a00:1450::1 with a zone"),
        ("[fd00:ec2::254]", "fd00:ec2::254 is the metadata address of Amazon"),
        ("[fd12::1]", "fd12::1 is private"),
        ("[ff02::1]", "ff02::1 is multicast"),
        ("[2001:db8::1]", "2001:db8::1 is for documentation"),
        ("[2001:2::1]", "2001:2::1 is for benchmarking"),
        ("[4000::1]", "4000::1 is not in the global unicast space"),
        ("[v1.fe]", "'[v1.fe]' is no IPv6 address"),
        ("[127.0.0.1]", "'[127.0.0.1]' is no IPv6 address"),
        ("[::1", "a bracket without its other half"),
    ],
)
def test_addresses_that_are_not_global_unicast_are_refused_with_the_reason(host, reason):
    refusal = destination(f"https://{host}/")
    assert isinstance(refusal, str)
    assert reason in refusal


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "scheme file, only http and https are asked"),
        ("gopher://example.org/", "scheme gopher, only http and https are asked"),
        ("javascript:alert(1)", "no absolute URL"),
        ("//example.org/", "no absolute URL"),
        ("", "no absolute URL"),
        ("http:///path", "no host"),
        ("http://user:secret@example.org/", "user name or password in the URL"),
        ("http://example.org@127.0.0.1/", "user name or password in the URL"),
        ("http://example.org\\@127.0.0.1/", "a backslash in the authority"),
        ("http://example.org:22/", "port 22 is not asked"),
        ("http://example.org:99999/", "port 99999 is not asked"),
        ("http://example.org:8o/", "no port number"),
        ("http://example.org:٨٠/", "no port number"),
        ("http://example.org/\r\nHost: evil", "character U+000D in the URL"),
        ("http://exa\tmple.org/", "character U+0009 in the URL"),
        ("http://example.org/a b", "character U+0020 in the URL"),
        ("http://example.org/\ud800", "character U+D800 in the URL"),
        ("http://%31%32%37.0.0.1/", "'%31%32%37.0.0.1' is neither a name nor an IPv4 address"),
        ("http://%65xample.org/", "'%65xample.org' is no host name"),
        ("http://-a.example.org/", "'-a.example.org' is no host name"),
        ("http://a..example.org/", "'a..example.org' is no host name"),
        (f"http://{'a' * 64}.org/", f"'{'a' * 64}.org' is no host name"),
        (f"http://{'a.' * 200}org/", "is no host name"),
        (f"http://example.org/{'a' * 9000}", "longer than 8192 characters"),
        ("http://localhost/", "names under .localhost are not public"),
        ("http://db.internal/", "names under .internal are not public"),
        ("http://router.home.arpa./", "names under .home.arpa are not public"),
        ("http://duckduckgo.onion/", "names under .onion are not public"),
        ("http://intra/", "'intra' is a name without a domain"),
    ],
)
def test_urls_that_are_not_asked_say_why(url, reason):
    refusal = destination(url)
    assert isinstance(refusal, str)
    assert reason in refusal


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://Berria.EUS", ("http", "berria.eus", 80, "/", None)),
        ("https://berria.eus./a?b=c#d", ("https", "berria.eus", 443, "/a?b=c", None)),
        ("https://berria.eus?b=c", ("https", "berria.eus", 443, "/?b=c", None)),
        ("http://berria.eus:443/", ("http", "berria.eus", 443, "/", None)),
        ("http://berria.eus:/x", ("http", "berria.eus", 80, "/x", None)),
        (
            "https://ไทย.example.org/หน้า?ก=%E0",
            ("https", "xn--o3cw4h.example.org", 443, "/%E0%B8%AB%E0%B8%99%E0%B9%89%E0%B8%B2?%E0%B8%81=%E0", None),
        ),
        ("https://straße.de/%41/../b", ("https", "xn--strae-oqa.de", 443, "/%41/../b", None)),
        ("https://my_site.example.org/@a/\\", ("https", "my_site.example.org", 443, "/@a/\\", None)),
        ("http://8.8.8.8/", ("http", "8.8.8.8", 80, "/", "8.8.8.8")),
        ("http://[2A00:1450:4001::0]/", ("http", "2a00:1450:4001::", 80, "/", "2a00:1450:4001::")),
    ],
)
def test_what_may_be_asked_comes_back_in_parts(url, parts):
    found = destination(url)
    assert isinstance(found, Destination), found
    assert (found.scheme, found.host, found.port, found.target, found.address) == parts


def test_the_host_header_has_brackets_and_only_unusual_ports():
    texts = ["http://berria.eus/", "http://berria.eus:443/", "https://[2a00:1450::1]/", "http://[2a00:1450::1]:8080/"]
    found = [destination(text, ports={80, 443, 8080}) for text in texts]
    assert [where.authority for where in found if isinstance(where, Destination)] == [
        "berria.eus",
        "berria.eus:443",
        "[2a00:1450::1]",
        "[2a00:1450::1]:8080",
    ]


def test_allow_private_opens_loopback_and_private_networks_but_no_metadata_and_no_link_local_address():
    assert refuse_address("127.0.0.1", allow_private=True) is None
    assert refuse_address("::1", allow_private=True) is None
    assert refuse_address("192.168.0.1", allow_private=True) is None
    assert refuse_address("fd12::1", allow_private=True) is None
    assert refuse_address("169.254.169.254", allow_private=True) is not None
    assert refuse_address("fe80::1%lo", allow_private=True) == "fe80::1 is link-local"
    assert refuse_address("::1%lo", allow_private=True) == "::1 with a zone"
    assert refuse_address("::ffff:127.0.0.1", allow_private=True) is not None
    assert refuse_address("0.0.0.0", allow_private=True) == "0.0.0.0 is unspecified"


def test_what_a_resolver_calls_an_address_is_none():
    assert refuse_address("example.org") == "'example.org' is no IP address"
    assert refuse_address("") == "'' is no IP address"
    assert refuse_address("2130706433") == "'2130706433' is no IP address"
    assert refuse_address("93.184.216.34") is None


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_or_reserved_is_never_asked(address):
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
        assert refuse_address(str(address)) is not None


HOSTS = st.one_of(st.text(), st.ip_addresses().map(str), st.sampled_from(LOOPBACK_SPELLINGS))


@given(st.text(), HOSTS, st.text())
@example("http", "xn--", "")
@example("http", "xn--a.example.org", "")
@example("http", "\u200d.org", "")
@example("http", "0x" + "f" * 400, "")
@example("http", "9" * 5000, "")
def test_no_string_raises_and_what_passes_is_ascii(scheme, host, rest):
    for url in (f"{scheme}://{host}/{rest}", f"http://{host}{rest}", f"https://{host}/{rest}", rest):
        found = destination(url)
        if isinstance(found, Destination):
            assert found.scheme in PORTS
            assert f"{found.host}{found.target}".isascii()
            assert not set(f"{found.host}{found.target}") & set(" \r\n\t\0")
            assert found.address is None or refuse_address(found.address) is None
    assert refuse_address(host) is None or isinstance(refuse_address(host), str)
