"""Verification: whatever is changed in a finished corpus is named, with part and row."""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from glotmill.provenance.folder import RunFolder
from glotmill.provenance.parts import (
    DATA,
    DIGEST,
    footer_digest,
    origin_of,
    problems_of_footer,
    read_footer,
    read_part,
    write_part,
)
from glotmill.provenance.receipts import FileRecord, read_receipt, write_receipt
from glotmill.provenance.rights import row_check
from glotmill.provenance.validators import VALIDATORS
from glotmill.provenance.verify import verify
from glotmill.provenance.verify_exports import _difference
from support.rights import Copy, Licensed, check, rows

EXPORTS = (
    "ATTRIBUTION.md",
    "LICENSE.md",
    "README.md",
    "croissant.json",
    "spdx.json",
    "training-domains.tsv",
    "training-summary.json",
    "training-summary.md",
)


@pytest.fixture
def copy(finished: RunFolder, tmp_path: Path) -> Copy:
    return Copy(finished, tmp_path)


def test_a_finished_corpus_holds_every_row_is_checked_and_every_official_validator_passes(finished: RunFolder) -> None:
    verdict = check(finished, VALIDATORS)
    assert verdict.problems == []
    assert (verdict.holds, verdict.coverage, verdict.rows) == (True, 1.0, 70)
    assert tuple(verdict.exports) == EXPORTS
    assert verdict.validators == {"mlcroissant": "passed", "spdx-tools": "passed", "huggingface_hub": "passed"}


def test_a_flipped_byte_in_a_part_is_named_by_the_manifest_and_by_the_parts_own_footer(copy: Copy) -> None:
    path = copy.part_with(language="tha_Thai", license_class="attribution")
    data = bytearray((copy.path / path).read_bytes())
    data[300] ^= 1
    (copy.path / path).write_bytes(data)
    problems = copy.problems()
    assert any(problem.startswith(f"{path}: sha256 ") for problem in problems)
    assert f"{path}: the rows are not those that the footer was written for" in problems
    assert {problem.partition(": ")[0] for problem in problems if "/part-" in problem} == {path}


def test_a_footer_alone_proves_its_part(copy: Copy) -> None:
    path = copy.path / copy.part_with(language="khm_Khmr", license_class="sharealike")
    footer = read_footer(pq.ParquetFile(path))
    assert json.loads(footer["glotmill.licenses"]) == ["CC-BY-SA-3.0", "GFDL-1.3-or-later"]
    assert json.loads(footer["glotmill.license_classes"]) == ["sharealike"]
    assert json.loads(footer["glotmill.license_states"]) == ["declared"]
    assert json.loads(footer["glotmill.policies"]) == ["nc-research"]
    assert json.loads(footer["glotmill.steps"])[0] == "tiny@1.0.0 rights permit"
    assert problems_of_footer(footer, read_part(str(path))) == []
    freer = {**footer, "glotmill.license_classes": '["public-domain"]'}
    assert problems_of_footer(freer, read_part(str(path))) == ["the footer's digest is not that of its statements"]
    forged = {**freer, DATA: "0" * 64}
    forged[DIGEST] = footer_digest(forged)
    assert problems_of_footer(forged, read_part(str(path))) == [
        "the rows are not those that the footer was written for"
    ]


def test_a_part_written_again_by_its_own_footer_is_the_same_bytes(copy: Copy) -> None:
    path = copy.part_with(language="cmn_Hani", license_class="attribution")
    before = (copy.path / path).read_bytes()
    file = pq.ParquetFile(copy.path / path)
    schema = file.schema_arrow.remove_metadata()
    batches = [batch.replace_schema_metadata(None) for batch in file.iter_batches(3)]
    origin = origin_of(read_footer(file))
    file.close()
    write_part(str(copy.path), path, batches, schema, row_group_rows=50, origin=origin)
    assert (copy.path / path).read_bytes() == before


def test_two_parts_in_each_others_place_are_both_named(copy: Copy) -> None:
    first = copy.part_with(language="arb_Arab", license_class="attribution")
    second = copy.part_with(language="arb_Arab", license_class="noncommercial")
    a, b = copy.path / first, copy.path / second
    one, two = a.read_bytes(), b.read_bytes()
    a.write_bytes(two)
    b.write_bytes(one)
    problems = copy.problems()
    assert any(problem.startswith(f"{first}: sha256") for problem in problems)
    assert any(problem.startswith(f"{second}: sha256") for problem in problems)
    assert any(problem.startswith(f"{first}: row 1 ") and "does not belong" in problem for problem in problems)


