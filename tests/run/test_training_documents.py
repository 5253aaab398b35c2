"""What a training takes of its sources: who is a document, of which domain, and who is set aside with a count."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from glotmill.core.errors import DataError
from glotmill.core.hashing import content_hash
from glotmill.dedup.tombstones import Tombstones, address_key, lines_of
from glotmill.plan.project import Project
from glotmill.plan.training import TrainingPlan, resolve_training
from glotmill.run import training_documents
from glotmill.run.quality_corpus import check_crawl, corpus_of
from glotmill.run.training_documents import Gathered, gather
from support.quality import SOURCE, THAI, Quality, prose, rows

SALT = "0f" * 16


def read(made: Quality) -> tuple[TrainingPlan, Gathered]:
    plan = resolve_training(Project(made.folder), "pipelines/quality/ona.yaml")
    bindings = {name: str(made.folder / f"{name}.jsonl") for name in made.data}
    return plan, gather(plan, bindings, {}, watch=lambda what, count: None)


def refused(found: Gathered, of: str) -> Mapping[str, int]:
    return next(count.refused for count in found.counts if count.of == of)


def take_down(made: Quality, values: Sequence[tuple]) -> None:
    text = Tombstones().with_lines(SALT, lines_of(SALT, values)).text()
    (made.folder / "manifests" / "tombstones.txt").write_text(text, encoding="utf-8")


def test_what_was_taken_down_is_no_document_of_any_role(tmp_path: Path) -> None:
    made = Quality(tmp_path)
    good, bad, crawl = (made.data[name] for name in ("ipuinak", "zerrendak", "sarea"))
    messy = {**good[2], "text": good[2]["text"].replace("\n", "\r\n")}
    made.write("ipuinak", [*good[:2], messy, *good[3:]])
    as_stored = content_hash(good[2]["text"])
    values = [("url", address_key(good[0]["url"])), ("text", as_stored), ("domain", "herria1.example")]
    take_down(made, values)
    _, found = read(made)
    assert refused(found, "ipuinak") == {"tombstones.domain": 30, "tombstones.text": 1, "tombstones.url": 1}
    assert refused(found, "zerrendak") == {"tombstones.domain": len(bad) // 3, "tombstones.url": 1}
    assert refused(found, "sarea") == {"tombstones.domain": len(crawl) // 3, "tombstones.url": 1}
    assert not any(document.host == "herria1.example" for own in found.documents.values() for document in own)


def test_only_native_text_is_good_and_machine_translation_may_be_bad(tmp_path: Path) -> None:
    made = Quality(tmp_path)
    for name in made.data:
        marked = [
            {**row, "origin": origin}
            for row, origin in zip(made.data[name], ("mt", "synthetic", "augmented", "native", "native"), strict=False)
        ]
        made.write(name, [*marked, *made.data[name][5:]])
    _, found = read(made)
    assert refused(found, "ipuinak") == {"origin_augmented": 1, "origin_mt": 1, "origin_synthetic": 1}
    assert refused(found, "zerrendak") == refused(found, "sarea") == {}
    assert len(found.documents["negatives"]) == len(made.data["zerrendak"])


DOMAINS = {
    "https://www.azoka.example./1": "azoka.example",
    "https://münchen.de/1": "xn--mnchen-3ya.de",
    "https://www.xn--mnchen-3ya.de/1": "xn--mnchen-3ya.de",
    "https://www.गाँव.भारत/1": "xn--h1b7b1e8a.xn--h2brj9c",
    "https://<img src=x onerror=alert(1)>/1": "source:ipuinak",
    "azoka.example/1": "source:ipuinak",
    "http://[::1/": "source:ipuinak",
}


def test_one_site_is_one_domain_however_it_is_spelled_and_a_row_is_of_bounded_size(tmp_path: Path) -> None:
    made = Quality(tmp_path)
    (tmp_path / "manifests/sources/ipuinak.yaml").write_text(SOURCE + "genre: ipuinak\nvariety: bizkaiera\n", "utf-8")
    pairs = zip(DOMAINS, made.data["ipuinak"], strict=False)
    made.write("ipuinak", [{**row, "url": url, "license": "x" * 100_000} for url, row in pairs])
    documents = read(made)[1].documents
    assert [document.domain for document in documents["positives"]] == list(DOMAINS.values())
    assert {len(document.license) for document in documents["positives"]} == {100}
    assert {(one.genre, one.variety) for one in documents["positives"]} == {("ipuinak", "bizkaiera")}
    assert {(one.genre, one.variety) for one in documents["negatives"]} == {("", "")}


def test_names_of_sites_in_letters_beyond_ascii_are_left_out_where_a_model_learns(tmp_path: Path) -> None:
    made = Quality(tmp_path, tag="tha_Thai", sentences=THAI)
    hosts = [f"{name}.example" for name in ("ตลาด".encode("idna").decode(), "วัด".encode("idna").decode())]
    made.write("ipuinak", rows(prose(THAI, 90, seed=1), tag="tha_Thai", hosts=hosts))
    corpus, _ = corpus_of(*read(made))
    assert {document.host for document in corpus.documents[:20]} == {"ตลาด.example", "วัด.example"}
    seen = {
        word for member in corpus.members[:20] for word in member.reader.line(member.index, (0, member.words)).split()
    }
    scored = {word for lines in corpus.lines[:20] for line in lines for word in line.split()}
    assert {"ตลาด", "วัด"} <= scored
    assert not {"ตลาด", "วัด"} & seen


def test_a_small_language_beside_a_large_one_has_a_sample_of_its_own(tmp_path: Path) -> None:
    made = Quality(tmp_path)
    many = rows([f"Der {number}. Imker öffnet den Bienenstock am Morgen." for number in range(900)], tag="deu_Latn")
    made.write("sarea", [*many, *made.data["sarea"]])
    made.recipe(languages=["deu_Latn", "eus_Latn"], most_documents=120)
    plan, found = read(made)
    counts = [sum(one.language == tag for one in found.documents["crawl"]) for tag in plan.languages]
    assert counts == [120, 120]
    assert refused(found, "sarea") == {"more_than_most_documents": 900 - 120 + 150 - 120}


def test_what_is_held_of_a_source_is_bounded_in_characters(tmp_path: Path, monkeypatch) -> None:
    made = Quality(tmp_path)
    monkeypatch.setattr(training_documents, "_MOST_CHARACTERS", 40_000)
    _, found = read(made)
    for role, name in (("positives", "ipuinak"), ("crawl", "sarea")):
        own = found.documents[role]
        assert 30_000 < sum(len(document.text) for document in own) <= 40_000
        assert refused(found, name) == {"more_than_most_documents": len(made.data[name]) - len(own)}


def test_a_crawl_with_nothing_to_read_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    made = Quality(tmp_path)
    made.write(
        "sarea",
        [{**row, "text": f"https://{place}.azoka.example/eguna"} for place, row in enumerate(made.data["sarea"])],
    )
    plan, found = read(made)
    with pytest.raises(DataError, match="0 documents in eus_Latn with anything to read, and 100 are the least"):
        check_crawl(plan, found.documents["crawl"])


def test_a_text_in_both_classes_is_in_neither_whatever_its_spelling_of_spaces(tmp_path: Path) -> None:
    made = Quality(tmp_path)
    shared = [{**row, "text": row["text"].replace(" ", "  ")} for row in made.data["ipuinak"][:12]]
    made.write("zerrendak", [*made.data["zerrendak"], *shared])
    corpus, counts = corpus_of(*read(made))
    assert counts["in_both_classes"] == 24
    assert sum(corpus.good.tolist()) == 78
