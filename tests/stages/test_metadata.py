"""`metadata` reads title, author and date, and never drops or hangs."""

import datetime as dt
import json

import hostile_pages
import pyarrow as pa

from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Outcome, Resources, Scope
from glotmill.stages.metadata import MetadataSpec

RESOURCES = Resources(Scope(("ell_Grek",), ("web",)))
BODY = "<p>Σήμερα κατεβήκαμε στη θάλασσα και φάγαμε ψάρι στην ταβέρνα του παππού.</p>"


def page(head: str) -> str:
    return f"<html lang='el'><head>{head}</head><body><article>{BODY * 4}</article></body></html>"


def read(*pages: str | None, crawled: tuple[dt.datetime | None, ...] = (), **options: object) -> Outcome:
    count = len(pages)
    schema = pa.schema([*fields("html", "title", "author", "url", "crawl_time")])
    times = list(crawled) or [None] * count
    columns = [list(pages), ["παλιός τίτλος"] * count, ["Άννα"] * count, [None] * count, times]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    step = MetadataSpec(name="metadata", kind="metadata", **options).build(RESOURCES)
    outcome = step(Batch(pa.RecordBatch.from_arrays(arrays, schema=schema)))
    step.close()
    return outcome


def row(outcome: Outcome, number: int = 0) -> tuple[str | None, str | None, str | None]:
    title, author, date = (outcome.batch.column(name)[number].as_py() for name in ("title", "author", "date"))
    return title, author, date


def test_title_author_and_date_are_read_off_the_page():
    head = (
        "<title>Η ταβέρνα - Τα νέα</title><meta property='og:title' content='Η ταβέρνα του παππού'>"
        "<meta name='author' content='Ελένη Παπαδάκη'><meta property='article:published_time' content='2024-05-03'>"
    )
    assert row(read(page(head))) == ("Η ταβέρνα του παππού", "Ελένη Παπαδάκη", "2024-05-03")


def test_the_title_element_is_the_last_resort_and_nothing_else_is_invented():
    outcome = read("<title>Η θάλασσα</title>x")
    assert row(outcome) == ("Η θάλασσα", "Άννα", None)


def test_rows_without_a_page_keep_what_they_had():
    outcome = read(None)
    assert row(outcome) == ("παλιός τίτλος", "Άννα", None)
    assert outcome.reasons is None


def test_a_date_is_bounded_by_the_visit_and_not_by_today():
    head = "<meta property='article:published_time' content='2041-05-03'>"
    late = dt.datetime(2041, 6, 1, tzinfo=dt.UTC)
    early = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    outcome = read(*[page(head)] * 3, crawled=(late, early, None))
    assert outcome.batch.column("date").to_pylist() == ["2041-05-03", None, "2041-05-03"]


def test_a_page_that_breaks_its_limits_keeps_its_title_and_the_next_is_read():
    hungry = hostile_pages.hanging_page(2_000).replace("<svg></svg>", "<i a=1 b=2 c=3 d=4 e=5 f=6 g=7>α</i>" * 40)
    outcome = read(hungry, page("<title>Η θάλασσα</title>"), memory_mb=16, cpu_seconds=60, seconds=60)
    assert row(outcome) == ("Orri gaiztoa", "Άννα", None)
    assert row(outcome, 1)[0] == "Η θάλασσα"


def test_the_contract_gives_no_reason():
    contract = MetadataSpec(name="metadata", kind="metadata").contract(RESOURCES)
    assert contract.reasons == frozenset()
    assert contract.provides.names == ["title", "author", "date", "parallel_id"]


def test_all_whom_the_page_says_to_credit_are_the_author_as_they_are_written():
    data = {
        "@type": "ShortStory",
        "author": [{"@type": "Person", "name": "Νόνη"}, {"@type": "Person", "name": "Άννα Γ."}],
        "translator": {"@type": "Person", "name": "Ελένη Παπαδάκη (σχολείο Χανίων)"},
        "illustrator": {"@type": "Person", "name": "Μαρία"},
    }
    head = f"<script type='application/ld+json'>{json.dumps(data, ensure_ascii=False)}</script>"
    (author,) = read(page(head)).batch.column("author").to_pylist()
    assert author == "Νόνη; Άννα Γ.; Ελένη Παπαδάκη (σχολείο Χανίων) (translator)"


def test_authors_keep_their_marks_and_a_guess_that_lost_them_is_no_author():
    named = [page(f"<meta name='author' content='{name}'>") for name in ("สมชาย_ใจดี_", "राम शर्मा", "ليلى")]
    byline = page("").replace("<article>", "<article><div class='author'>राम शर्मा</div>")
    authors = read(*named, byline).batch.column("author").to_pylist()
    assert authors[:3] == ["สมชาย_ใจดี_", "राम शर्मा", "ليلى"]
    assert authors[3] in ("राम शर्मा", "Άννα")  # whatever trafilatura makes of it, never a cut name


def test_pages_that_list_one_another_as_translations_share_an_id():
    urls = [f"https://paramythia.example/{code}/1" for code in ("el", "sw", "th")]
    links = "".join(f"<link rel='alternate' hreflang='{url[-4:-2]}' href='{url}'>" for url in urls)
    rows = [(url, page(links)) for url in urls] + [("https://paramythia.example/am/1", page(links))]
    schema = pa.schema([*fields("html", "url")])
    arrays = [
        pa.array([value[place] for value in rows], schema.field(name).type) for name, place in (("html", 1), ("url", 0))
    ]
    step = MetadataSpec(name="metadata", kind="metadata").build(RESOURCES)
    first, second, third, unlisted = (
        step(Batch(pa.RecordBatch.from_arrays(arrays, schema=schema))).batch.column("parallel_id").to_pylist()
    )
    step.close()
    assert first == second == third is not None
    assert unlisted is None
