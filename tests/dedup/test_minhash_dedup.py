"""Near-duplicates: the rule, against brute force, in many scripts, whatever the order."""

import datetime as dt
import json
import random
from unicodedata import category, normalize

import pyarrow as pa
import pytest
from engine import NOTHING, batch, document, emitted, run
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import DataError, RecipeError
from glotmill.core.steps import COUNTS
from glotmill.core.yamlfile import validate
from glotmill.dedup.minhash import MinhashDedupSpec
from glotmill.dedup.shingles import shingle
from glotmill.dedup.signatures import band_keys, signatures
from support.passes import regrouped

NEAR = MinhashDedupSpec(name="near", kind="minhash_dedup")
# Short texts need short windows for a graded similarity, and many thin bands to meet at any similarity.
FINE = MinhashDedupSpec(name="near", kind="minhash_dedup", n=1, n_unspaced=1, bands=20, rows=2, threshold=0.6)

# Letters from which words are made, and how many words a sentence-like text of each script has.
SCRIPTS = {
    "Latn": ("abdeghiklmnorstuzñ", " "),
    "Cyrl": ("абвгдежзиклмнорстуя", " "),
    "Deva": ("कखगचजटडतदनपबमरलवसह", " "),
    "Arab": ("ابتجحدرسشصعفقكلمنهوي", " "),
    "Ethi": ("ሀለሐመሠረሰቀበተኀነአከወዐዘየደገ", " "),
    "Hang": ("가나다라마바사아자차카타파하", " "),
    "Thai": ("กขคงจชดตถทนบปพมยรลวสหอ", ""),
    "Hani": ("天地人山水火木金土日月年時分上下中大小多少東西南北", ""),
    "Khmr": ("កខគឃងចឆជញដតថទធនបផពភម", ""),
}


def written(script, words, source):
    letters, space = SCRIPTS[script]
    return [("".join(source.choice(letters) for _ in range(source.randint(1, 6))), space) for _ in range(words)]


def joined(words):
    return words[0][1].join(word for word, _ in words)


def true_jaccard(first, second, spec=NEAR):
    sets = shingle([first, second], n=spec.n, n_unspaced=spec.n_unspaced)
    a, b = set(sets.of(0).tolist()), set(sets.of(1).tolist())
    return len(a & b) / len(a | b) if a | b else 0.0


def predicted(spec, rows):
    """Return what the rule says, straight from its words: doc_id -> (keeper, jaccard) or None."""
    sets = shingle([row["text"] or "" for row in rows], n=spec.n, n_unspaced=spec.n_unspaced)
    keys = band_keys(signatures(sets, count=spec.bands * spec.rows, seed=spec.seed), bands=spec.bands, rows=spec.rows)
    known = {row["doc_id"]: (set(sets.of(i).tolist()), set(keys[i].tolist())) for i, row in enumerate(rows)}
    ranked = sorted(
        (row for row in rows if known[row["doc_id"]][0]),
        key=lambda row: (row["origin"] != "native", -len(row["text"] or ""), row["crawl_time"], row["doc_id"]),
    )
    kept, fates = [], {row["doc_id"]: None for row in rows}
    for row in ranked:
        own, bands = known[row["doc_id"]]
        matches = []
        for place, other in enumerate(kept):
            theirs, met = known[other]
            value = len(own & theirs) / len(own | theirs)
            if met & bands and value >= spec.threshold:
                matches.append((-value, place, other))
        if matches:
            fates[row["doc_id"]] = (min(matches)[2], -min(matches)[0])
        else:
            kept.append(row["doc_id"])
    return fates


