"""Every mistake in a recipe names file, field and what would be right."""

from pathlib import Path

import pytest

from glotmill.core.errors import ContractError, RecipeError
from glotmill.plan.project import Project, carried
from glotmill.plan.recipe import parse_recipe
from glotmill.plan.resolve import resolve
from support.corpora import SOURCE
from support.kinds import KINDS

GOOD = """\
name: saskia
version: 1.0.0
languages: [eus_Latn]
source: {kind: jsonl, of: stories}
steps:
  - {name: label, kind: label}
  - {name: short, kind: short, characters: 20}
sink: {kind: parquet}
"""


def error_of(text: str, folder: Path) -> RecipeError:
    (folder / "pipelines").mkdir(parents=True)
    (folder / "manifests" / "sources").mkdir(parents=True)
    (folder / "manifests" / "sources" / "stories.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "pipelines" / "saskia.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        resolve(Project(folder), "pipelines/saskia.yaml", extra=KINDS)
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "field", "remedy"),
    [
        ("kind: short", "kind: shirt", "steps.1.kind", "short"),
        ("kind: jsonl", "kind: json", "source.kind", "jsonl"),
        ("characters: 20", "characterz: 20", "steps.1.characterz", "characters"),
        ("characters: 20", "characters: many", "steps.1.characters", ""),
        ("sink: {kind: parquet}", "sink: {kind: parquet, part_md: 3}", "sink.part_md", "part_mb"),
        ("sink: {kind: parquet}", "sinc: {kind: parquet}", "sinc", "sink"),
        ("eus_Latn", "eux_Latn", "languages.0", "eus_Latn"),
        ("version: 1.0.0", "version: 1.0", "version", '"1.0"'),
        ("version: 1.0.0", "version: one", "version", ""),
        ("name: short", "name: label", "steps.1.name", "name of its own"),
        ("of: stories", "of: tales", "", "manifests/sources/tales.yaml"),
    ],
)
def test_a_mistake_is_named_with_its_field_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, field: str, remedy: str
) -> None:
    error = error_of(GOOD.replace(old, new, 1), tmp_path)
    assert (error.field or "").startswith(field)
    assert error.file is not None
    assert remedy in str(error)


@pytest.mark.parametrize(
    ("source", "place", "message", "remedy"),
    [
        ("{kind: wikimedia, of: wikidata, host: wikipedia.org}", "pipelines/saskia.yaml: source.0: host", "that of wikidata.org, and not that of wikipedia.org", "whose entry is about wikipedia.org"),
        ("{kind: wikimedia, of: wikipedia, host: org}", "pipelines/saskia.yaml: source.0: host", "that of wikipedia.org, and not that of org", "`of` leads to the entry"),
        ("{kind: wikimedia, of: wikipedia, host: notwikipedia.org}", "pipelines/saskia.yaml: source.0: host", "and not that of notwikipedia.org", ""),
        ("{kind: wikimedia, of: wikidata, host: wikidata.org, namespaces: [0, 4, 12]}", "pipelines/saskia.yaml: source.0: namespaces", "covers the namespaces 0, 120, 146, 640, and not 4, 12", "a source of their own"),
        ("{kind: wikimedia, of: stories, host: wiki.test}", "manifests/sources/stories.yaml: wiki.hosts", "which wikis its license covers", "wiki: {hosts: [wiki.test]}"),
    ],
)  # fmt: skip
def test_a_license_of_one_wiki_is_not_put_on_the_text_of_another(
    tmp_path: Path, source: str, place: str, message: str, remedy: str
) -> None:
    error = error_of(GOOD.replace("{kind: jsonl, of: stories}", source, 1), tmp_path)
    assert str(error).startswith(f"{place}: ")
    assert message in error.message
    assert remedy in (error.remedy or "")


def test_an_edition_is_read_under_the_entry_of_its_project(tmp_path: Path) -> None:
    entry = GOOD.replace("{kind: jsonl, of: stories}", "{kind: wikimedia, of: wikipedia, host: eu.wikipedia.org}")
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "saskia.yaml").write_text(entry, encoding="utf-8")
    assert resolve(Project(tmp_path), "pipelines/saskia.yaml", extra=KINDS).recipe.sources[0].of == "wikipedia"