def test_parts_swapped_together_with_their_digests_are_named_by_their_rows(copy: Copy) -> None:
    first = copy.part_with(language="arb_Arab", license_class="attribution")
    second = copy.part_with(language="arb_Arab", license_class="noncommercial")
    a, b = copy.path / first, copy.path / second
    one, two = a.read_bytes(), b.read_bytes()
    a.write_bytes(two)
    b.write_bytes(one)

    def swap(manifest: dict[str, Any]) -> None:
        for part in manifest["parts"]:
            part["path"] = {first: second, second: first}.get(part["path"], part["path"])

    copy.edit_manifest(swap)
    problems = copy.problems()
    assert not any("sha256" in problem for problem in problems if "/part-" in problem)
    assert any(problem.startswith(f"{first}: row 1 ") and "does not belong" in problem for problem in problems)


COUNTS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "documents": (lambda m: m["parts"][0].update(documents=99), "documents"),
    "tokens": (lambda m: m["parts"][0].update(tokens=99), "tokens"),
    "digest": (lambda m: m["parts"][0].update(digest="0" * 64), "digest"),
    "sha1": (lambda m: m["parts"][0].update(sha1="0" * 40), "sha1"),
    "crawled": (lambda m: m["parts"][0]["crawled"].update(last="2030-01-01T00:00:00Z"), "crawled"),
    "histogram": (lambda m: m["parts"][0]["histograms"]["license"].update({"CC0-1.0": 9}), "9"),
    "class": (lambda m: m["parts"][0]["histograms"].update(license_class={"public-domain": 3}), "license_class"),
    "domain": (lambda m: m["parts"][0]["histograms"]["domain"].update({"el.example": 1}), "el.example"),
    "steps": (lambda m: m["parts"][0].update(steps=[]), "steps"),
}


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_an_edited_number_of_a_part_is_named_with_its_part(copy: Copy, name: str) -> None:
    change, word = COUNTS[name]
    copy.edit_manifest(change)
    path = copy.manifest["parts"][0]["path"]
    assert any(problem.startswith(f"{path}: ") and word in problem for problem in copy.problems())


STATEMENTS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "totals": (lambda m: m["totals"].update(tokens=1), "manifest.json: tokens of the parts do not add up"),
    "account": (lambda m: m["account"].update(read=1), "manifest.json: the account does not balance"),
    "policies": (lambda m: m.update(policies=["pd"]), "manifest.json: policies"),
    "recipe": (lambda m: m["recipe"]["steps"][0].update(allow="any"), "manifest.json: recipe is not what plan.json"),
    "fingerprint": (lambda m: m.update(fingerprint="0"), "manifest.json: the fingerprint is not what plan.json"),
    "release": (lambda m: m.update(release="2.0.0"), "croissant.json: line"),
    "terms": (lambda m: m["sources"]["stories"].update(terms="Do as you like."), "README.md: line"),
    "no release": (lambda m: m.pop("release"), "manifest.json: release"),
    "unknown field": (lambda m: m.update(approved=True), "manifest.json: approved"),
    "no steps": (lambda m: m["recipe"].pop("steps"), "manifest.json: recipe.steps"),
    "text for number": (lambda m: m["totals"].update(tokens="12"), "manifest.json: totals.tokens"),
    "other format": (lambda m: m.update(format="glotmill-manifest/1"), "manifest.json: format"),
    "path": (lambda m: m["parts"][0].update(path="../../secret.parquet"), "manifest.json: parts.0.path"),
    "twice": (lambda m: m["parts"].append(m["parts"][0]), "2 times"),
}


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_an_edited_statement_of_the_manifest_is_named(copy: Copy, name: str) -> None:
    change, problem = STATEMENTS[name]
    copy.edit_manifest(change)
    assert any(problem in found for found in copy.problems()), copy.problems()


@pytest.mark.parametrize("text", ["[]", "{}", "null", '{"format": "glotmill-manifest/2"}'])
def test_a_manifest_that_is_none_checks_no_row(copy: Copy, text: str) -> None:
    (copy.path / "manifest.json").write_text(text, encoding="utf-8")
    verdict = check(copy.folder)
    assert verdict.problems[0].startswith("manifest.json: ")
    assert (verdict.holds, verdict.coverage) == (False, 0.0)