def agrees(ran, fates):
    for name, fate in fates.items():
        verdict = ran.verdicts[name]
        if fate is None:
            assert (verdict.reason, verdict.detail, verdict.related) == (None, None, None)
            assert verdict.cluster_id == name
        else:
            assert verdict.reason == "minhash_dedup.near_duplicate"
            assert verdict.related == verdict.cluster_id == fate[0]
            assert verdict.detail == f"jaccard {fate[1]:.4f} with {fate[0]}"
        members = [other for other, end in fates.items() if (end[0] if end else other) == verdict.cluster_id]
        assert verdict.cluster_size == len(members)


ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["gaur", "bihar", "elurra", "euria", "haizea", "eguzkia", "山", "川"]), max_size=7),
        st.sampled_from(["native", "mt"]),
    ),
    max_size=14,
)


@given(ROWS, st.integers(1, 4), st.integers(1, 6), st.integers(1, 5), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_decisions_are_the_rules_whatever_the_shards_the_batches_and_the_order(
    drawn, shards, batch_rows, partitions, source
):
    rows = [document(" ".join(words), str(place), origin=origin) for place, (words, origin) in enumerate(drawn)]
    one = run(FINE, rows)
    agrees(one, predicted(FINE, rows))
    shuffled = source.sample(rows, len(rows))
    other = run(FINE, shuffled, shards=shards, batch_rows=batch_rows, partitions=partitions, seed=shards)
    assert one.verdicts == other.verdicts
    assert one.table.equals(other.table, check_metadata=True)


def test_decisions_are_the_rules_on_a_crowd_of_drifting_copies():
    source = random.Random(4)
    rows = []
    for family in range(12):
        words = written("Latn", 60, source)
        for copy in range(12):
            rows.append(document(joined(words), f"{family}-{copy}", origin=source.choice(["native", "mt"])))
            for _ in range(source.randint(0, 3)):
                words[source.randrange(60)] = written("Latn", 1, source)[0]
    spec = NEAR.model_copy(update={"threshold": 0.7})
    fates = predicted(spec, rows)
    assert 20 < sum(fate is not None for fate in fates.values()) < 130
    agrees(run(spec, rows, shards=3, batch_rows=7), fates)


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_planted_near_duplicates_at_090_are_found_in_every_script(script):
    source = random.Random(script)
    rows, pairs = [], []
    for number in range(60):
        words = written(script, 250, source)
        original = document(joined(words), f"{number} original")
        changed = list(words)
        copy = original
        while copy is original or true_jaccard(original["text"], copy["text"]) > 0.92:
            changed[source.randrange(250)] = written(script, 1, source)[0]
            copy = document(joined(changed), f"{number} copy", origin="mt")
        pairs.append((original, copy, true_jaccard(original["text"], copy["text"])))
        rows += [copy, original]
    assert all(value > 0.85 for *_, value in pairs)
    ran = run(NEAR, rows, shards=2)
    found = [ran[copy].related == original["doc_id"] for original, copy, _ in pairs]
    assert sum(found) >= 59
    assert all(ran[original].reason is None for original, *_ in pairs)
    original, copy, value = pairs[found.index(True)]
    assert ran[copy].detail == f"jaccard {value:.4f} with {original['doc_id']}"
    assert (ran[original].cluster_size, ran[original].cluster_id) == (2, original["doc_id"])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "कल राम ने बल से फल और जल लिया फिर वह घर गया और दिन भर सोता रहा",
            "काल राम ने बाल से फाल और जाल लिया फिर वह घेर गया और दीन भर सोता रहा",
        ),
        ("เสือนอนอยู่ที่นา ปากินหญ้าใกล้บาน", "เสื้อนอนอยู่ที่น้า ป้ากินหญ้าใกล้บ้าน"),
        ("ba tôi bán ma ở chợ la và mua bo cho con", "bà tôi bạn má ở chờ lá và múa bò cho còn"),
    ],
)
def test_texts_that_differ_by_marks_alone_stay_apart(first, second):
    rows = [document(first), document(second)]
    assert run(NEAR.model_copy(update={"threshold": 0.5}), rows).kept() == {row["doc_id"] for row in rows}
    bare = [
        document("".join(c for c in normalize("NFD", text) if category(c)[0] != "M"), text) for text in (first, second)
    ]
    assert len(run(NEAR, bare).kept()) == 1  # what happens where marks are stripped