def test_a_step_before_the_one_that_feeds_it_is_told_to_move(tmp_path: Path) -> None:
    early = "  - {name: early, kind: needs_hash}\n  - {name: clean, kind: normalize}\n"
    error = error_of(GOOD.replace("  - {name: short, kind: short, characters: 20}\n", early), tmp_path)
    assert isinstance(error, ContractError)
    assert "needs the column 'content_hash'" in str(error)
    assert "'clean' provides it: put it before 'early'" in str(error)


def test_a_corpus_without_rights_is_refused(tmp_path: Path) -> None:
    error = error_of(GOOD.replace("  - {name: label, kind: label}\n", ""), tmp_path)
    assert isinstance(error, ContractError)
    assert "'license'" in str(error)
    assert "permit" in str(error)


@pytest.mark.parametrize(
    ("partition", "place", "message", "remedy"),
    [
        ("language, crawl_week", 1, "no column 'crawl_week'", "crawl_year, crawl_month, crawl_day, and the columns"),
        ("lang", 0, "no column 'lang'", "source, track, text, language, title"),
        ("crawl_time", 0, "timestamp[us, tz=UTC], which names no folder", "crawl_day"),
        ("language, license_evidence", 1, "which names no folder", "license_state, license_class"),
        ("crawl_day, script", 1, "'script' and no step provides it", "Add a step of kind identify."),
        ("parallel_id", 0, "'parallel_id' and no step provides it", "It can be crawl_year"),
    ],
)
def test_what_a_corpus_cannot_be_partitioned_by_is_answered_with_what_it_can(
    tmp_path: Path, partition: str, place: int, message: str, remedy: str
) -> None:
    error = error_of(GOOD.replace("kind: parquet", f"kind: parquet, partition_by: [{partition}]"), tmp_path)
    assert error.field == f"sink.partition_by.{place}"
    assert message in error.message
    assert remedy in (error.remedy or "")


def test_a_partition_named_twice_is_refused(tmp_path: Path) -> None:
    error = error_of(GOOD.replace("kind: parquet", "kind: parquet, partition_by: [crawl_day, crawl_day]"), tmp_path)
    assert error.field == "sink.partition_by"
    assert "crawl_day stands twice" in error.message


def test_a_corpus_in_folders_of_a_language_that_nobody_identifies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    licenses = (carried() / "manifests" / "licenses.yaml").read_text(encoding="utf-8")
    (tmp_path / "manifests" / "licenses.yaml").write_text(licenses, encoding="utf-8")
    rights = "{name: rights, kind: permit, allow: open-definition, consent: record-only}"
    error = error_of(GOOD.replace("{name: label, kind: label}", rights), tmp_path)
    assert isinstance(error, ContractError)
    assert error.field == "sink.partition_by.0"
    assert "Add a step of kind identify." in str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\nname: b\n", "stands twice"),
        ("- 1\n- 2\n", "mapping"),
        ("name: [unclosed\n", "YAML"),
        ("a: &x 1\nb: *x\n", "aliases"),
        ("", "mapping"),
    ],
)
def test_what_is_no_recipe_is_refused_with_its_file(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        parse_recipe(text, file="pipelines/x.yaml")
    assert caught.value.file == "pipelines/x.yaml"


def test_an_unknown_recipe_is_answered_with_near_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="demo"):
        Project(tmp_path).recipe_file("dmo")


def test_a_project_file_wins_over_the_carried_one_of_the_same_name(tmp_path: Path) -> None:
    carried = Project(tmp_path).read("filters/gopher_quality.yaml")
    assert carried is not None
    (tmp_path / "filters").mkdir()
    (tmp_path / "filters" / "gopher_quality.yaml").write_text("mine", encoding="utf-8")
    assert Project(tmp_path).read("filters/gopher_quality.yaml") == "mine"


def test_a_project_never_reads_outside_its_three_folders(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("x: 1", encoding="utf-8")
    (tmp_path / "filters").mkdir()
    assert Project(tmp_path).read("filters/../secret.yaml") is None
    assert Project(tmp_path).read("secret.yaml") is None