@pytest.mark.parametrize("text", ["[]", "{}", '{"components": {}, "fingerprints": [], "phases": ["../../elsewhere"]}'])
def test_a_plan_that_is_none_is_named(copy: Copy, text: str) -> None:
    (copy.path / "plan.json").write_text(text, encoding="utf-8")
    assert copy.problems() == ["plan.json: not the plan of a run"]


def test_a_ledger_that_somebody_changed_or_took_away_is_named(tmp_path: Path) -> None:
    given = [row | {"license": "CC-BY-ND-4.0"} if index % 3 else row for index, row in enumerate(rows(27))]
    bench = Licensed(tmp_path, [])
    bench.write_inputs(given, per_file=9)
    copy = Copy(bench.run(), tmp_path)
    assert copy.manifest["account"]["dropped"] > 0
    one, other, third = sorted((copy.path / "phase-0" / "ledger").glob("*.parquet"))[:3]
    one.unlink()
    other.write_bytes(other.read_bytes()[:-40])
    table = pq.read_table(third)
    pq.write_table(table.set_column(table.schema.get_field_index("detail"), "detail", table["url"]), third)
    problems = copy.problems()
    assert f"phase-0/ledger/{one.name}: missing" in problems
    assert any(problem.startswith(f"phase-0/ledger/{other.name}: not readable as Parquet") for problem in problems)
    assert f"phase-0/ledger/{third.name}: not the file that its receipt names" in problems
    assert any("rows dropped, the manifest says" in problem for problem in problems)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_changed_export_is_named_with_its_line(copy: Copy, name: str) -> None:
    path = copy.path / name
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[-2] = lines[-2].rstrip("\n") + " \n"
    path.write_text("".join(lines), encoding="utf-8")
    assert [problem.partition(" is ")[0] for problem in copy.problems()] == [f"{name}: line {len(lines) - 1}"]


def test_a_line_taken_out_of_the_attribution_is_named(copy: Copy) -> None:
    path = copy.path / "ATTRIBUTION.md"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    number = next(index for index, line in enumerate(lines) if "Maite Etxeberria" in line)
    path.write_text("".join(lines[:number] + lines[number + 1 :]), encoding="utf-8")
    (problem,) = copy.problems()
    assert problem.startswith(f"ATTRIBUTION.md: line {number + 1} is ")
    assert "Maite" in problem


def test_exports_that_are_cut_endless_or_no_text_are_named(copy: Copy) -> None:
    card = (copy.path / "README.md").read_bytes()
    (copy.path / "README.md").write_bytes(card[:-9])
    (copy.path / "LICENSE.md").write_bytes(b"x" * 5_000_000)
    (copy.path / "spdx.json").write_bytes(bytes(range(256)))
    found = {problem.partition(" is ")[0] for problem in copy.problems()}
    last = card.count(b"\n")
    assert found == {f"README.md: line {last}", "LICENSE.md: line 1", "spdx.json: line 1"}


def test_what_another_version_wrote_has_to_be_as_its_receipt_says(copy: Copy) -> None:
    card, receipt = copy.path / "README.md", copy.path / "phase-sink" / "receipts" / "exports.json"
    card.write_text(card.read_text(encoding="utf-8") + "\nIn the words of an earlier version.\n", encoding="utf-8")
    again = read_receipt(str(receipt.parent), "exports")
    assert again is not None
    digest = hashlib.sha256(card.read_bytes()).hexdigest()
    record = FileRecord("README.md", card.stat().st_size, f"sha256:{digest}")
    write_receipt(str(receipt.parent), replace(again, files={**again.files, "README.md": record}))
    other = verify(copy.folder, check_row=lambda row: None, code="another")
    assert (other.problems, len(other.remarks)) == ([], 1)
    assert other.remarks[0].startswith("README.md: as the version that wrote it left it")
    assert copy.problems()[0].startswith("README.md: line ")
    card.write_text("In nobody's words.\n", encoding="utf-8")
    changed = verify(copy.folder, check_row=lambda row: None, code="another").problems
    assert [problem.partition(" is ")[0] for problem in changed] == ["README.md: line 1"]


