"""`glotmill crawl` and recipes whose source is a crawl: from sites on loopback to Parquet, in pieces, with other rules."""

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import ray
from aiohttp import web
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from support.command import glotmill
from support.web import Web, serving

TEXTS = [
    "Gaur goizean baserritarrek sagarrak eta gazta eraman dituzte herriko azokara, eta umeek taloa jan dute plazan.",
    "Ibaiaren gaineko zubi zaharra konpontzen ari dira, eta udaberrira arte oinezkoek bakarrik zeharkatuko dute.",
    "Gauean elurra egin du mendian, eta artzainek ardiak bailarara jaitsi dituzte eguzkia atera baino lehen.",
]
SPANISH = (
    "Esta mañana los vecinos han llevado manzanas y queso al mercado del pueblo, y los niños han comido en la plaza."
)
SOURCE = """\
name: Sites of this test
license: {expression: CC-BY-4.0, state: verified, evidence: The tests of Glotmill wrote every page themselves.}
terms: none
contact: test@example.org
"""


def recipe(seed: str, **more: object) -> str:
    value = {
        "name": "euskara",
        "version": "1.0.0",
        "languages": ["eus_Latn"],
        "source": {
            "kind": "crawl",
            "of": "guneak",
            "agent": {"contact": "test@example.org", "url": "https://example.org/bot"},
            "seeds": [seed],
            **more,
        },
        "steps": [
            {"name": "gate", "kind": "gate", "min_letters": 20},
            {"name": "extract", "kind": "extract", "engine": "resiliparse"},
            {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "strictest"},
            {"name": "clean", "kind": "normalize"},
            {"name": "same", "kind": "exact_dedup"},
        ],
        "sink": {"kind": "parquet", "partition_by": ["license_class"]},
    }
    return json.dumps(value)


def page(text: str, *links: str) -> str:
    anchors = " ".join(f'<a href="{link}">{link}</a>' for link in links)
    return f"<html><head><title>Orria</title></head><body><article><p>{text}</p></article>{anchors}</body></html>"


def sites(port: int = 0) -> dict[str, dict[str, str]]:
    other = f"http://auzoa.example:{port}/"
    return {
        "herria.example": {
            "/": page(TEXTS[0], "/bi", "/es", other),
            "/bi": page(TEXTS[1]),
            "/es": page(SPANISH, "/es/2"),
            "/es/2": page(SPANISH + " Y luego se fueron."),
        },
        "auzoa.example": {"/": page(TEXTS[2])},
    }


@pytest.fixture
def home(tmp_path: Path):
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "manifests/sources").mkdir(parents=True)
    (tmp_path / "manifests/sources/guneak.yaml").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def write(home: Path, served: Web, **more: object) -> None:
    text = recipe(served.url("herria.example"), **more)
    (home / "pipelines/euskara.yaml").write_text(text, encoding="utf-8")


def test_a_crawl_in_pieces_becomes_a_corpus_in_one_run(home: Path) -> None:
    known = sites()
    with serving(known) as served:
        known.update(sites(served.port))
        write(home, served)
        words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--json")
        first = json.loads(glotmill(*words, "--pages", "2", cwd=home))
        assert (first["pages"], first["finished"]) == (2, False)
        said = json.loads(glotmill(*words, cwd=home))
        asked = len(served.log)
        again = json.loads(glotmill(*words, cwd=home))
        assert len(served.log) == asked
    assert again == said
    assert said["finished"]
    assert said["accepted"] == 3
    assert said["outcomes"]["done"] >= 4
    made = json.loads(glotmill("run", "euskara", "--bind", "guneak=crawl", "--out", "out", "--json", cwd=home))
    assert made["kept"] == 3
    assert len(served.log) == asked
    rows = pq.read_table(home / "out/euskara/1.0.0/data").to_pylist()
    assert all(any(text in row["text"] for row in rows) for text in TEXTS)
    assert all(row["warc_ref"].startswith("warc/crawl-00000-00000.warc.gz:") for row in rows)
    assert "0 problems" in glotmill("verify", "out/euskara/1.0.0", cwd=home)


def test_another_crawl_does_not_mix_into_a_folder(home: Path) -> None:
    known = sites()
    with serving(known) as served:
        known.update(sites(served.port))
        write(home, served)
        words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback")
        glotmill(*words, "--pages", "1", cwd=home)
        write(home, served, consent="record-only")
        told = glotmill(*words, cwd=home, code=2)
    assert "holds another crawl" in told
    assert "consent differ" in told


