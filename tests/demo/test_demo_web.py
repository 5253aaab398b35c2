import html
import json
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from glotmill.core.errors import RecipeError
from glotmill.demo.broken import broken_pages
from glotmill.demo.captures import in_charset, native_pages, without_last_sentence
from glotmill.demo.hostile import hostile_pages
from glotmill.demo.marks import MARKS
from glotmill.demo.pages import Folder, load_web
from glotmill.demo.render import Dress, render
from glotmill.demo.warc import Capture, write_warc
from glotmill.demo.web import TRUTH, build

PAGES = Path(__file__).parents[2] / "pipelines" / "demo_web"


@pytest.fixture(scope="module")
def folders():
    return load_web(PAGES)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "warc"
    return build(PAGES, out)


@pytest.fixture(scope="module")
def truth(built):
    lines = (built[0].parent.parent / TRUTH).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def of_kind(truth, kind):
    return [row for row in truth if row["kind"] == kind]


def responses(path):
    iterator = ArchiveIterator(str(path), record_types=WarcRecordType.response, parse_http=True)
    return [(record.headers["WARC-Target-URI"], record.reader.read()) for record in iterator]


def test_two_builds_give_the_same_bytes(built, tmp_path):
    again = build(PAGES, tmp_path / "warc")
    assert [path.name for path in again] == [path.name for path in built]
    for first, second in zip(built, again, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name
    assert (tmp_path / TRUTH).read_bytes() == (built[0].parent.parent / TRUTH).read_bytes()


def test_the_truth_stands_beside_the_folder_and_the_folder_holds_warc_alone(built):
    assert sorted(path.name for path in built[0].parent.iterdir()) == sorted(path.name for path in built)


def test_fastwarc_reads_every_whole_record(built, truth):
    for path in built:
        if "broken" in path.name:
            continue
        expected = [row["url"] for row in truth if row["file"] == path.name]
        assert [url for url, _ in responses(path)] == expected


def test_warcio_reads_every_whole_record(built, truth):
    for path in built:
        if "broken" in path.name or path.suffix == ".zst":  # warcio knows no zstd
            continue
        with path.open("rb") as stream:
            records = [
                (record.rec_type, record.rec_headers.get_header("WARC-Target-URI")) for record in WarcioIterator(stream)
            ]
        expected = [row["url"] for row in truth if row["file"] == path.name]
        assert records[0] == ("warcinfo", None)
        assert records[1:] == [(kind, url) for url in expected for kind in ("request", "response")]


def test_digests_of_all_records_are_right(built):
    for path in built:
        if "broken" in path.name:
            continue
        for record in ArchiveIterator(str(path), parse_http=False):
            assert record.verify_block_digest(), record.headers["WARC-Record-ID"]


def test_a_cut_member_is_followed_by_whole_ones(built, truth):
    data = next(path for path in built if path.name == "demo-broken.warc.gz").read_bytes()
    (cut,) = of_kind(truth, "broken_truncated_member")
    rows = [row["url"] for row in truth if row["file"] == cut["file"]]
    before, after = rows[: rows.index(cut["url"])], rows[rows.index(cut["url"]) + 1 :]
    assert len(before) >= 2
    assert len(after) >= 10
    # Members start with gzip's magic and our fixed header (no time, best compression).
    magic = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02"
    starts = [at for at in range(len(data)) if data.startswith(magic, at)]
    assert len(starts) == 1 + 2 * len(rows)
    rest = data[starts[1 + 2 * (len(before) + 1)] :]
    with_responses = ArchiveIterator(BytesIO(rest), record_types=WarcRecordType.response, parse_http=True)
    assert [record.headers["WARC-Target-URI"] for record in with_responses] == after


def test_every_page_holds_every_paragraph_of_its_file(folders):
    urls = {}
    for capture in native_pages(folders):
        charset = "utf-8"
        if capture.content_type != "text/html; charset=utf-8":
            charset = capture.body.partition(b'charset="')[2].partition(b'"')[0].decode("ascii")
        urls[capture.url] = html.unescape(capture.body.decode(charset))
    pages = [(folder, stem, page) for folder in folders if not folder.site.mirrors for stem, page in folder.pages]
    assert len(urls) == len(pages)
    for folder, stem, page in pages:
        served = [
            text for url, text in urls.items() if folder.site.host in url and stem in url.replace(".", "/").split("/")
        ]
        assert len(served) == 1, (folder.tag, stem)
        for paragraph in page.paragraphs:
            assert paragraph in served[0], (folder.tag, stem)


def test_the_web_has_at_least_twenty_languages_in_ten_scripts(truth):
    languages = {row["language"] for row in of_kind(truth, "native")}
    assert len(languages) >= 20
    assert len({tag.partition("_")[2] for tag in languages}) >= 10


def test_every_address_is_unique_and_reserved(truth):
    urls = [row["url"] for row in truth]
    assert len(set(urls)) == len(urls)
    hosts = {urlsplit(url).hostname for url in urls}
    assert all(host.endswith(".example") for host in hosts)


def test_english_is_the_ballast_and_outweighs_every_other_language(truth):
    ballast = of_kind(truth, "ballast")
    assert {row["language"] for row in ballast} == {"eng_Latn"}
    assert len(ballast) > len(of_kind(truth, "native"))


def test_every_kind_of_license_mark_appears(folders):
    used = {page.license for folder in folders for _, page in folder.pages}
    assert used == set(MARKS)


@pytest.mark.parametrize(
    "kind",
    [
        "exact_duplicate",
        "near_duplicate",
        "same_text",
        "short",
        "navigation",
        "keywords",
        "mixed_boilerplate",
        "mixed_languages",
        "broken_says_utf8",
        "broken_is_utf8",
        "broken_truncated_member",
        "broken_empty_body",
        "broken_big_body",
        "broken_404",
        "broken_pdf",
        "broken_binary",
        "broken_stub",
        "hostile_hang",
        "hostile_memory",
        "hostile_deep",
        "hostile_nodes",
        "hostile_jsonld",
    ],
)
def test_the_web_holds_every_kind_of_trouble(truth, kind):
    assert of_kind(truth, kind)


def test_copies_name_a_page_that_is_there(truth):
    urls = {row["url"] for row in truth if row["kind"] in {"native", "ballast"}}
    copies = [row for row in truth if row["of"]]
    assert len(copies) > 100
    assert [row["url"] for row in copies if row["of"] not in urls] == []


def test_exact_duplicates_repeat_the_page_and_near_duplicates_do_not(built, truth):
    bodies = {url: body for path in built if "broken" not in path.name for url, body in responses(path)}
    served = {row["url"]: row for row in of_kind(truth, "native")}
    for row in of_kind(truth, "near_duplicate"):
        assert bodies[row["url"]] != bodies[row["of"]]
    equal = [row for row in of_kind(truth, "exact_duplicate") if bodies[row["url"]] == bodies[row["of"]]]
    # A page that its own site sends in a legacy charset is copied in UTF-8.
    legacy = {row["language"] for row in of_kind(truth, "broken_says_utf8")}
    assert {row["language"] for row in equal} >= {row["language"] for row in served.values()} - legacy


def test_the_big_page_has_six_million_bytes_and_five_million_characters(folders, built, truth):
    (big,) = [capture for capture in broken_pages(folders) if capture.kind == "broken_big_body"]
    assert len(big.body) > 6_000_000
    assert len(big.body.decode()) > 5_000_000
    assert big.language == "eus_Latn"
    (row,) = of_kind(truth, "broken_big_body")
    assert (built[0].parent / row["file"]).stat().st_size < 1_000_000


def test_wrong_charset_headers_are_wrong(folders):
    captures = broken_pages(folders)
    for capture in captures:
        if capture.kind == "broken_says_utf8" and capture.language == "arb_Arab":
            assert capture.content_type == "text/html; charset=utf-8"
            with pytest.raises(UnicodeDecodeError):
                capture.body.decode("utf-8")
        if capture.kind == "broken_is_utf8" and capture.language == "arb_Arab":
            assert capture.content_type == "text/html; charset=windows-1256"
            assert b"meta charset" not in capture.body
            assert capture.body.decode("utf-8")
    wrong = {capture.language for capture in captures if capture.kind.endswith("utf8")}
    assert wrong >= {"arb_Arab", "tha_Thai", "rus_Cyrl", "jpn_Jpan"}


def test_json_ld_too_deep_for_a_recursive_parser_precedes_the_license(folders):
    (page,) = [capture for capture in hostile_pages(folders) if capture.kind == "hostile_jsonld"]
    text = page.body.decode()
    with pytest.raises(RecursionError):
        json.loads(text.partition('ld+json">')[2].partition("</script>")[0])
    assert text.index("[[[[") < text.index('rel="license"')


def test_arabic_and_thai_pages_are_sent_in_their_old_charsets(folders):
    sent = {}
    for capture in native_pages(folders):
        head = capture.body[:600].lower()
        if capture.language in {"arb_Arab", "tha_Thai"} and b"utf-8" not in head:
            sent.setdefault(capture.language, set()).add(capture.content_type)
    assert sent["arb_Arab"] == {"text/html; charset=windows-1256", "text/html"}
    assert sent["tha_Thai"] == {"text/html; charset=tis-620", "text/html"}


def test_a_page_in_windows_1256_decodes_to_its_text(folders):
    folder = next(folder for folder in folders if folder.tag == "arb_Arab")
    _, stem, page = folder.articles[0]
    dress = Dress(folder.site, folder.site.host, f"/{stem}", folder.site.lang, 0)
    sent = in_charset(folder, page, dress, "windows-1256", in_header=True, kind="native")
    assert page.paragraphs[0] in html.unescape(sent.body.decode("windows-1256"))
    assert b'charset="windows-1256"' in sent.body


@pytest.mark.parametrize(
    ("license_kind", "signs", "absent"),
    [
        ("by-rel", ['rel="license" href="https://creativecommons.org/licenses/by/4.0/"'], ["Eskubide guztiak"]),
        ("by-sa-badge", ['<a href="https://creativecommons.org/licenses/by-sa/4.0/"><img'], ['rel="license"']),
        ("cc0-jsonld", ['"license": "https://creativecommons.org/publicdomain/zero/1.0/"'], ['rel="license"']),
        ("by-meta", ['<meta name="dcterms.license"'], ['rel="license"']),
        ("by-sa-header", [], ["creativecommons"]),
        ("reserved", ["Eskubide guztiak erreserbatuta."], ["creativecommons"]),
        ("conflict", ['rel="license"', "Eskubide guztiak erreserbatuta.", "by-nc/4.0"], []),
        ("none", [], ["creativecommons", "Eskubide guztiak"]),
    ],
)
def test_each_license_mark_stands_where_it_should(folders, license_kind, signs, absent):
    folder = next(folder for folder in folders if folder.tag == "eus_Latn")
    page = folder.page("okindegia").model_copy(update={"license": license_kind})
    for layout in range(3):
        text = render(page, Dress(folder.site, folder.site.host, "/x", "eu", layout))
        assert [sign for sign in signs if sign not in text] == []
        assert [sign for sign in absent if sign in text] == []


def test_a_caption_license_stands_in_the_caption_alone(folders):
    folder = next(folder for folder in folders if folder.tag == "eus_Latn")
    text = render(folder.page("elurra"), Dress(folder.site, folder.site.host, "/x", "eu", 0))
    before, caption = text.split("<figcaption>")
    caption, after = caption.split("</figcaption>")
    assert "creativecommons" in caption
    assert "creativecommons" not in before + after


def test_the_license_header_is_sent(built, truth):
    pages = {row["url"] for row in of_kind(truth, "native") if row["license"] == "CC-BY-SA-4.0"}
    links = set()
    for path in built:
        if "latin" in path.name or "others" in path.name:
            for record in ArchiveIterator(str(path), record_types=WarcRecordType.response, parse_http=True):
                if record.http_headers.get("Link"):
                    links.add((record.headers["WARC-Target-URI"], record.http_headers["Link"]))
    assert len(links) >= 5
    assert {link for _, link in links} == {'<https://creativecommons.org/licenses/by-sa/4.0/>; rel="license"'}
    assert {url for url, _ in links} <= pages


def test_a_page_with_foreign_furniture_keeps_its_language_and_host(truth, built, folders):
    spanish = next(folder for folder in folders if folder.tag == "spa_Latn").site
    rows = of_kind(truth, "mixed_boilerplate")
    bodies = {
        url: body.decode() for path in built if "latin" in path.name for url, body in responses(path) if "mareak" in url
    }
    (row,) = [row for row in rows if "mareak" in row["url"]]
    assert row["language"] == "eus_Latn"
    assert spanish.cookies.text in bodies[row["url"]]


def test_addresses_to_redact_stand_in_article_texts(folders):
    texts = [text for folder in folders for _, page in folder.pages for text in page.paragraphs]
    assert sum("@" in text for text in texts) >= 5
    assert sum("8.8.8.8" in text or "9.9.9.9" in text for text in texts) >= 2


@pytest.mark.parametrize(
    ("paragraphs", "shorter"),
    [
        (("Bat da.", "Bi dira. Hiru dira!"), ("Bat da.", "Bi dira.")),
        (("一つ目です。", "二つ目です。三つ目です。"), ("一つ目です。", "二つ目です。")),
        (("पहला है।", "दूसरा है। तीसरा है।"), ("पहला है।", "दूसरा है।")),
        (("อากาศดี", "ฝนตกเมื่อวาน วันนี้แดดออก"), ("อากาศดี", "ฝนตกเมื่อวาน")),
        (("أول جملة.", "جملة واحدة فقط."), ("أول جملة.",)),
        (("Bakarra.",), ("Bakarra.",)),
    ],
)
def test_the_last_sentence_goes_in_any_script(paragraphs, shorter):
    assert without_last_sentence(paragraphs) == shorter


def test_a_cut_capture_is_shorter_on_disk():
    whole = Capture("https://a.example/", b"x" * 1000, kind="native")
    cut = Capture("https://a.example/", b"x" * 1000, kind="native", keep=0.5)
    sizes = [len(write_warc("t.warc.gz", [capture], codec="gzip")) for capture in (whole, cut)]
    assert sizes[0] > sizes[1]


def minimal_site(folder: Path, **changes):
    text = (PAGES / "eus_Latn" / "site.yaml").read_text(encoding="utf-8")
    for old, new in changes.items():
        text = text.replace(old, new)
    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text(text, encoding="utf-8")


def page_text(**changes):
    values = {"title": "Kaixo", "date": '"2026-01-01"', "license": "none", "summary": "Laburra."} | changes
    return "".join(f"{key}: {value}\n" for key, value in values.items()) + "paragraphs: [Kaixo denoi.]\n"


@pytest.mark.parametrize(
    ("changes", "field", "hint"),
    [
        ({"license": "by-rell"}, "license", "by-rel"),
        ({"links": "[okindegi]"}, "links", "no page okindegi"),
        ({"section": "Albistea"}, "section", "Albisteak"),
        ({"license": "caption-only"}, "caption", "needs a caption"),
        ({"boilerplate": "spa_Latn"}, "boilerplate", "no folder spa_Latn"),
        ({"titel": "Kaixo"}, "titel", "title"),
    ],
)
def test_a_mistake_in_a_page_names_file_field_and_remedy(tmp_path, changes, field, hint):
    minimal_site(tmp_path / "eus_Latn")
    (tmp_path / "eus_Latn" / "kaixo.yaml").write_text(page_text(**changes), encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load_web(tmp_path)
    assert caught.value.file == "eus_Latn/kaixo.yaml"
    assert caught.value.field == field
    assert hint in str(caught.value)


def test_a_host_that_could_exist_is_refused(tmp_path):
    minimal_site(tmp_path / "eus_Latn", **{"host: haranekoberriak.example": "host: haranekoberriak.eus"})
    with pytest.raises(RecipeError) as caught:
        load_web(tmp_path)
    assert caught.value.field == "host"


def test_two_sites_cannot_share_a_host(tmp_path):
    minimal_site(tmp_path / "eus_Latn")
    minimal_site(tmp_path / "spa_Latn")
    with pytest.raises(RecipeError, match="already the site of eus_Latn"):
        load_web(tmp_path)


def test_a_folder_without_site_is_refused(tmp_path):
    (tmp_path / "eus_Latn").mkdir()
    with pytest.raises(RecipeError, match=r"no site\.yaml"):
        load_web(tmp_path)


def test_folders_are_frozen_values(folders):
    assert all(isinstance(folder, Folder) for folder in folders)
    assert [folder.tag for folder in folders] == sorted(folder.tag for folder in folders)