def test_a_missing_export_and_a_shard_that_nobody_wrote_are_named(copy: Copy) -> None:
    (copy.path / "spdx.json").unlink()
    (copy.path / "attribution").mkdir()
    (copy.path / "attribution" / "00000.md.gz").write_bytes(b"")
    assert set(copy.problems()) == {
        "spdx.json: missing",
        "attribution/00000.md.gz: the manifest gives no such file",
    }


def test_a_validator_is_not_asked_about_a_file_that_is_wrong_already(copy: Copy) -> None:
    (copy.path / "croissant.json").write_text("{", encoding="utf-8")
    verdict = check(copy.folder, VALIDATORS)
    assert verdict.validators["mlcroissant"] == "not asked: croissant.json is not what the manifest gives"
    assert verdict.validators["spdx-tools"] == "passed"


def change_license(found: list[dict[str, Any]]) -> None:
    found[1]["license"] = "CC-BY-SA-4.0"


def change_state(found: list[dict[str, Any]]) -> None:
    found[1]["license_state"] = "verified"


def take_evidence(found: list[dict[str, Any]]) -> None:
    found[1]["license_evidence"] = []


def only_mention(found: list[dict[str, Any]]) -> None:
    for one in found[1]["license_evidence"]:
        one["signal"] = "body-link"


def only_of_a_part(found: list[dict[str, Any]]) -> None:
    for one in found[1]["license_evidence"]:
        one.update(signal="rel-license", scope="part")


def verify_another(found: list[dict[str, Any]]) -> None:
    found[1]["license_state"] = "verified"
    found[1]["license_evidence"].append({**found[1]["license_evidence"][0], "signal": "site-review", "spdx": "CC0-1.0"})


def forbid(found: list[dict[str, Any]]) -> None:
    found[1]["license_state"] = "weak"


def change_text(found: list[dict[str, Any]]) -> None:
    found[1]["text"] = "ข้อความอื่น"


ROWS = {
    "license": (change_license, "CC-BY-SA-4.0: no evidence names CC-BY-SA-4.0"),
    "state": (change_state, "is verified, and no evidence says by whom"),
    "evidence": (take_evidence, "without evidence"),
    "mention": (only_mention, "is declared, and no evidence declares it"),
    "part": (only_of_a_part, "is declared, and no evidence declares it"),
    "another": (verify_another, "is verified, and no evidence says by whom"),
    "policy": (forbid, "policy nc-research does not allow it"),
    "text": (change_text, "the text does not have its content_hash"),
}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_changed_together_with_footer_digests_totals_and_exports_is_named(copy: Copy, name: str) -> None:
    change, problem = ROWS[name]
    path = copy.part_with(language="tha_Thai", license_class="sharealike")
    copy.rewrite(path, change)
    problems = copy.problems()
    assert len(problems) == 1
    assert problems[0].startswith(f"{path}: row 2 (")
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("policy", "takedowns", "named"),
    [
        ("strictest", [], True),
        ("as-of-fetch", [{"why": "takedown"}], True),
        ("record-only", [], False),
        ("strictest", [{"why": "reconsent"}], False),  # somebody may have chosen to write down what owners say since
    ],
)
def test_a_row_that_is_denied_is_named_where_the_recipe_drops_such(
    finished: RunFolder, policy: str, takedowns: list[dict[str, str]], *, named: bool
) -> None:
    manifest = finished.read_json("manifest.json")
    steps = [{**step, "consent": policy} if step["kind"] == "permit" else step for step in manifest["recipe"]["steps"]]
    manifest |= {"recipe": {**manifest["recipe"], "steps": steps}, "takedowns": takedowns}
    check_row = row_check(manifest, finished.license_table())
    table = pq.read_table(finished.join(finished.parts()[0]))
    row = next(one for one in table.to_pylist() if not one["parent_ids"])
    assert check_row(row) is None
    said = check_row({**row, "consent": "train-ai=denied by tdmrep"})
    assert (said is not None and "its owner denies training" in said) == named


def test_a_rewritten_part_that_changes_nothing_holds(copy: Copy) -> None:
    copy.rewrite(copy.part_with(language="hin_Deva", license_class="attribution"), lambda found: None)
    assert check(copy.folder).problems == []


