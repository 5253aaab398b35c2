"""Whom pages ask to be credited, and what is no such wish."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.attribution import MAX_NAME, MAX_NAMES, as_it_stands, credit
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


def head(markup, body=""):
    return parse_page(f"<html><head>{markup}</head><body>{body}</body></html>")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("สมชาย_ใจดี_", "สมชาย_ใจดี_"),
        ("สมชาย", "สมชาย"),
        ("राम  शर्मा", "राम शर्मा"),
        ("ليلى", "ليلى"),
        ("Muñoz, José", "Muñoz, José"),
        ("Iñaki Etxeberria Agirre", "Iñaki Etxeberria Agirre"),
        ("İbrahim Işık", "İbrahim Işık"),
        ("王小明", "王小明"),
        ("ចាន់ សុភា; សុខ", "ចាន់ សុភា; សុខ"),
        ("Asha &lt;script&gt;alert(1)&lt;/script&gt; *Juma*", "Asha <script>alert(1)</script> *Juma*"),
        ("https://x.example/p", None),
        ("jina@x.example", None),
        (" ", None),
    ],
)
def test_a_meta_element_names_people_as_they_are_written(written, expected):
    assert credit(head(f'<META NAME="Author" content="{written}">')) == expected


def test_the_metas_of_journals_count_before_others_and_an_address_is_no_name():
    journal = (
        '<meta name="citation_author" content="Öztürk, Ayşe"><meta name="citation_author" content="Çelik, Can">'
        '<meta name="author" content="Dergi Yönetimi">'
    )
    assert credit(head(journal)) == "Öztürk, Ayşe; Çelik, Can"
    assert credit(head('<meta name="DCTERMS.creator" content="قناة الأطفال">')) == "قناة الأطفال"
    profile = '<meta property="article:author" content="facebook.com/napha.p">'
    assert credit(head(profile)) is None
    assert credit(head('<meta property="article:author" content="นภา แสงทอง">')) == "นภา แสงทอง"


def test_a_link_of_the_page_names_its_author_and_one_in_a_comment_does_not():
    link = '<a rel="author" href="/u/1">{}</a>'
    body = f"<p>{link.format('गीता  देवी')}</p><div class='comments'>{link.format('कोई और')}</div>"
    assert credit(head("", body)) == "गीता देवी"
    assert credit(head('<meta name="author" content="राम शर्मा">', body)) == "राम शर्मा"


@pytest.mark.parametrize(
    ("guess", "body", "expected"),
    [
        ("สมชาย ใจด", "<p>เขียนโดย: สมชาย ใจดี</p>", None),
        ("राम शर्म", "<p>लेखक: राम शर्मा</p>", None),
        ("राम शर्मा", "<p>लेखक: राम शर्मा</p>", "राम शर्मा"),
        ("Asha alert Juma", "<p>Asha <b>Juma</b></p>", None),
        ("Asha Juma", "<p>Na ASHA  JUMA</p>", "ASHA JUMA"),
        ("Asha Juma", "<script>var who = 'Asha Juma'</script>", None),
        ("Maite Agirre", "<div>Maite Agirre</div><p>Gaur azoka</p>", "Maite Agirre"),
        ("Amaia; Jon", "<p>Amaia, Jon</p>", "Amaia; Jon"),
        ("Amaia; Jo", "<p>Amaia, Jon</p>", None),
    ],
)
def test_a_guess_counts_only_as_it_stands_in_the_text(guess, body, expected):
    assert as_it_stands(guess, head("", body)) == expected


def test_what_is_read_is_bounded():
    found = credit(page(story(author=[{"name": f"{number} " + "ж" * 900} for number in range(400)])))
    assert len(found.split("; ")) == MAX_NAMES
    assert max(map(len, found.split("; "))) == MAX_NAME


values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["@id", "@type", "name", "author", "@graph", "translator"]), inner, max_size=4), max_leaves=12)  # fmt: skip


@given(values)
def test_any_json_at_all_gives_names_or_none(data):
    found = credit(page(json.dumps(data).replace("</", "<\\/")))
    assert found is None or found.strip()
