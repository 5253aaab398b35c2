"""Creative Commons addresses: every family, version, port, and what must not be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.creativecommons import FAMILIES, VERSIONS, parse_url, spdx_id


@pytest.mark.parametrize(
    ("url", "spdx", "port"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0", None),
        ("http://www.creativecommons.org/licenses/by-sa/3.0", "CC-BY-SA-3.0", None),
        ("//creativecommons.org/licenses/by-nc/2.5/", "CC-BY-NC-2.5", None),
        ("creativecommons.org/licenses/by-nd/2.0/", "CC-BY-ND-2.0", None),
        ("https://creativecommons.org/licenses/by/3.0/de/", "CC-BY-3.0", "de"),
        ("https://creativecommons.org/licenses/by/3.0/deed.de", "CC-BY-3.0", None),
        ("https://creativecommons.org/licenses/by/3.0/de/deed.en", "CC-BY-3.0", "de"),
        ("https://creativecommons.org/licenses/by-nc-sa/3.0/igo/legalcode", "CC-BY-NC-SA-3.0", "igo"),
        ("https://creativecommons.org/licenses/by/2.5/scotland/", "CC-BY-2.5", "scotland"),
        ("https://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0", None),
        ("https://creativecommons.org/licenses/nc-by-sa/2.0/fr/", "CC-BY-NC-SA-2.0", "fr"),
        ("https://creativecommons.org/licenses/by-sa/2.1/jp/", "LicenseRef-CC-BY-SA-2.1", "jp"),
        ("https://creativecommons.org/licenses/sa/1.0/", "CC-SA-1.0", None),
        ("https://creativecommons.org/licenses/nd-nc/1.0/", "LicenseRef-CC-NC-ND-1.0", None),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0", None),
        ("https://creativecommons.org/publicdomain/zero/1.0/legalcode.txt", "CC0-1.0", None),
        ("https://creativecommons.org/publicdomain/mark/1.0/deed.eu", "CC-PDM-1.0", None),
        ("https://creativecommons.org/licenses/publicdomain/", "CC-PDDC", None),
        ("https://creativecommons.org/licenses/by-sa/", "LicenseRef-CC-BY-SA", None),
        ("HTTPS://CREATIVECOMMONS.ORG/LICENSES/BY-SA/4.0/", "CC-BY-SA-4.0", None),
        ("https://creativecommons.org/licenses/by/4.0/legalcode.es?ref=chooser-v1#s1", "CC-BY-4.0", None),
        ("https://creativecommons.org/licenses/by/4.0).", "CC-BY-4.0", None),
        ("https://creativecommons.org:443/licenses/by/4.0//", "CC-BY-4.0", None),
        ("https://creativecommons.org/licenses/by%2Dsa/4.0/", "CC-BY-SA-4.0", None),
        (" https://creativecommons.org/licenses/\nby/4.0/ ", "CC-BY-4.0", None),
        ("https://i.creativecommons.org/l/by-nc/4.0/88x31.png", "CC-BY-NC-4.0", None),
        ("https://licensebuttons.net/l/by/3.0/us/80x15.png", "CC-BY-3.0", "us"),
        ("https://licensebuttons.net/p/zero/1.0/88x31.png", "CC0-1.0", None),
    ],
)
def test_address_of_a_license_is_read(url, spdx, port):
    found = parse_url(url)
    assert found is not None
    assert (found.spdx, found.port) == (spdx, port)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://creativecommons.org/",
        "https://creativecommons.org/licenses/",
        "https://creativecommons.org/about/cclicenses/",
        "https://creativecommons.org/licenses/by/5.0/",
        "https://creativecommons.org/licenses/by/4.1/",
        "https://creativecommons.org/licenses/by-xx/4.0/",
        "https://creativecommons.org/licenses/by-nd-sa/4.0/",
        "https://creativecommons.org/licenses/sa/4.0/",
        "https://creativecommons.org/licenses/devnations/2.0/",
        "https://creativecommons.org/licenses/sampling+/1.0/",
        "https://creativecommons.org/publicdomain/zero/2.0/",
        "https://creativecommons.org.example.net/licenses/by/4.0/",
        "https://example.org/?u=https://creativecommons.org/licenses/by/4.0/",
        "https://user@creativecommons.org/licenses/by/4.0/",
        "https://example.org\\@creativecommons.org/licenses/by/4.0/",
        "/licenses/by/4.0/",
        "javascript:creativecommons.org/licenses/by/4.0/",
        "ftp://creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org/licenses/by/4.0/" + "x" * 5000,
    ],
)
def test_address_of_nothing_known_is_not_read(url):
    assert parse_url(url) is None


def test_every_family_and_version_has_an_entry_in_the_table(table):
    for family in FAMILIES:
        for version in (*VERSIONS, None):
            one = table.get(spdx_id(family, version))
            assert one is not None, (family, version)
            assert one.grants.commercial == ("nc" not in family)
            assert one.grants.derivatives == ("nd" not in family)
            assert one.obligations.sharealike == ("sa" in family)
    for name in ("zero", "mark", "certification"):
        assert table.get(spdx_id(name, None)).license_class == "public-domain"


@given(st.text(max_size=80))
def test_any_text_is_read_or_not_and_never_raises(text):
    parse_url(text)
    parse_url("https://creativecommons.org/licenses/" + text)