def test_a_derived_row_without_its_parent_is_named(copy: Copy) -> None:
    def lose(found: list[dict[str, Any]]) -> None:
        derived = next(row for row in found if row["origin"] == "augmented")
        derived["parent_ids"] = ["0" * 32]

    path = copy.part_with(language="eus_Latn", license_class="noncommercial")
    copy.rewrite(path, lose)
    problems = copy.problems()
    assert [problem.partition(": its parent ")[0].partition(" (")[0] for problem in problems] == [f"{path}: row 2"]
    assert problems[0].endswith(f"its parent {'0' * 32} is in neither the corpus nor the ledger")


def test_a_derived_row_that_is_freer_than_its_parent_is_named(copy: Copy) -> None:
    free = copy.part_with(language="eus_Latn", license_class="public-domain")
    bound = copy.part_with(language="eus_Latn", license_class="noncommercial")
    parent = pq.read_table(copy.path / bound, columns=["doc_id"]).column(0)[0].as_py()

    def steal(found: list[dict[str, Any]]) -> None:
        next(row for row in found if row["origin"] == "augmented")["parent_ids"] = [parent]

    copy.rewrite(free, steal)
    (problem,) = copy.problems()
    assert problem.endswith(f"class public-domain is freer than class noncommercial of its parent {parent}")


def test_a_part_that_cannot_be_read_lowers_the_coverage_and_others_are_still_checked(copy: Copy) -> None:
    first = copy.part_with(language="tur_Latn", license_class="attribution")
    other = copy.part_with(language="tur_Latn", license_class="sharealike")
    (copy.path / first).write_bytes(b"PAR1 nothing of it PAR1")
    (copy.path / other).unlink()
    verdict = check(copy.folder)
    lost = sum(part["documents"] for part in copy.manifest["parts"] if part["path"] in (first, other))
    assert verdict.coverage == pytest.approx((70 - lost) / 70)
    assert any(problem.startswith(f"{first}: not readable as Parquet") for problem in verdict.problems)
    assert f"{other}: missing" in verdict.problems
    assert verdict.exports == []
    assert "was not compared" in verdict.remarks[0]


def test_a_file_of_the_run_that_somebody_changed_is_named(copy: Copy) -> None:
    table = copy.path / "project" / "manifests" / "licenses.yaml"
    table.write_text(table.read_text(encoding="utf-8") + "# free for all\n", encoding="utf-8")
    (copy.path / "project" / "manifests" / "sources" / "stories.yaml").unlink()
    problems = copy.problems()
    assert "project/manifests/licenses.yaml: not the file that the manifest names" in problems
    assert "project/manifests/sources/stories.yaml: missing" in problems


def test_a_part_that_nobody_listed_is_named(copy: Copy) -> None:
    path = copy.manifest["parts"][0]["path"]
    extra = path.replace("part-00000", "part-00001")
    (copy.path / extra).write_bytes((copy.path / path).read_bytes())
    assert f"{extra}: stands in the corpus and not in the manifest" in copy.problems()


def test_packed_exports_are_compared_by_what_is_in_them(tmp_path: Path) -> None:
    lines = "".join(f"- ตลาดเช้า {number}\n" for number in range(20_000)).encode()
    (tmp_path / "one.md.gz").write_bytes(gzip.compress(lines, 9, mtime=0))
    (tmp_path / "same.md.gz").write_bytes(gzip.compress(lines, 1, mtime=7))
    (tmp_path / "other.md.gz").write_bytes(gzip.compress(lines.replace(b" 15000\n", b" 15001\n"), 9, mtime=0))
    whole = (tmp_path / "one.md.gz").read_bytes()
    (tmp_path / "cut.md.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "no.md.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\xff" * 40)
    said = {
        name: _difference(str(tmp_path / f"{name}.md.gz"), str(tmp_path / "one.md.gz"))
        for name in ("same", "other", "cut", "no")
    }
    assert said["same"] is None
    assert said["other"] == "line 15001 is '- ตลาดเช้า 15001', the manifest gives '- ตลาดเช้า 15000'"
    assert str(said["cut"]).startswith("not readable: ")
    assert str(said["no"]).startswith("not readable: ")


def test_other_code_of_a_step_from_another_package_than_the_plan_names_is_told(copy: Copy) -> None:
    assert copy.manifest["packages"].keys() == {"echo", "tongue"}
    copy.edit_manifest(lambda manifest: manifest["packages"].update(tongue="0" * 16))
    assert "manifest.json: packages is not what plan.json says" in copy.problems()