def bulletin(source, place):
    low, high, wind, rain = (source.randint(-9, 39) for _ in range(4))
    return (
        f"{place} için hava tahmini: en düşük sıcaklık {low} derece, en yüksek sıcaklık {high} derece olacak. "
        f"Rüzgâr saatte {abs(wind)} kilometre hızla esecek, yağış olasılığı yüzde {abs(rain)} olarak bekleniyor."
    )


def test_bulletins_that_differ_only_in_figures_stay():
    source = random.Random(8)
    rows = [document(text) for text in sorted({bulletin(source, "Ankara") for _ in range(150)})]
    ran = run(NEAR, rows)
    assert len(rows) > 140
    assert ran.kept() == {row["doc_id"] for row in rows}


def forms(count, source):
    """Return filled-in forms: two thirds of each text is the same, so that any two have Jaccard of about 0.5."""
    frame = joined(written("Cyrl", 160, source))
    return [document(f"{frame} {joined(written('Cyrl', 78, source))}", str(number)) for number in range(count)]


def test_filled_in_forms_lose_none_and_refusals_are_counted():
    rows = forms(500, random.Random(2))
    assert 0.45 < true_jaccard(rows[0]["text"], rows[1]["text"]) < 0.55
    ran = run(NEAR, rows, shards=3)
    assert len(ran.kept()) == 500
    counts = json.loads(ran.table.schema.metadata[COUNTS])
    assert counts["refused"] > 1000
    assert (counts["dropped"], counts["unchecked"]) == (0, 0)


def test_a_bucket_beyond_its_limit_is_counted_and_still_finds_its_copies_elsewhere():
    rows = forms(300, random.Random(3))
    copies = [document(row["text"], f"copy {row['doc_id']}", origin="mt") for row in rows]
    limited = NEAR.model_copy(update={"bucket_limit": 4})
    ran = run(limited, rows + copies, shards=2)
    assert json.loads(ran.table.schema.metadata[COUNTS])["unchecked"] > 0
    assert {row["doc_id"] for row in rows} <= ran.kept()
    assert sum(ran[copy].reason is not None for copy in copies) == 300  # they also meet in bands of their own


def test_a_chain_is_cut_by_the_rule():
    words = written("Deva", 200, random.Random(5))
    fresh = written("Deva", 40, random.Random(6))
    first, middle, last = (joined(fresh[:n] + words[n:]) for n in (0, 14, 28))
    assert true_jaccard(first, middle) >= 0.8
    assert true_jaccard(middle, last) >= 0.8
    assert true_jaccard(first, last) < 0.8
    spec = NEAR.model_copy(update={"keep": ("earlier",), "bands": 40, "rows": 4})

    def chain(best):
        return [
            document(text, name, crawl_time=dt.datetime(2026, 1, 1 if name == best else 2, tzinfo=dt.UTC))
            for name, text in [("first", first), ("middle", middle), ("last", last)]
        ]

    best_in_the_middle = chain("middle")
    assert run(spec, best_in_the_middle).kept() == {best_in_the_middle[1]["doc_id"]}
    best_at_the_end = chain("first")
    ran = run(spec, best_at_the_end)
    assert ran.kept() == {best_at_the_end[0]["doc_id"], best_at_the_end[2]["doc_id"]}
    assert ran[best_at_the_end[1]].related in ran.kept()


