"""Whom pages ask to be credited, and what is no such wish."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.attribution import MAX_NAME, MAX_NAMES, credit
from glotmill.licensing.page import parse_page


def page(*blocks, body=""):
    scripts = "".join(
        f'<script type="application/ld+json">{block if isinstance(block, str) else json.dumps(block, ensure_ascii=False)}</script>'
        for block in blocks
    )
    return parse_page(f"<html><head>{scripts}</head><body>{body}</body></html>")


def story(**more):
    return {"@context": "https://schema.org", "@type": "ShortStory", **more}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (story(author="นภา"), "นภา"),
        (story(author={"@type": "Person", "name": "ሰላም ተስፋዬ"}), "ሰላም ተስፋዬ"),
        (story(author=[{"name": "Amina"}, {"name": "Juma"}, "Amina"]), "Amina; Juma"),
        (story(translator={"name": "Neema"}, author={"name": "Juma"}), "Juma; Neema (translator)"),
        (story(author="Juma", contributor=["Baraka"], illustrator="Zawadi"), "Juma; Baraka (contributor)"),
        (story(creator="Ayşe"), "Ayşe"),
        ({"@graph": [story(author={"@id": "#p"}), {"@type": "Person", "@id": "#p", "name": "Miren"}]}, "Miren"),
        (story(author="A; B"), "A, B"),
        (story(author={"@id": "https://x.example/p"}), None),
        (story(author="https://x.example/p"), None),
        (story(author={"name": {"@value": "x"}}), None),
        (story(author=""), None),
        ({"@type": "ImageObject", "author": "Zawadi"}, None),
        (story(image={"@type": "ImageObject", "author": "Zawadi"}), None),
        ({"@type": "WebSite", "author": "Webmaster"}, None),
        (story(comment={"@type": "Comment", "author": "Troll"}), None),
        ("{", None),
        ("[" * 10_000, None),
    ],
)
def test_names_of_the_page_itself_are_read_and_no_others(data, expected):
    assert credit(page(data)) == expected


def test_an_attribution_name_counts_where_json_ld_names_nobody_and_outside_captions():
    body = (
        '<figure><span property="cc:attributionName">Zawadi</span></figure>'
        '<footer>© <a property="cc:attributionName" rel="cc:attributionURL" href="/">काव्या जोशी</a></footer>'
    )
    assert credit(page(body=body)) == "काव्या जोशी"
    assert credit(page(story(author="Juma"), body=body)) == "Juma"


def test_what_is_read_is_bounded():
    found = credit(page(story(author=[{"name": f"{number} " + "ж" * 900} for number in range(400)])))
    assert len(found.split("; ")) == MAX_NAMES
    assert max(map(len, found.split("; "))) == MAX_NAME


values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["@id", "@type", "name", "author", "@graph", "translator"]), inner, max_size=4), max_leaves=12)  # fmt: skip


@given(values)
def test_any_json_at_all_gives_names_or_none(data):
    found = credit(page(json.dumps(data).replace("</", "<\\/")))
    assert found is None or found.strip()
