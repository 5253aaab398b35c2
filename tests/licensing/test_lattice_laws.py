"""Laws of the two operators, a composite of many datasets, and what databases and models never become."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.core.models import MODELS_FILE, Models
from glotmill.core.yamlfile import parse
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.generator import Generator, derived_rights, generator_of
from glotmill.licensing.lattice import MAX_CHOICES, Incompatible, collect, derive
from glotmill.licensing.table import CLASSES

# A composite as multilingual instruction collections are: each line a dataset, with the license it came under.
COMPOSITE = {
    "questions in Basque": "CC-BY-4.0",
    "summaries in Hindi": "CC-BY-NC-SA-4.0",
    "sentences in Thai": "CC-BY-SA-3.0",
    "pairs in Swahili": "CC0-1.0",
    "headlines in Turkish": "CC-BY-ND-4.0",
    "reviews in German": "LicenseRef-all-rights-reserved",
    "manuals in Khmer": "GPL-2.0-or-later OR CC-BY-SA-3.0",
    "names in Arabic": "ODbL-1.0",
    "problems in Chinese": "MIT",
    "problems in Chinese, again": "MIT AND CC-BY-4.0",
    "letters in Amharic": "LicenseRef-CC-BY",
    "laws in Norwegian": "NLOD-2.0",
}
COLLECTED = (
    "(GPL-2.0-or-later OR CC-BY-SA-3.0) AND CC-BY-4.0 AND CC-BY-NC-SA-4.0 AND CC-BY-ND-4.0 AND CC-BY-SA-3.0 AND CC0-1.0 "
    "AND LicenseRef-CC-BY AND LicenseRef-all-rights-reserved AND MIT AND NLOD-2.0 AND ODbL-1.0"
)

ids = st.sampled_from(
    ["CC0-1.0", "CC-PDM-1.0", "CC-BY-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-1.0", "CC-BY-SA-2.0", "CC-BY-SA-3.0",
     "CC-BY-SA-4.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-1.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0",
     "CC-BY-NC-ND-4.0", "LicenseRef-CC-BY", "LicenseRef-CC-BY-SA", "CC-SA-1.0", "LicenseRef-CC-NC-1.0",
     "GFDL-1.2-or-later", "GFDL-1.3-only", "GFDL-1.3-no-invariants-only", "GFDL-1.3-no-invariants-or-later",
     "GFDL-1.3-invariants-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "LAL-1.3", "MIT",
     "Apache-2.0", "OGL-UK-1.0", "OGL-UK-3.0", "LicenseRef-KOGL-2", "ODC-By-1.0", "ODbL-1.0", "BSL-1.0",
     "LicenseRef-all-rights-reserved"]
)  # fmt: skip
expressions = st.recursive(
    ids,
    lambda inner: st.builds(
        lambda joiner, parts: f" {joiner} ".join(f"({part})" for part in parts),
        st.sampled_from(["AND", "OR"]),
        st.lists(inner, min_size=2, max_size=3),
    ),
    max_leaves=4,
)
originals = st.lists(expressions, min_size=1, max_size=4)


@pytest.fixture(scope="module")
def licensing(table):
    return Licensing(table)


def rank(licensing, expression):
    return CLASSES.index(licensing.class_of(expression))


def test_a_composite_of_many_datasets_keeps_every_license_and_is_of_the_strictest_class(licensing):
    assert collect(COMPOSITE.values()) == COLLECTED
    assert licensing.class_of(COLLECTED) == "reserved"
    without = [name for name in COMPOSITE.values() if name != "LicenseRef-all-rights-reserved"]
    assert licensing.class_of(collect(without)) == "noncommercial"


def test_what_is_collected_may_be_collected_again_in_any_grouping():
    parts = list(COMPOSITE.values())
    for cut in range(1, len(parts)):
        assert collect([collect(parts[:cut]), collect(parts[cut:])]) == COLLECTED


def test_a_work_derived_from_the_composite_is_refused_and_says_which_license_forbids_it(table):
    assert derive(COMPOSITE.values(), table) == Incompatible("CC-BY-ND-4.0 forbids sharing adaptations")


@given(originals, st.randoms(use_true_random=False))
def test_collecting_asks_for_no_order_and_once_is_enough(licenses, shuffler):
    shuffled = licenses * 2
    shuffler.shuffle(shuffled)
    whole = collect(licenses)
    assert collect(shuffled) == whole
    assert collect([whole]) == whole


@given(originals)
def test_a_collection_is_never_freer_than_any_part(licensing, licenses):
    assert rank(licensing, collect(licenses)) >= max(rank(licensing, one) for one in licenses)


@given(originals, st.randoms(use_true_random=False))
def test_deriving_asks_for_no_order_and_once_is_enough(table, licenses, shuffler):
    shuffled = licenses * 2
    shuffler.shuffle(shuffled)
    result = derive(licenses, table)
    assert derive(shuffled, table) == result
    if not isinstance(result, Incompatible):
        assert derive([result], table) == result


@given(originals)
def test_a_derived_work_is_never_freer_nor_more_open_than_any_original(table, licensing, licenses):
    result = derive(licenses, table)
    if isinstance(result, Incompatible):
        return
    for one in licenses:
        assert rank(licensing, result) >= rank(licensing, one)
        assert licensing.satisfies(one, lambda given: given.grants.derivatives and given.covers != "databases")
        if licensing.satisfies(result, lambda given: given.open_definition):
            assert licensing.satisfies(one, lambda given: given.open_definition)
        if licensing.satisfies(result, lambda given: given.grants.commercial):
            assert licensing.satisfies(one, lambda given: given.grants.commercial)


@given(originals, expressions)
def test_another_original_never_frees_a_derived_work(table, licensing, licenses, more):
    before, after = derive(licenses, table), derive([*licenses, more], table)
    if isinstance(before, Incompatible):
        assert isinstance(after, Incompatible)
    elif not isinstance(after, Incompatible):
        assert rank(licensing, after) >= rank(licensing, before)


@given(originals)
def test_no_license_for_databases_is_in_what_follows_from_deriving(table, licenses):
    result = derive(licenses, table)
    if not isinstance(result, Incompatible):
        assert not any(table.get(name).covers == "databases" for name in result.split(" AND "))


def test_a_version_that_is_open_takes_up_none_that_is_not(table):
    assert derive(["OGL-UK-1.0", "OGL-UK-3.0"], table) == "OGL-UK-1.0 AND OGL-UK-3.0"
    assert isinstance(derive(["GFDL-1.3-or-later", "GFDL-1.3-no-invariants-only"], table), Incompatible)
    assert derive(["GFDL-1.3-no-invariants-or-later", "GFDL-1.3-invariants-only"], table) == "GFDL-1.3-invariants-only"


def test_choices_beyond_counting_are_refused_in_every_order(table):
    licenses = [
        f"CC-BY-{one} OR GPL-{two}-only" for one in ("1.0", "2.0", "2.5", "3.0", "4.0") for two in ("2.0", "3.0")
    ]
    licenses += [f"GFDL-{one}-only OR CC-BY-SA-{two}" for one in ("1.2", "1.3") for two in ("2.0", "3.0", "4.0")]
    expected = Incompatible(f"more than {MAX_CHOICES} combinations of licenses to choose from")
    assert derive(licenses, table) == derive(reversed(licenses), table) == expected


MODEL_LICENSES = ("MIT", "CC-BY-NC-4.0", "CC-BY-SA-3.0", "GPL-3.0-only", "LicenseRef-all-rights-reserved", "ODC-By-1.0")


def test_the_terms_of_a_model_are_beside_the_license_of_its_texts_and_never_in_it(table):
    for texts, model in itertools.product(
        (["CC0-1.0"], ["CC-BY-4.0", "CC-BY-SA-4.0"], ["CC-BY-ND-4.0"]), MODEL_LICENSES
    ):
        made = derived_rights(
            texts, table, generator=Generator("opus", "2024", model, Licensing(table).class_of(model))
        )
        assert made.license == derive(texts, table)
        assert made.generator.license == model
    assert derived_rights(["CC0-1.0"], table, generator=None).generator is None


def test_every_model_of_the_registry_can_be_a_generator(root, table):
    registry = parse((root / MODELS_FILE).read_text(encoding="utf-8"), Models, file=MODELS_FILE).models
    made = {name: generator_of(name, entry, table) for name, entry in registry.items()}
    file = f"sha256:{registry['lid176'].sha256}"
    assert made["lid176"] == Generator("lid176", file, "CC-BY-SA-3.0", "sharealike")
    assert made["datatrove-hosts"].license == "LicenseRef-not-stated"
    assert made["datatrove-hosts"].license_class == "unknown"
    assert made["lid176"].spelled() == f'{{"name": "lid176", "revision": "{file}", "license": "CC-BY-SA-3.0"}}'
    rights = derived_rights(["CC0-1.0"], table, generator=made["lid176"])
    assert (rights.license, rights.generator.license_class) == ("CC0-1.0", "sharealike")