def test_the_most_similar_keeper_is_named():
    words = written("Ethi", 200, random.Random(7))
    fresh = written("Ethi", 60, random.Random(8))
    far = document(joined(words[:150] + fresh[:25] + words[175:]), "far")
    near = document(joined(words[:198] + fresh[58:]), "near", origin="mt")
    copy = document(joined(words), "copy", origin="mt", crawl_time=None)
    assert true_jaccard(far["text"], near["text"]) < 0.735 < true_jaccard(far["text"], copy["text"])
    spec = NEAR.model_copy(update={"threshold": 0.735, "keep": ("native", "earlier"), "bands": 56, "rows": 2})
    ran = run(spec, [copy, near, far])
    assert ran[copy].related == near["doc_id"]
    assert ran[near].reason is None
    assert (ran[near].cluster_size, ran[far].cluster_size) == (2, 1)


def test_empty_texts_are_left_alone_and_one_word_texts_are_compared():
    empty = [document(text, str(place)) for place, text in enumerate([None, None, "", "", "...", "!!!", "😀"])]
    words = [document("Ja", "a"), document("ja!", "b", crawl_time=None), document("Nein", "c")]
    ran = run(NEAR, empty + words)
    assert all(ran[row].reason is None for row in empty)
    assert all((ran[row].cluster_id, ran[row].cluster_size) == (row["doc_id"], 1) for row in empty)
    assert ran[words[0]].related == words[1]["doc_id"]  # the longer text, by its exclamation mark
    assert ran[words[2]].reason is None


def test_all_documents_equal_leave_one_that_stands_for_all():
    rows = [document("同じ文章がどこにでもあります。", str(number)) for number in range(2000)]
    ran = run(NEAR, rows, shards=3)
    (kept,) = ran.kept()
    assert kept == min(row["doc_id"] for row in rows)
    assert ran.verdicts[kept].cluster_size == 2000
    assert {verdict.related for verdict in ran.verdicts.values()} == {None, kept}


def test_sizes_of_the_exact_step_are_added_up():
    texts = ["Ez dago gehiago esateko.", "ez dago gehiago esateko", "Beste gauza bat."]
    rows = [
        document(text, text, cluster_id="x", cluster_size=size) for text, size in zip(texts, [5, 3, 9], strict=True)
    ]
    ran = run(NEAR, rows)
    assert (ran[rows[0]].cluster_size, ran[rows[1]].cluster_size, ran[rows[2]].cluster_size) == (8, 8, 9)


@pytest.mark.parametrize("rows", [[], [document("Один текст.")], [document("")]])
def test_no_candidates_give_an_empty_table(rows):
    ran = run(NEAR, rows)
    assert ran.table.num_rows == 0
    assert len(ran.kept()) == len(rows)


@pytest.mark.parametrize("change", [{"n": 4}, {"bands": 13}, {"rows": 7}, {"seed": 2}, {"n_unspaced": 9}])
def test_files_written_with_other_parameters_are_refused(change):
    rows = [document("Un texte.", "a"), document("Un texte.", "b")]
    (shard,) = emitted(NEAR.build(NOTHING), rows)
    other = NEAR.model_copy(update=change).build(NOTHING)
    with pytest.raises(DataError, match="written with"):
        other.reduce(lambda name: shard[name])
    reduced = NEAR.build(NOTHING).reduce(lambda name: shard[name])
    with pytest.raises(DataError, match="written with"):
        other.group([reduced])
    routes = NEAR.build(NOTHING).group([reduced]).routes
    with pytest.raises(DataError, match="written with"):
        other.gather(shard["shingles"].combine_chunks().to_batches()[0], routes)
    with pytest.raises(DataError, match="nothing stated"):
        NEAR.build(NOTHING).reduce(lambda name: shard[name].replace_schema_metadata(None))


def test_missing_shingle_files_are_an_error_not_a_document_less():
    rows = [document("Un texte.", "a"), document("Un texte.", "b")]
    step = NEAR.build(NOTHING)
    (shard,) = emitted(step, rows)
    reduced = [step.reduce(lambda name: shard[name])]
    with pytest.raises(DataError, match="2 candidate documents, but 1 shingle set"):
        regrouped(lambda: NEAR.build(NOTHING), reduced, [shard["shingles"].slice(0, 1)])
    with pytest.raises(DataError, match="2 candidate documents, but 4 shingle set"):
        regrouped(lambda: NEAR.build(NOTHING), reduced, [shard["shingles"]] * 2)


