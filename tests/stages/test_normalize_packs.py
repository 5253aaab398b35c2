"""`normalize` with packs: by script on every row, by language where the row and its file say so."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import glotmill
from glotmill.cli.app import app
from glotmill.core.errors import RecipeError
from glotmill.core.hashing import content_hash
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.plan.fingerprint import code_digest, components
from glotmill.plan.project import Project, carried
from glotmill.plan.resolve import resolve
from glotmill.stages.normalize import NormalizeSpec
from glotmill.text.spelling.files import SCRIPTS_FILE
from support.corpora import Bench
from support.kinds import ClaimSpec

ROOT = Path(__file__).resolve().parents[2]
FILES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (ROOT / "filters").rglob("*.yaml")}
LANGUAGES = ("pes_Arab", "tur_Latn", "hin_Deva", "zul_Latn")  # Zulu has no file
PERSIAN = "كتـــاب می\u200c\u200cخوانم"


def spec(packs: str) -> NormalizeSpec:
    return NormalizeSpec.model_validate({"name": "clean", "kind": "normalize", "packs": packs})


def texts(packs: str, *rows: tuple[str | None, str], files: dict[str, str] = FILES) -> list[str]:
    columns = {"text": pa.array([text for _, text in rows], pa.string())}
    if packs == "language":
        columns["language"] = pa.array([language for language, _ in rows], pa.string())
    step = spec(packs).build(Resources(Scope(LANGUAGES, ("web",)), files))
    outcome = step(Batch(pa.record_batch(columns)))
    found = outcome.batch.column("text").to_pylist()
    assert outcome.batch.column("content_hash").to_pylist() == [content_hash(text) for text in found]
    return found


def test_without_packs_spelling_stays() -> None:
    assert texts("none", (None, PERSIAN), (None, "เเม่ i\u0307yi")) == [PERSIAN, "เเม่ i\u0307yi"]
    assert spec("none").files(Scope(LANGUAGES, ())) == ()


def test_packs_of_scripts_run_on_every_row_mixed_text_included() -> None:
    mixed = "Die เเม่ sagt: ⽇本, ㅋㅋㅋㅋㅋ, हठ\u093e\u0947त, i\u0307yi"
    assert texts("script", (None, PERSIAN), (None, mixed)) == [
        "كتاب می\u200cخوانم",
        "Die แม่ sagt: 日本, ㅋㅋㅋ, हठोत, i\u0307yi",
    ]


def test_the_language_of_each_row_decides_which_packs_of_languages_run() -> None:
    rows = [(tag, f"{PERSIAN} i\u0307yi") for tag in ("pes_Arab", "tur_Latn", "zul_Latn", "arb_Arab", None)]
    common = "كتاب می\u200cخوانم"
    assert texts("language", *rows) == [
        "کتاب می\u200cخوانم i\u0307yi",
        f"{common} iyi",
        f"{common} i\u0307yi",
        f"{common} i\u0307yi",
        f"{common} i\u0307yi",
    ]


def test_a_language_whose_file_is_missing_gets_the_packs_of_scripts() -> None:
    files = {SCRIPTS_FILE: FILES[SCRIPTS_FILE]}
    assert texts("language", ("pes_Arab", PERSIAN), files=files) == ["كتاب می\u200cخوانم"]


def test_by_language_needs_the_language_before_it_and_by_script_does_not() -> None:
    resources = Resources(Scope(LANGUAGES, ("web",)), FILES)
    assert spec("language").contract(resources).requires.names == ["text", "language"]
    assert spec("script").contract(resources).requires.names == ["text"]
    assert spec("none").contract(Resources(Scope(LANGUAGES, ()))).requires.names == ["text"]
    for packs in ("none", "script", "language"):
        assert spec(packs).contract(resources).provides.names == ["text", "content_hash"]


def test_the_plan_reads_the_file_of_scripts_and_those_of_languages_only_where_they_count() -> None:
    scope = Scope(LANGUAGES, ("web",))
    assert spec("script").files(scope) == (SCRIPTS_FILE,)
    languages = tuple(f"filters/languages/{tag}.yaml?" for tag in LANGUAGES)
    assert spec("language").files(scope) == (SCRIPTS_FILE, *languages)


def test_a_wrong_pack_is_refused_before_any_data_is_read() -> None:
    files = {**FILES, SCRIPTS_FILE: "scripts: {Thai: [thai_mark]}"}
    with pytest.raises(RecipeError, match=r"filters/spelling/scripts.yaml: .*no such pack: thai_mark"):
        spec("script").contract(Resources(Scope(LANGUAGES, ("web",)), files))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A recipe in Persian that normalizes by script, with filters of its own."""
    bench = Bench(tmp_path, [], [])
    for name in (SCRIPTS_FILE, "filters/languages/pes_Arab.yaml"):
        path = bench.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((carried() / name).read_text(encoding="utf-8"), encoding="utf-8")
    write(bench, "script")
    return bench


def write(bench: Bench, packs: str) -> None:
    steps = [{"name": "claim", "kind": "claim"}, {"name": "clean", "kind": "normalize", "packs": packs}]
    bench.write_recipe(steps, languages=["pes_Arab"])


def digest(bench: Bench) -> str:
    plan = resolve(Project(bench.project), "pipelines/tiny.yaml", extra={"claim": ClaimSpec})
    return json.dumps(components(plan, []), sort_keys=True, default=str)


@pytest.mark.parametrize(
    ("packs", "covered"),
    [
        ("none", []),
        ("script", [SCRIPTS_FILE]),
        ("language", [SCRIPTS_FILE, "filters/languages/pes_Arab.yaml"]),
    ],
)
def test_the_fingerprint_covers_the_files_whose_packs_run(bench: Bench, packs: str, covered: list[str]) -> None:
    write(bench, packs)
    changing = []
    for name in (SCRIPTS_FILE, "filters/languages/pes_Arab.yaml"):
        before = digest(bench)
        path = bench.project / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("  Laoo: [lao_marks]\n", "").replace("[persian_letters, ", "["), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != text
        if digest(bench) != before:
            changing.append(name)
    assert changing == covered


def test_the_fingerprint_covers_the_tables_that_packs_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "spelling" / "vowels.tsv"
    table.parent.mkdir()
    monkeypatch.setattr(glotmill, "__file__", str(tmp_path / "__init__.py"))
    digests = set()
    for row in ("Deva\t0905 093E\t0906\tअा → आ\n", "Deva\t0905 0946\t0904\tअॆ → ऄ\n"):
        table.write_text(row, encoding="utf-8")
        digests.add(code_digest.__wrapped__())
    assert len(digests) == 2


def test_check_names_file_field_and_near_packs_of_a_language_file(bench: Bench) -> None:
    path = bench.project / "filters/languages/pes_Arab.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("persian_letters", "persian_leters"), encoding="utf-8")
    done = CliRunner().invoke(app, ["check", "--project", str(bench.project), "--json"])
    assert done.exit_code == 2
    problem = json.loads(done.stdout)["problems"]["filters/languages/pes_Arab.yaml"]
    assert "normalize" in problem
    assert "no such pack: persian_leters. Did you mean persian_letters" in problem


def test_check_reads_the_file_of_scripts_even_where_no_recipe_does(bench: Bench) -> None:
    write(bench, "none")
    (bench.project / SCRIPTS_FILE).write_text("scripts: {Thai: [lao_marks]}\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["check", "--project", str(bench.project), "--json"])
    assert done.exit_code == 2
    assert "lao_marks is about Laoo" in json.loads(done.stdout)["problems"][SCRIPTS_FILE]