def test_bounds_seeds_and_blocklists_may_change_while_a_crawl_goes_on(home: Path) -> None:
    known = sites()
    known["bestea.example"] = {"/": page(TEXTS[1] + " Bestea.")}
    words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--json")
    (home / "filters").mkdir()
    (home / "filters/itxita.txt").write_text("\ufeffauzoa.example\n", encoding="utf-8")
    with serving(known) as served:
        known.update(sites(served.port))
        write(home, served, max_pages=1)
        first = json.loads(glotmill(*words, cwd=home))
        write(home, served, max_pages=50, blocklists=["filters/itxita.txt"])
        second = json.loads(glotmill(*words, cwd=home))
        seeds = [served.url("herria.example"), served.url("bestea.example")]
        write(home, served, max_pages=50, blocklists=["filters/itxita.txt"], seeds=seeds)
        third = json.loads(glotmill(*words, cwd=home))
    assert (first["finished"], first["pages"]) == (True, 1)
    assert (second["finished"], second["accepted"]) == (True, 2)
    assert (third["finished"], third["accepted"]) == (True, 3)
    assert "auzoa.example" not in {one.host for one in served.log}


def test_a_rehearsal_is_no_crawl_and_no_run_goes_on_with_it_elsewhere(home: Path) -> None:
    known = sites()
    with serving(known) as served:
        known.update(sites(served.port))
        write(home, served)
        words = ("crawl", "euskara", "--bind", "guneak=crawl")
        glotmill(*words, "--on-loopback", "--pages", "1", cwd=home)
        told = glotmill("run", "euskara", "--bind", "guneak=crawl", "--out", "out", cwd=home, code=2)
        assert "is a rehearsal" in told
        assert "--on-loopback" in told
        assert json.loads(glotmill(*words, "--on-loopback", "--json", cwd=home))["accepted"] == 3


def test_a_rehearsal_ends_where_a_server_fails_or_is_not_there(home: Path) -> None:
    def broken(_: web.Request) -> web.Response:
        return web.Response(status=500)

    with serving({"herria.example": {}}) as served:
        links = ["/txarra", "/ona", "http://inor.example:9/"]
        served.sites["herria.example"].update({"/": page(TEXTS[0], *links), "/txarra": broken, "/ona": page(TEXTS[1])})
        write(home, served)
        words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--json")
        said = json.loads(glotmill(*words, cwd=home))
    assert (said["finished"], said["accepted"]) == (True, 2)
    assert said["outcomes"]["failed: status_500"] == 1


def test_seeds_that_nobody_can_ask_for_are_refused_before_anything_is_asked(home: Path) -> None:
    for seed, said in (("habari.example", "a seed is an http or https URL"), ("ftp://a.example/", "a seed is an http")):
        (home / "pipelines/euskara.yaml").write_text(recipe(seed), encoding="utf-8")
        assert said in glotmill("check", cwd=home, code=2)
    (home / "pipelines/euskara.yaml").write_text(recipe("http://a.example:8701/"), encoding="utf-8")
    told = glotmill("crawl", "euskara", "--bind", "guneak=crawl", cwd=home, code=2)
    assert "port 8701 is not among the source's `ports` [80, 443]" in told


def test_check_reads_blocklists(home: Path) -> None:
    (home / "filters").mkdir()
    (home / "filters/itxita.txt").write_text("a.example\nnot a host\n", encoding="utf-8")
    text = recipe("https://a.example/", blocklists=["filters/itxita.txt"])
    (home / "pipelines/euskara.yaml").write_text(text, encoding="utf-8")
    assert "line 2 is neither a host" in glotmill("check", cwd=home, code=2)


def test_a_shortened_file_and_a_lost_queue_are_named(home: Path) -> None:
    known = sites()
    words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback")
    run = ("run", "euskara", "--bind", "guneak=crawl", "--out", "out")
    with serving(known) as served:
        known.update(sites(served.port))
        write(home, served)
        glotmill(*words, cwd=home)
        shutil.rmtree(home / "crawl/frontier")
        assert json.loads(glotmill(*words, "--json", cwd=home))["accepted"] == 3
        assert "is gone" in glotmill(*words, "--revisit-days", "0", cwd=home, code=1)
    file = home / "crawl/warc/crawl-00000-00000.warc.gz"
    file.write_bytes(file.read_bytes()[:-300])
    assert "by its receipt" in glotmill(*run, cwd=home, code=1)


