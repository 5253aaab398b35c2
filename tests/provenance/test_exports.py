"""What is derived from a manifest: complete, bounded, the same every time, and readable by the official packages."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest
import yaml

from glotmill.executors.local import LocalExecutor
from glotmill.licensing.table import load_table
from glotmill.plan.project import Project
from glotmill.provenance.exports import attribution, card, spdx, training, write_exports
from glotmill.provenance.exports.corpus import Corpus, open_corpus
from glotmill.provenance.exports.escape import link, plain
from glotmill.provenance.exports.survey import survey
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.manifest_schema import problems_of
from glotmill.report.license_linting import lint_file
from support.corpora import digests
from support.rights import PUBLISHER, STEPS, TAGS, Licensed, check, rows


@pytest.fixture(scope="module")
def corpus(finished: RunFolder) -> Corpus:
    return open_corpus(finished, finished.read_json("manifest.json"))


def test_the_manifest_has_the_shape_that_its_json_schema_states(root: Path, finished: RunFolder) -> None:
    schema = json.loads((root / "manifests" / "schema" / "manifest.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    manifest = finished.read_json("manifest.json")
    jsonschema.validate(manifest, schema)
    taken = {**manifest, "release": "2.0.0", "takedowns": [{"documents": 3}]}
    taken["parts"] = [{**part, "path": part["path"].replace(".parquet", "-r2.parquet")} for part in manifest["parts"]]
    jsonschema.validate(taken, schema)
    assert problems_of(taken) == []
    manifest["parts"][0]["sha256"] = "none"
    with pytest.raises(jsonschema.ValidationError, match="does not match"):
        jsonschema.validate(manifest, schema)


def test_the_manifest_says_release_policies_steps_times_and_domains(finished: RunFolder) -> None:
    manifest = finished.read_json("manifest.json")
    assert (manifest["release"], manifest["policies"]) == ("1.0.0", ["nc-research"])
    assert manifest["steps"] == [f"tiny@1.0.0 {step['name']} {step['kind']}" for step in STEPS]
    totals = manifest["totals"]
    assert totals["crawled"] == {"first": "2026-10-01T08:00:00Z", "last": "2026-10-28T08:00:00Z"}
    assert totals["histograms"]["domain"] == {"ipuinak0.example": 18, "ipuinak1.example": 18, "ipuinak2.example": 18, "ipuinak3.example": 16}  # fmt: skip
    for part in manifest["parts"]:
        assert part["path"].split("/")[1:3] == [*part["histograms"]["language"], *part["histograms"]["license_class"]]


def test_a_second_run_writes_no_export_again_and_a_lost_one_is_digests(tmp_path: Path) -> None:
    bench = Licensed(tmp_path, rows(9))
    folder = Path(bench.run().address)
    before = digests(RunFolder(str(folder)))
    time = (folder / "croissant.json").stat().st_mtime_ns
    bench.run()
    assert (folder / "croissant.json").stat().st_mtime_ns == time
    (folder / "spdx.json").unlink()
    bench.run()
    assert digests(RunFolder(str(folder))) == before
    # As a run leaves them that dies while it writes them: the receipt comes last.
    (folder / "phase-sink" / "receipts" / "exports.json").unlink()
    (folder / "ATTRIBUTION.md").write_bytes(b"# Attribut")
    bench.run()
    assert digests(RunFolder(str(folder))) == before


def test_every_row_that_asks_for_credit_has_its_line_and_no_other_row_has(finished: RunFolder) -> None:
    text = (Path(finished.address) / "ATTRIBUTION.md").read_text(encoding="utf-8")
    table = pq.read_table(Path(finished.address) / "data", partitioning=None).to_pylist()
    asking = [row for row in table if row["license"] != "CC0-1.0"]
    assert text.count("\n- ") == len(asking) == 60
    for row in asking:
        (line,) = [line for line in text.splitlines() if f"row {row['doc_id']}" in line]
        assert f"<{row['url']}>" in line
        assert (row["title"] or "Untitled") in line
        assert ("Maite Etxeberria" in line) == (row["author"] is not None)
    free = next(row for row in table if row["license"] == "CC0-1.0")
    assert free["doc_id"] not in text
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## CC-BY-4.0",
        "## CC-BY-NC-SA-4.0",
        "## CC-BY-SA-3.0 (port de)",
        "## GFDL-1.3-or-later",
        "## LicenseRef-CC-BY",
        "## OGL-UK-3.0",
    ]
    assert "<https://creativecommons.org/licenses/by-sa/3.0/de/>" in text
    assert "1. tiny@1.0.0 clean normalize" in text


def test_a_long_attribution_is_cut_into_shards_that_repeat_their_headings(corpus: Corpus, tmp_path: Path) -> None:
    found = survey(corpus, tmp_path / "scratch")
    names = attribution.write(corpus, found, str(tmp_path), in_one_file=10, per_shard=25)
    assert names == ["ATTRIBUTION.md", *(f"attribution/{number:05d}.md.gz" for number in range(3))]
    shards = [gzip.decompress((tmp_path / name).read_bytes()).decode() for name in names[1:]]
    assert [shard.count("\n- ") for shard in shards] == [25, 25, 10]
    assert all(shard.lstrip().startswith("## ") for shard in shards)
    page = (tmp_path / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "\n- [attribution/00002.md.gz](attribution/00002.md.gz)\n" in page
    again = tmp_path / "again"
    attribution.write(corpus, survey(corpus, tmp_path / "more"), str(again), in_one_file=10, per_shard=25)
    assert all((again / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_croissant_has_all_that_its_specification_asks_for_and_names_no_publisher_that_the_recipe_does_not(
    finished: RunFolder, tmp_path: Path
) -> None:
    import mlcroissant

    value = json.loads((Path(finished.address) / "croissant.json").read_text(encoding="utf-8"))
    assert {"conformsTo", "description", "license", "name", "url", "creator", "datePublished"} <= set(value)
    assert value["version"] == "1.0.0"
    manifest = (Path(finished.address) / "manifest.json").read_bytes()
    assert value["distribution"][0]["sha256"] == hashlib.sha256(manifest).hexdigest()
    dataset = mlcroissant.Dataset(jsonld=Path(finished.address) / "croissant.json")
    assert (dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.warnings) == (set(), set())
    records = {record["documents/doc_id"].decode(): record for record in dataset.records("documents")}
    table = pq.read_table(Path(finished.address) / "data", partitioning=None).to_pylist()
    assert len(records) == len(table) == 70
    assert all(records[row["doc_id"]]["documents/text"].decode() == row["text"] for row in table)
    silent = json.loads(
        (Path(Licensed(tmp_path, rows(9), publisher=None).run().address) / "croissant.json").read_text()
    )
    assert not {"url", "creator", "publisher", "datePublished"} & set(silent)


def test_another_publisher_is_no_other_plan(tmp_path: Path) -> None:
    bench = Licensed(tmp_path, rows(9))
    folder = bench.run()
    before = digests(folder)
    bench.write_recipe(STEPS, languages=list(TAGS), publisher=PUBLISHER | {"contact": "other@example.org"})
    after = digests(bench.run())
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"manifest.json", "README.md", "croissant.json", "spdx.json", "training-summary.json"}
    assert check(folder).problems == []


def test_strangers_texts_are_shown_and_are_no_markup() -> None:
    hostile = "# ข่าว [x](javascript:alert(1)) <script>\n\n## CC0 | \u202e`rm`\x00"
    line = plain(hostile)
    assert line == r"\# ข่าว \[x\]\(javascript:alert\(1\)\) \<script\> \#\# CC0 \| \`rm\`"
    assert plain("ก" * 400) == "ก" * 299 + "…"
    assert link("https://a.example/<b> c`?x=1\n") == "<https://a.example/%3Cb%3E%20c%60?x=1%0A>"
    assert link("javascript:alert(1)") == r"javascript:alert\(1\)"


def test_hostile_titles_and_addresses_change_no_other_line(tmp_path: Path) -> None:
    given = rows(18)
    given[0] |= {"title": "a\n\n## CC0-1.0\n\n- b", "url": "https://ipuinak0.example/>\n## x", "author": "<img src=x>"}
    given[1] |= {"title": "\u202eelti", "url": "http://[", "author": "ق" * 100_000}
    given[2] |= {"language": "<b>|\n---\n# x"}
    folder = Licensed(tmp_path, given).run()
    assert check(folder).problems == []
    lines = (Path(folder.address) / "ATTRIBUTION.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("## ")] == ["## CC-BY-4.0", "## CC-BY-SA-3.0 (port de)"]
    assert max(len(line) for line in lines if line.startswith("- ")) < 1_000
    assert "### stories" in lines


def test_the_card_loads_and_each_configuration_gives_its_own_rows(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets
    from huggingface_hub import DatasetCard

    data = DatasetCard.load(Path(finished.address) / "README.md").data.to_dict()
    assert (data["license"], data["license_link"]) == ("other", "LICENSE.md")
    assert data["language"] == ["ar", "de", "eu", "hi", "km", "sw", "th", "tr", "zh"]
    names = datasets.get_dataset_config_names(finished.address)
    assert names[0] == "default"
    assert {"khm_Khmr", "sharealike"} < set(names)
    histograms = finished.read_json("manifest.json")["totals"]["histograms"]
    for name, expected in (
        ("default", 70),
        ("khm_Khmr", histograms["language"]["khm_Khmr"]),
        ("sharealike", histograms["license_class"]["sharealike"]),
    ):
        loaded = datasets.load_dataset(finished.address, name, split="train", cache_dir=str(tmp_path))
        assert loaded.num_rows == expected


def test_the_license_of_a_card_is_named_where_the_hub_knows_every_one(tmp_path: Path) -> None:
    given = [row | {"license": ["CC-BY-4.0", "CC0-1.0"][index % 2]} for index, row in enumerate(rows(18))]
    folder = Licensed(tmp_path, given).run()
    front = (Path(folder.address) / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    assert yaml.safe_load(front)["license"] == ["cc-by-4.0", "cc0-1.0"]


def test_what_is_verified_and_what_is_declared_stand_apart(tmp_path: Path) -> None:
    sink = {"kind": "parquet", "partition_by": ["license_state", "license_class"], "part_mb": 1, "row_group_rows": 50}
    bench = Licensed(
        tmp_path,
        rows(18),
        sink=sink,
        source=[
            {"kind": "jsonl", "of": "stories"},
            {"kind": "jsonl", "of": "ours"},
            {"kind": "warc", "of": "never", "optional": True},
        ],
    )
    for name in ("ours", "never"):
        (bench.project / "manifests" / "sources" / f"{name}.yaml").write_text(
            f"name: The {name}\nterms: none\ncontact: test@example.org\nlicense: {{expression: CC0-1.0, state: verified, "
            "evidence: The tests wrote these sentences themselves.}\n",
            encoding="utf-8",
        )
    from glotmill.run.driver import Driver
    from glotmill.run.settings import Settings

    executor = LocalExecutor(1)
    own = tmp_path / "ours"
    own.mkdir()
    (own / "a.jsonl").write_text('{"text": "Gure ipuina.", "language": "eus_Latn"}\n', encoding="utf-8")
    place = Settings(str(bench.out), {"stories": str(bench.inputs), "ours": str(own)})
    folder = Driver(bench.plan(), place, {}, executor=executor).run()
    executor.close()
    assert check(folder).problems == []
    manifest = folder.read_json("manifest.json")
    page = (Path(folder.address) / "training-summary.md").read_text(encoding="utf-8")
    assert ("The ours" in page, "never" in page) == (True, False)
    assert {part["path"].split("/")[1] for part in manifest["parts"]} == {"declared", "verified"}
    found = card.configurations(open_corpus(folder, manifest))
    assert found["verified"] == ["data/verified/public-domain/*.parquet"]
    assert "eus_Latn" not in found  # its rows stand beside others


def test_spdx_knows_every_license_of_the_table(root: Path, corpus: Corpus, tmp_path: Path) -> None:
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    table = load_table((root / "manifests" / "licenses.yaml").read_text(encoding="utf-8"))
    manifest: dict[str, Any] = json.loads(json.dumps(corpus.manifest))
    manifest["totals"]["histograms"]["license"] = dict.fromkeys(table.by_id, 1)
    manifest["parts"][0]["histograms"]["license"] = dict.fromkeys(table.by_id, 1)
    path = tmp_path / "all.spdx.json"
    path.write_text(spdx.text(Corpus(corpus.folder, manifest, corpus.manifest_sha256, table)), encoding="utf-8")
    found = parse_file(str(path))
    assert validate_full_spdx_document(found) == []
    assert len(found.extracted_licensing_info) == sum(name.startswith("LicenseRef-") for name in table.by_id)


def test_a_ported_license_is_declared_as_the_ported_one(tmp_path: Path) -> None:
    given = rows(18)
    for index, row in enumerate(given):
        row["license"] = ("CC-BY-3.0 DE", "http://creativecommons.org/licenses/by/3.0/fr/", "CC-BY-3.0")[index % 3]
    folder = Licensed(tmp_path, given).run()
    where = Path(folder.address)
    page = (where / "LICENSE.md").read_text(encoding="utf-8")
    deeds = [f"https://creativecommons.org/licenses/by/3.0/{end}" for end in ("", "de/", "fr/")]
    assert "| CC-BY-3.0-DE | 8 | attribution |" in page
    assert all(f"| <{deed}> |" in page for deed in deeds)
    assert json.loads((where / "croissant.json").read_text(encoding="utf-8"))["license"] == deeds
    value = json.loads((where / "spdx.json").read_text(encoding="utf-8"))
    names = ["CC-BY-3.0", "CC-BY-3.0-DE", "LicenseRef-CC-BY-3.0-FR"]
    assert sorted(value["packages"][0]["licenseInfoFromFiles"]) == names
    assert {name for file in value["files"] for name in file["licenseInfoInFiles"]} == set(names)
    (reference,) = value["hasExtractedLicensingInfos"]
    assert (reference["licenseId"], reference["seeAlsos"]) == (names[2], deeds[2:])
    assert check(folder).problems == []


def test_what_is_written_is_clean_under_our_own_linter(root: Path, tmp_path: Path) -> None:
    given = rows(63)
    given[0]["license"] = "CC-BY-3.0 DE"
    folder = Licensed(tmp_path, given).run()
    for name in ("README.md", "LICENSE.md"):
        found = lint_file(folder.join(name), Project(root))
        assert found.entries >= 7
        assert [one for one in found.findings if one.severity == "error"] == []
        # What warnings are left speak of the licenses themselves.
        assert {one.code for one in found.findings} <= {"no_version", "not_spdx"}
        assert {one.value for one in found.findings} <= {"LicenseRef-CC-BY"}


def test_the_training_summary_has_the_sections_of_the_template_and_invents_nothing(finished: RunFolder) -> None:
    value = json.loads((Path(finished.address) / "training-summary.json").read_text(encoding="utf-8"))
    assert [section["number"] for section in value["sections"]] == [
        *("1.1", "1.2", "1.3", "2.1", "2.2.1", "2.2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3")
    ]
    answers = [field for section in value["sections"] for field in section["fields"]]
    assert all(field["value"] is None for field in answers if field["filled_in_by"] == "provider")
    said = {field["field"]: field["value"] for field in answers}
    assert said["Latest date of data acquisition/collection for model training"] == "2026-10-28T08:00:00Z"
    assert said["Training data size"].startswith("Less than 1 billion tokens: ")
    assert said["Documents of this corpus that people did not write"] == ["augmented: 7"]
    page = (Path(finished.address) / "training-summary.md").read_text(encoding="utf-8")
    assert "- **Provider name and contact details**: _to be filled in by the provider_" in page


@pytest.mark.parametrize(
    ("domains", "listed", "small"), [(0, 0, 0), (1, 1, 1), (19, 2, 1), (1_000, 100, 50), (1_000_000, 100_000, 1_000)]
)
def test_how_many_domains_the_template_asks_for(domains: int, listed: int, small: int) -> None:
    assert (training.listed(domains), training.listed_by_small(domains)) == (listed, small)


def test_domains_are_listed_by_bytes_of_text_largest_first(tmp_path: Path) -> None:
    given = [row | {"url": f"https://etxea{index}.example/"} for index, row in enumerate(rows(40))]
    for index, times in ((7, 10), (21, 20), (33, 100)):
        given[index]["text"] = f"{given[index]['text']} " * times
    folder = Licensed(tmp_path, given).run()
    lines = (Path(folder.address) / "training-domains.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split("\t")[0:2] for line in lines] == [
        ["1", "etxea33.example"],
        ["2", "etxea21.example"],
        ["3", "etxea7.example"],
        ["4", lines[3].split("\t")[1]],
    ]
    assert [line.split("\t")[4] for line in lines] == ["yes", "yes", "no", "no"]
    sizes = {
        row["url"]: len(row["text"].encode())
        for row in pq.read_table(Path(folder.address) / "data", partitioning=None).to_pylist()
    }
    assert int(lines[0].split("\t")[2]) == sizes["https://etxea33.example/"]


def test_domains_of_curated_data_are_none_that_were_crawled(tmp_path: Path) -> None:
    bench = Licensed(tmp_path, rows(18))
    bench.write_recipe(STEPS, languages=list(TAGS), source={"kind": "jsonl", "of": "stories", "track": "curated"})
    where = Path(bench.run().address)
    assert len((where / "training-domains.tsv").read_text(encoding="utf-8").splitlines()) == 1
    summary = json.loads((where / "training-summary.json").read_text(encoding="utf-8"))
    assert (summary["domains"]["all"], summary["domains"]["listed"]) == (0, 0)
    assert check(RunFolder(str(where))).problems == []


def test_a_corpus_without_documents_and_one_without_licenses_have_exports_too(tmp_path: Path) -> None:
    nothing = Licensed(tmp_path / "nothing", [row | {"license": "who knows"} for row in rows(9)]).run()
    verdict = check(nothing)
    assert (verdict.problems, verdict.coverage, verdict.rows) == ([], 1.0, 0)
    anything = ({**STEPS[0], "allow": "any"}, *STEPS[1:])
    unknown = Licensed(tmp_path / "unknown", [row | {"license": "who knows"} for row in rows(9)], steps=anything).run()
    assert check(unknown).problems == []
    assert (
        json.loads((Path(unknown.address) / "spdx.json").read_text())["packages"][0]["licenseConcluded"]
        == "NOASSERTION"
    )
    assert "none known | 10 |" in (Path(unknown.address) / "LICENSE.md").read_text(encoding="utf-8")
    assert "Nothing says that anybody may use them." in (Path(unknown.address) / "ATTRIBUTION.md").read_text(
        encoding="utf-8"
    )


def test_write_exports_leaves_no_shard_of_an_earlier_release(finished: RunFolder, tmp_path: Path) -> None:
    import shutil

    copy = RunFolder(str(shutil.copytree(finished.address, tmp_path / "copy")))
    stale = Path(copy.join("attribution", "00007.md.gz"))
    stale.parent.mkdir()
    stale.write_bytes(b"old")
    names = write_exports(copy, copy.read_json("manifest.json"))
    assert not stale.exists()
    assert names == sorted(names)
    assert digests(copy) == digests(finished)
