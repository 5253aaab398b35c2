"""`rejudge`: stored measures under other bounds give what a run with these bounds would have given."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from glotmill.cli.app import app
from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.yamlfile import load
from glotmill.executors.local import LocalExecutor
from glotmill.io.corpus import CorpusSource
from glotmill.plan.derived import rejudging
from glotmill.plan.project import Project, carried
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.rights import row_check
from glotmill.provenance.verify import verify
from glotmill.run.driver import Driver
from glotmill.run.rejudge import explain, tally
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from support.corpora import Bench, digests
from support.kinds import ClaimSpec

# Prose of nine languages; a text of one to five copies falls on either side of the bound on fifty words.
PROSE = {
    "eus_Latn": "Aitonak larunbatero irekitzen du tailerra, eta auzoko umeek bizikletak konpontzen ikasten dute han.",
    "deu_Latn": "Am Abend sitzt die Nachbarin auf der Bank vor dem Haus und erzählt den Kindern von der alten Mühle.",
    "hin_Deva": "हर रविवार को दादी आँगन में बैठकर हमें नदी और पहाड़ की पुरानी कहानियाँ सुनाती हैं।",
    "tha_Thai": "ในวันหยุดพ่อมักจะพาลูกๆ ไปตกปลาที่หนองน้ำ และแม่ก็เตรียมข้าวกล่องให้ทุกคนไปกินด้วยกัน",
    "khm_Khmr": "នៅពេលទំនេរ ឪពុករបស់ខ្ញុំតែងតែជួសជុលទូក ហើយម្តាយតម្បាញកន្ត្រកនៅក្រោមផ្ទះ។",
    "arb_Arab": "في يوم الجمعة تجتمع العائلة في بيت الجد، ثم يخرج الأولاد إلى الحديقة مع أبناء الجيران.",
    "cmn_Hani": "每到周末，爸爸就带着我们去山上采茶，妈妈在家里准备晚饭，等我们回来一起吃。",
    "swh_Latn": "Kila jioni babu huketi chini ya mwembe na kutusimulia hadithi za zamani kuhusu bahari na mashua.",
    "tur_Latn": "Pazar günleri dedem bahçedeki ağaçları budar ve bize eski köy hikâyelerini anlatmak için vakit bulur.",
}
# A rule that looks at every mark the text makes, so that reasons other than length occur.
LOUD = "#eguna #azoka #festa #jaia #gaua … … …"


KINDS = {"claim": ClaimSpec}
CLAIM = {"name": "claim", "kind": "claim"}
DROP = {"name": "quality", "kind": "judge", "filters": ["gopher_quality"]}
ANNOTATE = {**DROP, "mode": "annotate"}


def rows() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for number in range(6):
        for tag, text in PROSE.items():
            lines = [f"{text} {number}."] * number
            if number == 5 and tag == "eus_Latn":
                lines += [LOUD] * 20
            found.append(
                {"text": "\n".join(lines) or "#", "language": tag, "url": f"https://stories.example/{tag}/{number}"}
            )
    return found


class Corpora:
    """The same rows, judged by a recipe and measured by another; both resolved against one project."""

    def __init__(self, folder: Path, documents: list[dict[str, object]]) -> None:
        self.bench = Bench(folder, documents, [CLAIM, DROP])
        (self.bench.project / "filters" / "languages").mkdir(parents=True)
        self.project = Project(self.bench.project)
        self.out = folder / "out"

    def own(self, name: str, change: Callable[[Any], None]) -> Path:
        """Put a changed copy of a carried file into the project; JSON is YAML."""
        value = load((carried() / name).read_text(encoding="utf-8"), file=name)
        change(value)
        path = self.bench.project / name
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        return path

    def run(self, step: dict[str, object], version: str, *more: dict[str, object]) -> RunFolder:
        self.bench.write_recipe([CLAIM, step, *more], version=version, languages=list(PROSE))
        plan = resolve(self.project, "pipelines/tiny.yaml", extra=KINDS)
        return self.carry_out(plan, {"stories": str(self.bench.inputs)})

    def carry_out(self, plan, bindings: dict[str, str], out: Path | None = None) -> RunFolder:
        executor = LocalExecutor(1)
        try:
            return Driver(plan, Settings(str(out or self.out), bindings), {}, executor=executor).run()
        finally:
            executor.close()
            release_steps()

    def rejudged(
        self, folder: RunFolder, filters: Sequence[str] = ("gopher_quality",), out: Path | None = None, **options
    ) -> RunFolder:
        plan = rejudging(self.project, folder, filters, **options)
        return self.carry_out(plan, {plan.recipe.name: folder.join("data")}, out)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    return Corpora(tmp_path_factory.mktemp("rejudge"), rows())


@pytest.fixture(scope="module")
def annotated(corpora: Corpora) -> RunFolder:
    return corpora.run(ANNOTATE, "1.0.0")


def kept(folder: RunFolder) -> list[tuple[str, str]]:
    table = pq.read_table(folder.join("data"), columns=["doc_id", "text"])
    return sorted(zip(table.column("doc_id").to_pylist(), table.column("text").to_pylist(), strict=True))


def fates(folder: RunFolder) -> list[tuple[str, ...]]:
    names = ("doc_id", "url", "source", "language", "step", "reason", "detail", "fate", "sample")
    return sorted(tuple(row[name] for name in names) for batch in folder.ledger() for row in batch.to_pylist())


def test_rejudging_decides_exactly_as_a_run_that_drops(corpora: Corpora, annotated: RunFolder) -> None:
    dropped = corpora.run(DROP, "1.1.0")
    again = corpora.rejudged(annotated)
    assert kept(again) == kept(dropped)
    assert fates(again) == fates(dropped)
    reasons = {row[5] for row in fates(again)}
    assert {"gopher_quality.too_few_words", "gopher_quality.too_many_hashes"} <= reasons
    assert 0 < len(kept(again)) < len(rows())


def pages() -> list[dict[str, object]]:
    """One page of the demo web per language: as it is, its beginning alone, three times over, and with loud lines."""
    found: list[dict[str, object]] = []
    for tag in PROSE:
        page = next(path for path in sorted((carried() / "pipelines/demo_web" / tag).iterdir()) if path.stem != "site")
        value = load(page.read_text(encoding="utf-8"), file=page.name)
        text = "\n\n".join(value["paragraphs"])
        for number, variant in enumerate((text, text[:90], f"{text}\n\n" * 3, "\n".join([text, *[LOUD] * 30]))):
            found.append({"text": variant, "language": tag, "url": f"https://pages.example/{page.stem}/{number}"})
    return found


def test_every_rule_set_decides_the_same_from_stored_measures(tmp_path: Path) -> None:
    sets = sorted(path.stem for path in (carried() / "filters").glob("*.yaml"))
    corpora = Corpora(tmp_path, pages())
    step = {**DROP, "filters": sets, "without_bounds": "keep"}
    dropped = corpora.run(step, "1.0.0")
    again = corpora.rejudged(corpora.run({**step, "mode": "annotate"}, "1.1.0"), sets)
    assert kept(again) == kept(dropped)
    assert fates(again) == fates(dropped)
    assert len({row[5] for row in fates(again)}) >= 3
    assert len(kept(again)) + len(fates(again)) == len(pages())


def fewer_words(rules: Any) -> None:
    assert (rules["rules"][0]["measure"], rules["rules"][0]["below"]) == ("word_count", 50)
    rules["rules"][0]["below"] = 30


def longer_words(language: Any) -> None:
    language["bounds"]["gopher_quality"]["mean_word_length"]["below"] = 5.9


def more_stop_words(language: Any) -> None:
    language["stop_words"].append("baada")


def test_other_bounds_decide_as_a_run_with_these_bounds_would(corpora: Corpora, annotated: RunFolder) -> None:
    changed = [
        corpora.own("filters/gopher_quality.yaml", fewer_words),
        corpora.own("filters/languages/tur_Latn.yaml", longer_words),
    ]
    try:
        dropped = corpora.run(DROP, "1.2.0")
        again = corpora.rejudged(annotated, version="1.2.0-again")
    finally:
        for path in changed:
            path.unlink()
    assert kept(again) == kept(dropped)
    assert fates(again) == fates(dropped)
    assert "gopher_quality.words_too_short" in {row[5] for row in fates(again) if row[3] == "tur_Latn"}


def test_the_count_without_writing_is_the_account_of_the_written_corpus(corpora: Corpora, annotated: RunFolder) -> None:
    plan = rejudging(corpora.project, annotated, ["gopher_quality"])
    count = tally(plan, annotated)
    written = corpora.rejudged(annotated)
    [_, step] = written.counts()
    assert count == step
    assert (count.rows_in, count.kept + count.dropped) == (54, 54)


def test_a_rejudged_corpus_verifies_and_names_where_it_comes_from(corpora: Corpora, annotated: RunFolder) -> None:
    folder = corpora.rejudged(annotated)
    manifest = folder.read_json("manifest.json")
    parent = annotated.read_json("manifest.json")
    assert verify(folder, check_row=lambda row: None).problems == []
    assert manifest["version"] == "1.0.0-rejudged"
    assert manifest["account"]["read"] == parent["account"]["kept"] == 54
    assert manifest["parent"]["fingerprint"] == parent["fingerprint"]
    assert manifest["parent"]["account"] == parent["account"]
    assert manifest["sources"] == parent["sources"]
    assert manifest["annotations"] == parent["annotations"]
    assert [column["name"] for column in manifest["columns"]] == [column["name"] for column in parent["columns"]]


def test_rejudging_twice_gives_the_same_bytes_and_the_second_does_nothing(
    corpora: Corpora, annotated: RunFolder, tmp_path: Path
) -> None:
    first = corpora.rejudged(annotated)
    before = digests(first)
    times = {path: path.stat().st_mtime_ns for path in Path(first.address).rglob("*.arrow")}
    assert digests(corpora.rejudged(annotated)) == before
    assert {path: path.stat().st_mtime_ns for path in Path(first.address).rglob("*.arrow")} == times
    assert digests(corpora.rejudged(annotated, out=tmp_path)) == before


def test_a_rejudged_corpus_can_be_judged_again(corpora: Corpora, annotated: RunFolder) -> None:
    once = corpora.rejudged(annotated)
    plan = rejudging(corpora.project, once, ["gopher_quality"])
    assert plan.recipe.version == "1.0.0-rejudged-rejudged"
    assert tally(plan, once).dropped == 0
    assert plan.chosen_after_measuring() == ()


def test_every_rule_on_one_document_is_shown_with_value_and_bound(corpora: Corpora, annotated: RunFolder) -> None:
    plan = rejudging(corpora.project, annotated, ["gopher_quality"])
    table = pq.read_table(annotated.join("data"), columns=["doc_id", "url", "measure_word_count"]).to_pylist()
    row = next(row for row in table if row["url"].endswith("khm_Khmr/1"))
    [found] = explain(plan, annotated, row["doc_id"])
    assert explain(plan, annotated, row["url"]) == [found]
    assert (found.language, found.reason) == ("khm_Khmr", "gopher_quality.too_few_words")
    assert found.detail == f"word_count {row['measure_word_count']:.0f} < 50"
    first = found.verdicts[0]
    assert (first.measure, first.value, first.side, first.bound, first.fails) == (
        "word_count",
        row["measure_word_count"],
        "below",
        50.0,
        True,
    )
    assert explain(plan, annotated, "no such id") == []


def test_other_stop_words_than_those_of_the_annotation_are_refused_by_file(
    corpora: Corpora, annotated: RunFolder
) -> None:
    name = "filters/languages/swh_Latn.yaml"
    path = corpora.own(name, more_stop_words)
    try:
        with pytest.raises(RecipeError, match="was measured by another file") as caught:
            rejudging(corpora.project, annotated, ["gopher_quality"])
    finally:
        path.unlink()
    assert caught.value.file == name
    assert "distinct_stop_words" in str(caught.value)
    assert f"project/{name}" in str(caught.value.remedy)


def test_other_stop_words_do_not_matter_where_no_rule_counts_them(corpora: Corpora, annotated: RunFolder) -> None:
    def change(language: Any) -> None:
        more_stop_words(language)
        off = {"switched_off": "the test counts none"}
        language["bounds"]["gopher_quality"]["distinct_stop_words"] = {"below": off}

    path = corpora.own("filters/languages/swh_Latn.yaml", change)
    try:
        assert tally(rejudging(corpora.project, annotated, ["gopher_quality"]), annotated).rows_in == 54
    finally:
        path.unlink()


def test_measures_by_other_code_are_refused(corpora: Corpora, annotated: RunFolder, tmp_path: Path) -> None:
    manifest = annotated.read_json("manifest.json")
    manifest["annotations"]["quality"]["code"] = "0123456789abcdef"
    other = RunFolder(str(tmp_path))
    (tmp_path / "data").symlink_to(annotated.join("data"))
    (tmp_path / "project").symlink_to(annotated.join("project"))
    other.write_json("manifest.json", manifest)
    with pytest.raises(SettingsError, match=r"measured by other code [(]0123456789abcdef"):
        rejudging(corpora.project, other, ["gopher_quality"])


def test_a_run_without_measures_is_refused_with_what_to_change(corpora: Corpora) -> None:
    dropped = corpora.run(DROP, "1.1.0")
    with pytest.raises(SettingsError, match="mode: annotate"):
        rejudging(corpora.project, dropped, ["gopher_quality"])


def test_a_rule_on_a_measure_that_is_not_stored_is_refused_by_name(corpora: Corpora, annotated: RunFolder) -> None:
    def change(rules: Any) -> None:
        rules["rules"] = [rule for rule in rules["rules"] if rule["measure"] == "word_count"]

    path = corpora.own("filters/gopher_quality.yaml", change)
    short = corpora.run(ANNOTATE, "1.3.0")
    path.unlink()
    with pytest.raises(SettingsError, match=r"does not store what the rules ask for: alpha_word_share, .*hash_ratio"):
        rejudging(corpora.project, short, ["gopher_quality"])


def test_a_corpus_that_is_not_as_its_manifest_says_is_refused(
    corpora: Corpora, annotated: RunFolder, tmp_path: Path
) -> None:
    manifest = annotated.read_json("manifest.json")
    other = RunFolder(str(tmp_path))
    other.write_json("manifest.json", manifest)
    with pytest.raises(SettingsError, match="is not as the manifest says"):
        rejudging(corpora.project, other, ["gopher_quality"])


def test_steps_that_compared_documents_after_measuring_are_named(corpora: Corpora) -> None:
    folder = corpora.run(ANNOTATE, "1.4.0", {"name": "exact", "kind": "exact_dedup"})
    assert rejudging(corpora.project, folder, ["gopher_quality"]).chosen_after_measuring() == ("exact",)


def test_a_later_step_judges_the_columns_of_an_earlier_one(corpora: Corpora) -> None:
    dropped = corpora.run(DROP, "1.1.0")
    both = corpora.run({**ANNOTATE, "name": "measure"}, "1.5.0", {**DROP, "measures": "columns"})
    assert kept(both) == kept(dropped)
    assert fates(both) == fates(dropped)
    assert "measure_word_count" in pq.read_schema(both.join(both.parts()[0])).names


def test_the_source_of_finished_corpora_keeps_every_column(annotated: RunFolder) -> None:
    from glotmill.io.sharding import freeze_inputs

    spec = CorpusSource(kind="corpus", of="tiny")
    table = pq.read_table(annotated.join("data")).to_pylist()
    files = freeze_inputs(spec, annotated.join("data")).files
    rows_read = [
        row
        for file in files
        for part in spec.split(file, 1)
        for outcome in spec.read(part)
        for row in outcome.batch.rows.to_pylist()
    ]
    assert sorted(rows_read, key=lambda row: row["doc_id"]) == sorted(table, key=lambda row: row["doc_id"])


def command(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["rejudge", *words])
    return done.exit_code, done.stdout


def test_the_command_shows_the_funnel_and_each_language(corpora: Corpora, annotated: RunFolder) -> None:
    code, text = command(annotated.address, "--filters", "gopher_quality", "--project", str(corpora.bench.project))
    assert code == 0
    assert "gopher_quality.too_few_words" in text
    assert all(tag in text for tag in PROSE)
    assert "bounds not proven for" in text


def test_the_command_writes_a_corpus_and_says_so_in_json(
    corpora: Corpora, annotated: RunFolder, tmp_path: Path
) -> None:
    options = ["--filters", "gopher_quality", "--project", str(corpora.bench.project), "--json"]
    code, text = command(annotated.address, *options, "--out", str(tmp_path), "--version", "2.0.0")
    assert code == 0
    result = json.loads(text)
    assert result["in"] == 54
    assert result["written"]["run"] == str(tmp_path / "tiny" / "2.0.0")
    assert result["written"]["kept"] == result["kept"] == sum(row["kept"] for row in result["languages"].values())
    code, text = command(annotated.address, *options, "--why", "nothing")
    assert (code, json.loads(text)) == (1, {"document": "nothing", "fates": []})


def test_the_run_itself_is_never_written_over(corpora: Corpora, annotated: RunFolder) -> None:
    before = digests(annotated)
    options = ["--filters", "gopher_quality", "--project", str(corpora.bench.project), "--restart"]
    done = CliRunner().invoke(
        app, ["rejudge", annotated.address, *options, "--out", str(corpora.out), "--version", "1.0.0"]
    )
    assert isinstance(done.exception, SettingsError)
    assert "another --version" in str(done.exception)
    assert digests(annotated) == before


def test_the_policy_of_the_run_holds_for_what_is_derived_from_it() -> None:
    table = (carried() / "manifests/licenses.yaml").read_text(encoding="utf-8")
    from glotmill.core.hashing import sha256_text

    recipe = {"steps": [{"kind": "permit", "allow": "open-definition"}]}
    manifest = {"files": {"manifests/licenses.yaml": sha256_text(table)}, "recipe": {"steps": []}, "sources": {}}
    row = {
        "license": "CC-BY-NC-4.0",
        "license_state": "verified",
        "license_class": "noncommercial",
        "license_evidence": [{"signal": "site", "spdx": "CC-BY-NC-4.0", "scope": "page"}],
    }
    assert row_check(manifest, table)(row) is None
    assert "does not allow it" in str(row_check({**manifest, "parent": {"recipe": recipe}}, table)(row))