def test_a_full_disk_is_told_in_one_line(home: Path) -> None:
    sites_ = {"herria.example": {"/": page(TEXTS[0], *(f"/{n}" for n in range(60)))}}
    sites_["herria.example"] |= {f"/{n}": page(" ".join(random.Random(n).choices(TEXTS, k=40))) for n in range(60)}
    with serving(sites_) as served:
        write(home, served)
        command = (
            f"ulimit -f 120; exec {sys.executable} -m glotmill.cli.app crawl euskara --bind guneak=crawl --on-loopback"
        )
        done = subprocess.run(["bash", "-c", command], cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "disk" in done.stderr or "File too large" in done.stderr


def test_why_takes_the_address_that_a_browser_shows(home: Path) -> None:
    with serving(
        {"herria.example": {"/": page(TEXTS[0], "/ข่าว"), "/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7": page(TEXTS[1])}}
    ) as served:
        write(home, served)
        glotmill("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", cwd=home)
        glotmill("run", "euskara", "--bind", "guneak=crawl", "--out", "out", cwd=home)
        assert "kept in" in glotmill("why", "out/euskara/1.0.0", served.url("herria.example", "/ข่าว"), cwd=home)


def test_shards_hand_their_links_on(home: Path) -> None:
    known = sites()
    with serving(known) as served:
        known.update(sites(served.port))
        write(home, served, shards=4)
        words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--json")
        said = json.loads(glotmill(*words, cwd=home))
    assert said["finished"]
    assert said["accepted"] == 3
    assert {asked.host for asked in served.log} == {"herria.example", "auzoa.example"}


def test_a_crawl_without_contact_or_seeds_is_refused(home: Path) -> None:
    for change, said in (
        ({"agent": {"contact": "nobody", "url": "https://example.org/bot"}}, "no crawl without a contact"),
        ({"seeds": []}, "needs `seeds`"),
        ({"delay_s": 1}, "delay_s"),
    ):
        (home / "pipelines/euskara.yaml").write_text(recipe("https://herria.example/", **change), encoding="utf-8")
        assert said in glotmill("crawl", "euskara", "--bind", "guneak=crawl", cwd=home, code=2)


def test_a_revisit_asks_by_etag_and_archives_what_has_not_changed_as_such(home: Path) -> None:
    asked: list[str | None] = []

    def tagged(request: web.Request) -> web.Response:
        asked.append(request.headers.get("If-None-Match"))
        headers = {"ETag": '"bat"'}
        if asked[-1] == '"bat"':
            return web.Response(status=304, headers=headers)
        return web.Response(text=page(TEXTS[0]), content_type="text/html", headers=headers)

    with serving({"herria.example": {"/": tagged}}) as served:
        write(home, served)
        words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--json")
        first = json.loads(glotmill(*words, cwd=home))
        second = json.loads(glotmill(*words, "--revisit-days", "0", cwd=home))
    assert asked == [None, '"bat"']
    assert (first["pages"], second["pages"]) == (1, 2)
    assert second["finished"]
    found = [record for path in sorted((home / "crawl/warc").glob("*.warc.gz")) for record in records(path)]
    [revisit] = [one.headers for one in found if one.record_type == WarcRecordType.revisit]
    url = served.url("herria.example")
    [first_of_it] = [
        one.headers
        for one in found
        if one.record_type == WarcRecordType.response and one.headers["WARC-Target-URI"] == url
    ]
    assert revisit["WARC-Refers-To"] == first_of_it["WARC-Record-ID"]
    assert revisit["WARC-Refers-To-Target-URI"] == url
    assert revisit["WARC-Refers-To-Date"] == first_of_it["WARC-Date"]


def test_the_bound_on_pages_is_exact_over_shards_and_outlasts_what_is_written_of_it(home: Path) -> None:
    hosts = [f"h{number}.example" for number in range(8)]
    known: dict[str, dict[str, str]] = {host: {} for host in ["herria.example", *hosts]}
    with serving(known) as served:
        for number, host in enumerate(hosts):
            known[host] = {
                "/": page(f"{TEXTS[number % 3]} {number}", "/2"),
                "/2": page(f"{TEXTS[number % 3]} {number}, 2"),
            }
        known["herria.example"]["/"] = page(TEXTS[0], *(served.url(host) for host in hosts))
        write(home, served, shards=3, max_pages=7)
        words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--json")
        first = json.loads(glotmill(*words, "--pages", "4", cwd=home))
        (home / "crawl/crawl.json").unlink()  # as after a kill in the first round
        said = json.loads(glotmill(*words, cwd=home))
    assert (first["pages"], first["finished"]) == (4, False)
    assert (said["pages"], said["finished"]) == (7, True)
    assert len([one for one in served.log if one.path in ("/", "/2")]) == 7


def test_a_denial_on_a_later_visit_is_archived_and_takes_the_page_out_of_the_next_corpus(home: Path) -> None:
    denying: list[bool] = []

    def changing(_: web.Request) -> web.Response:
        headers = {"X-Robots-Tag": "noai"} if denying else {}
        return web.Response(text=page(TEXTS[1]), content_type="text/html", headers=headers)

    with serving({"herria.example": {"/": page(TEXTS[0], "/bi"), "/bi": changing}}) as served:
        write(home, served)
        words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--json")
        glotmill(*words, cwd=home)
        run = ("run", "euskara", "--bind", "guneak=crawl", "--json", "--out")
        assert json.loads(glotmill(*run, "before", cwd=home))["kept"] == 2
        denying.append(True)
        again = json.loads(glotmill(*words, "--revisit-days", "0", cwd=home))
        assert again["outcomes"]["skipped: consent.denied"] == 1
        assert json.loads(glotmill(*run, "after", cwd=home))["kept"] == 1
        url = served.url("herria.example", "/bi")
    assert (home / "crawl/denied.txt").read_text(encoding="utf-8") == f"{url}\n"
    told: list[str] = []
    for path in sorted((home / "crawl/warc").glob("*.warc.gz")):
        with path.open("rb") as stream:
            found = ArchiveIterator(stream, record_types=WarcRecordType.metadata)
            told += [one.reader.read().decode() for one in found if one.headers["WARC-Target-URI"] == url]
    assert any("glotmill-failure: denied" in text and "noai" in text for text in told)
    assert "crawl.denied_since" in glotmill("why", "after/euskara/1.0.0", url, cwd=home)
    assert "0 problems" in glotmill("verify", "after/euskara/1.0.0", cwd=home)


def test_what_a_site_says_stands_in_the_rows_of_a_crawl_that_only_records_it(home: Path) -> None:
    robots = "User-agent: *\nContent-Signal: ai-train=no, search=yes\nAllow: /\n"
    with serving({"herria.example": {"/robots.txt": robots, "/": page(TEXTS[0])}}) as served:
        write(home, served, consent="record-only")
        glotmill("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", cwd=home)
        run = ("run", "euskara", "--bind", "guneak=crawl", "--out", "strict", "--json")
        assert json.loads(glotmill(*run, cwd=home))["kept"] == 0
        assert "train-ai denied by" in glotmill("why", "strict/euskara/1.0.0", served.url("herria.example"), cwd=home)
        text = (home / "pipelines/euskara.yaml").read_text(encoding="utf-8")
        loose = text.replace('"consent": "strictest"', '"consent": "record-only"')
        (home / "pipelines/euskara.yaml").write_text(loose, encoding="utf-8")
        glotmill("run", "euskara", "--bind", "guneak=crawl", "--out", "loose", cwd=home)
    (row,) = pq.read_table(home / "loose/euskara/1.0.0/data").to_pylist()
    assert row["consent"] == "train-ai=denied by content-signal; search=allowed by content-signal"


def test_a_file_that_is_still_being_written_is_no_input(home: Path) -> None:
    known = sites()
    with serving(known) as served:
        known.update(sites(served.port))
        write(home, served)
        glotmill("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", cwd=home)
    (home / "crawl/warc/crawl-00000-00007.warc.gz").write_bytes(b"begun, and not yet published")
    made = json.loads(glotmill("run", "euskara", "--bind", "guneak=crawl", "--out", "out", "--json", cwd=home))
    assert made["kept"] == 3


def test_a_hunt_goes_further_when_nothing_near_is_left(home: Path) -> None:
    """Four pages in Spanish, one after the other, stand between the seed and the only text in Basque."""
    spanish = [page(f"{SPANISH} {number}", f"/{number + 1}") for number in range(5)]
    site = {"/": spanish[0], **{f"/{number}": text for number, text in enumerate(spanish) if number}}
    with serving({"herria.example": site | {"/5": page(TEXTS[0])}}) as served:
        write(home, served)
        words = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--json")
        said = json.loads(glotmill(*words, cwd=home))
        write(home, served, hunt={"widest": 1})
        near = json.loads(glotmill(*words[:3], "guneak=near", *words[4:], cwd=home))
    assert (said["finished"], said["accepted"], said["pages"]) == (True, 1, 6)
    assert (near["finished"], near["accepted"], near["pages"]) == (True, 0, 2)


def records(path: Path) -> list[WarcRecord]:
    with path.open("rb") as stream:
        return list(ArchiveIterator(stream))


ON_RAY = ("crawl", "euskara", "--bind", "guneak=crawl", "--on-loopback", "--on", "ray", "--workers", "2", "--json")


def test_shards_work_on_ray_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    known = sites()
    with serving(known) as served:
        known.update(sites(served.port))
        write(home, served, shards=2)
        said = json.loads(glotmill(*ON_RAY, cwd=home))
    assert (said["finished"], said["accepted"]) == (True, 3), said


def test_processes_that_stand_elsewhere_crawl_into_the_same_folder(home: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    known = sites()
    with serving(known) as served, contextlib.chdir(elsewhere):
        known.update(sites(served.port))
        write(home, served, shards=2)
        ready = ray.is_initialized()
        if not ready:
            ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        try:
            said = json.loads(glotmill(*ON_RAY, cwd=home))
        finally:
            if not ready:
                ray.shutdown()
    assert (said["finished"], said["accepted"]) == (True, 3), said
    assert list(elsewhere.iterdir()) == []
