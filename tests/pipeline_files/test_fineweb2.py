"""FineWeb-2's recipe, as it is shipped, on pages of the demo web in its ten languages and on what its rules are against."""

import html
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.demo.captures import copies, native_pages
from glotmill.demo.pages import load_web
from glotmill.demo.warc import Capture, write_warc
from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.report.funnel import funnel
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps

ROOT = Path(__file__).resolve().parents[2]
RECIPE = "pipelines/fineweb2.yaml"
MARKET = (
    "Am Samstag verkaufen die Bauern auf dem Platz vor der Kirche ihre Äpfel, und viele Leute kommen aus der Stadt."
)
# Sentences of their own, short enough for more than 0.152 line breaks per word: German's number.
TALK = """Entschuldigung, ist dieser Fensterplatz noch frei?
Natürlich, setzen Sie sich gerne.
Fahren Sie ebenfalls bis nach Wilhelmshaven?
Leider nur bis zur übernächsten Haltestelle.
Meine jüngere Schwester betreibt dort eine Buchhandlung.
Vielleicht kenne ich diese Buchhandlung.
Sie liegt neben dem Leuchtturm.
Diesen Leuchtturm bestiegen wir jeden Sommer.
Inzwischen ist er für Besucher geschlossen.
Darüber berichtete gestern die Lokalzeitung.
Hoffentlich übernimmt die Gemeinde die Kosten.
Das wünschen sich alle Nachbarn und auch wir."""


def page(path: str, *paragraphs: str) -> Capture:
    body = "".join(f"<p>{html.escape(one)}</p>" for one in paragraphs)
    text = f'<html lang="de"><head><title>Seite</title></head><body><article>{body}</article></body></html>'
    return Capture(f"https://rand.example/{path}", text.encode(), kind="made", language="deu_Latn")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    plan = resolve(Project(ROOT), RECIPE)
    folders = load_web(ROOT / "pipelines/demo_web")
    taken: Counter[str | None] = Counter()
    pages = []
    for one in (one for one in native_pages(folders) if one.language in plan.recipe.languages):
        taken[one.language] += 1
        if taken[one.language] <= 3:
            pages.append(one)
    pages += copies([one for one in folders if one.tag in ("deu_Latn", "hin_Deva")])
    pages += [page("gespraech", *TALK.split("\n")), page("markt", *[f"{MARKET} {MARKET}"] * 4), page("kurz", MARKET)]
    tmp = tmp_path_factory.mktemp("fineweb2")
    (tmp / "web").mkdir()
    (tmp / "web/pages.warc.gz").write_bytes(write_warc("pages.warc.gz", pages, codec="gzip"))
    executor = LocalExecutor(1)
    try:
        where = Settings(out=str(tmp / "out"), bindings={"fineweb2-web": str(tmp / "web")})
        return Driver(plan, where, {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


def test_the_funnel_is_what_the_thresholds_say(run: RunFolder) -> None:
    found = [(row.step, row.reason, row.dropped) for row in funnel(run.counts()) if row.reason is not None]
    assert found == [
        ("near", "minhash_dedup.near_duplicate", 8),
        ("repetition", "gopher_repetition.frequent_3gram", 1),
        ("lines", "fineweb_quality.too_many_line_breaks", 1),
        ("quality", "gopher_quality.too_few_words", 2),
        ("quality", "gopher_quality.too_few_stop_words", 1),
    ]


def test_all_ten_languages_are_kept_and_known(run: RunFolder) -> None:
    rows = [row for part in run.parts() for row in pq.read_table(run.join(part)).to_pylist()]
    kept = Counter(row["language"] for row in rows)
    assert kept == {
        **dict.fromkeys(("cmn_Hani", "eus_Latn", "khm_Khmr", "swh_Latn", "tha_Thai", "tur_Latn"), 3),
        **dict.fromkeys(("deu_Latn", "hin_Deva"), 4),
        **dict.fromkeys(("arb_Arab", "kor_Hang"), 2),
    }


def test_each_made_page_meets_the_rule_it_is_made_for(run: RunFolder) -> None:
    ledger = [row for batch in run.ledger() for row in batch.to_pylist()]
    gone = {row["url"]: (row["reason"], row["detail"]) for row in ledger}
    made = {url.rpartition("/")[2]: why for url, why in gone.items() if url.startswith("https://rand.example/")}
    assert made == {
        "markt": ("gopher_repetition.frequent_3gram", "top_3gram_characters 0.181 > 0.153"),
        "gespraech": ("fineweb_quality.too_many_line_breaks", "line_break_ratio 0.1549 > 0.152"),
        "kurz": ("gopher_quality.too_few_words", "word_count 20 < 50"),
    }


def test_korean_prose_is_dropped_by_stop_words_that_no_reader_writes_alone(run: RunFolder) -> None:
    ledger = [row for batch in run.ledger() for row in batch.to_pylist()]
    [row] = [row for row in ledger if row["reason"] == "gopher_quality.too_few_stop_words"]
    assert (row["language"], row["detail"]) == ("kor_Hang", "distinct_stop_words 1 < 2")