def test_the_contract_states_columns_tables_and_the_reason():
    contract = NEAR.contract(NOTHING)
    assert contract.requires.names == ["text"]
    assert contract.provides.names == ["cluster_id", "cluster_size", "copies", "possible_laundering"]
    assert contract.reasons == {"minhash_dedup.near_duplicate"}
    assert all(schema.field(0).type == pa.uint64() for schema in NEAR.tables().values())
    assert {name: rows.num_rows for name, rows in NEAR.build(NOTHING).emit(batch([], like=document(""))).items()} == {
        "bands": 0,
        "shingles": 0,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("threshold", 1.2), ("threshold", 0), ("bands", 0), ("seed", -1), ("linkage", "chains"), ("keep", ["prettier"])],
)
def test_impossible_parameters_name_the_field(field, value):
    with pytest.raises(RecipeError, match=field):
        validate({"name": "near", "kind": "minhash_dedup", field: value}, MinhashDedupSpec, file="recipe.yaml")


COMPONENTS = FINE.model_copy(update={"linkage": "components"})


def connected(spec, rows):
    """Return the first in keeper order of each row's component, by walking from row to row."""
    sets = shingle([row["text"] or "" for row in rows], n=spec.n, n_unspaced=spec.n_unspaced)
    keys = band_keys(signatures(sets, count=spec.bands * spec.rows, seed=spec.seed), bands=spec.bands, rows=spec.rows)
    buckets = {row["doc_id"]: set(keys[i].tolist()) for i, row in enumerate(rows) if len(sets.of(i))}
    ranked = sorted(
        (row for row in rows if row["doc_id"] in buckets),
        key=lambda row: (row["origin"] != "native", -len(row["text"] or ""), row["crawl_time"], row["doc_id"]),
    )
    heads = {row["doc_id"]: row["doc_id"] for row in rows}
    seen = set()
    for row in ranked:
        if row["doc_id"] in seen:
            continue
        left = [row["doc_id"]]
        while left:
            one = left.pop()
            seen.add(one)
            heads[one] = row["doc_id"]
            left += [other for other in buckets if other not in seen and buckets[one] & buckets[other]]
    return heads


@given(ROWS, st.integers(1, 4), st.integers(1, 5), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_components_are_what_chains_of_shared_bands_connect(drawn, shards, partitions, source):
    rows = [document(" ".join(words), str(place), origin=origin) for place, (words, origin) in enumerate(drawn)]
    heads = connected(COMPONENTS, rows)
    ran = run(COMPONENTS, source.sample(rows, len(rows)), shards=shards, partitions=partitions, seed=shards)
    for row in rows:
        verdict = ran.verdicts[row["doc_id"]]
        head = heads[row["doc_id"]]
        assert verdict.cluster_id == head
        assert verdict.cluster_size == sum(other == head for other in heads.values())
        assert (verdict.reason is not None) == (head != row["doc_id"])
        assert verdict.detail == (None if head == row["doc_id"] else f"of one component with {head}")


def test_a_chain_of_drifting_copies_is_one_component_and_several_verified_documents():
    source = random.Random(11)
    words = written("Thai", 160, source)
    rows = []
    for copy in range(10):
        rows.append(document(joined(words), f"{copy:02d}"))
        words = words[16:] + written("Thai", 16, source)
    chained = run(NEAR.model_copy(update={"linkage": "components", "bands": 60, "rows": 3}), rows)
    verified = run(NEAR.model_copy(update={"bands": 60, "rows": 3}), rows)
    assert sum(verdict.reason is None for verdict in chained.verdicts.values()) == 1
    assert {verdict.cluster_size for verdict in chained.verdicts.values()} == {10}
    assert sum(verdict.reason is None for verdict in verified.verdicts.values()) >= 5
