"""Repeated lines and paragraphs: which they are, what is left of documents, and that no order of work matters."""

import pickle
import random as chance

import pyarrow as pa
import pytest
from engine import NOTHING, batch, document, emitted, partition, through_a_file
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import DataError, RecipeError
from glotmill.core.hashing import content_hash
from glotmill.core.yamlfile import validate
from glotmill.dedup.lines import COUNTS, LineDedupSpec

# Navigation, and what a page of that language is about; a story per number, so that no line of one is in another.
LANGUAGES = {
    "eus_Latn": ("Hasiera", "Baserritarrak {n} sagar eta gaztaina saltzen ditu azokan."),
    "tha_Thai": ("หน้าแรก", "ชาวประมงจับปลาได้ {n} ตัวก่อนฝนจะตกในตอนเย็น"),
    "arb_Arab": ("الصفحة الرئيسية", "زرع الفلاح {n} شجرة زيتون خلف بيته القديم."),
    "hin_Deva": ("मुख्य पृष्ठ", "किसान ने नदी के किनारे {n} पेड़ लगाए और पानी दिया।"),
    "cmn_Hani": ("首页", "村口的老木匠今年做了{n}把竹椅子。"),
    "tur_Latn": ("Ana Sayfa", "Balıkçı bu sabah {n} kasa hamsi ile limana döndü."),
}
COOKIES = {
    "eus_Latn": "Gune honek cookieak erabiltzen ditu zure bisita errazteko. Ados zaude?",
    "tha_Thai": "เว็บไซต์นี้ใช้คุกกี้เพื่อให้คุณใช้งานได้สะดวกยิ่งขึ้น",
    "arb_Arab": "يستخدم هذا الموقع ملفات تعريف الارتباط لتسهيل زيارتك.",
    "hin_Deva": "यह जालस्थल आपकी सुविधा के लिए कुकी का उपयोग करता है।",
    "cmn_Hani": "本网站使用缓存文件来改善您的访问体验，继续浏览即表示同意我们的做法。",
    "tur_Latn": "Bu site, ziyaretinizi kolaylaştırmak için çerez kullanır.",
}


def spec(**options) -> LineDedupSpec:
    return LineDedupSpec(name="lines", kind="line_dedup", **options)


def run(step_spec, rows, *, shards=1, batch_rows=1000, partitions=4, seed=0):
    """Run the step over rows of equal columns; return doc_id -> what became of the row, and the table."""
    step = step_spec.build(NOTHING)
    written = emitted(step, rows, shards=shards, batch_rows=batch_rows)
    order = list(range(partitions))
    chance.Random(seed).shuffle(order)
    reduced = [
        through_a_file(
            step_spec.build(NOTHING).reduce(
                lambda name, number=number: pa.concat_tables(
                    partition(shard[name], number, partitions) for shard in written
                )
            )
        )
        for number in order
    ]
    table = through_a_file(step.resolve(reduced, lambda name: (shard[name] for shard in written)))
    applied = pickle.loads(pickle.dumps(step_spec)).build(NOTHING)
    became = {}
    for start in range(0, len(rows), batch_rows):
        outcome = applied.apply(batch(rows[start : start + batch_rows]), table)
        verdicts = [None] * len(outcome.batch) if outcome.reasons is None else outcome.reasons.to_pylist()
        details = [None] * len(outcome.batch) if outcome.details is None else outcome.details.to_pylist()
        for row, reason, detail in zip(outcome.batch.rows.to_pylist(), verdicts, details, strict=True):
            became[row["doc_id"]] = {**row, "reason": reason, "detail": detail}
    return became, table


def site(language, count, name="azoka"):
    """Pages of one host: navigation, a story of its own, a notice."""
    menu, story = LANGUAGES[language]
    return [
        document(
            f"{menu}\n{story.format(n=number)}\n{COOKIES[language]}",
            f"{language} {name} {number}",
            url=f"https://{name}.example/{language}/{number}",
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_navigation_and_notices_of_a_site_go_and_its_stories_stay(language):
    rows = site(language, 12)
    became, table = run(spec(), rows)
    story = LANGUAGES[language][1]
    assert [became[row["doc_id"]]["text"] for row in rows] == [story.format(n=number) for number in range(12)]
    first = became[rows[0]["doc_id"]]
    assert first["content_hash"] == content_hash(story.format(n=0))
    assert (first["repeated_lines"], first["removed_lines"], first["reason"]) == (2, 2, None)
    letters = [sum(sign.isalpha() for sign in line) for line in rows[0]["text"].split("\n")]
    assert first["repeated_line_share"] == round(1 - letters[1] / sum(letters), 4)
    assert table.column("documents").to_pylist() == [12, 12]
    assert table.schema.metadata[COUNTS] == b'{"everywhere": 0, "of_sites": 2, "sites": 1}'


def test_nine_pages_are_too_few_to_tell_what_a_site_repeats():
    rows = site("tur_Latn", 9)
    became, _ = run(spec(), rows)
    assert all(became[row["doc_id"]]["text"] == row["text"] for row in rows)


def test_a_heading_on_a_small_share_of_pages_stays():
    rows = site("eus_Latn", 40)
    for row in rows[:11]:
        row["text"] += "\nSarrera"
    became, _ = run(spec(), rows)
    assert became[rows[0]["doc_id"]]["text"].endswith("\nSarrera")
    assert "Sarrera" not in run(spec(min_share_of_site=0.25), rows)[0][rows[0]["doc_id"]]["text"]


def test_a_refrain_in_one_poem_is_one_document_however_often_it_comes():
    poem = "\n".join(f"{verse}. bertsoa haizearen kantuan\nLo hadi, txikia, lo hadi maitea" for verse in range(30))
    rows = [document(poem, "poem", url="https://kantuak.example/1"), *site("eus_Latn", 12, "kantuak")]
    assert run(spec(), rows)[0][rows[0]["doc_id"]]["text"] == poem


def test_a_notice_on_many_hosts_goes_everywhere_and_one_hosts_own_lines_do_not():
    notice, own = COOKIES["arb_Arab"], "قصيدة يرددها أهل القرية في كل عيد من أعيادهم"
    rows = [
        document(f"{LANGUAGES['arb_Arab'][1].format(n=n)}\n{notice}\n{own if n % 4 == 0 else n}", str(n), url=url)
        for n, url in ((n, f"https://h{n % 4}.example/{n // 4}") for n in range(24))
    ]
    became, table = run(spec(min_documents_of_site=None, min_documents=6), rows)
    assert table.column("documents").to_pylist() == [24]
    assert all(notice not in row["text"] for row in became.values())
    assert sum(own in row["text"] for row in became.values()) == 6
    became, _ = run(spec(min_documents_of_site=None, min_documents=6, min_hosts=1), rows)
    assert not any(own in row["text"] for row in became.values())


def test_short_lines_are_not_repeated_everywhere():
    rows = [
        document(f"目录\n{LANGUAGES['cmn_Hani'][1].format(n=n)}", str(n), url=f"https://h{n}.example")
        for n in range(30)
    ]
    became, _ = run(spec(), rows)
    assert all(row["text"].startswith("目录\n") for row in became.values())
    became, _ = run(spec(min_letters=2), rows)
    assert not any("目录" in row["text"] for row in became.values())


def test_each_language_of_a_host_is_a_site_of_its_own():
    rows = [{**row, "language": language} for language in LANGUAGES for row in site(language, 12)]
    became, _ = run(spec(min_share_of_site=0.5), rows)
    assert {row["removed_lines"] for row in became.values()} == {2}
    without = [{name: value for name, value in row.items() if name != "language"} for row in rows]
    assert {row["removed_lines"] for row in run(spec(min_share_of_site=0.5), without)[0].values()} == {0}


def test_a_document_that_is_all_navigation_is_dropped_with_the_count():
    rows = [*site("hin_Deva", 12), document("मुख्य पृष्ठ\n12", "bare", url="https://azoka.example/hin")]
    became, _ = run(spec(), rows)
    bare = became[rows[-1]["doc_id"]]
    assert (bare["reason"], bare["detail"]) == ("line_dedup.too_little_left", "letters 0 < 1, 1 of 2 lines removed")
    assert all(became[row["doc_id"]]["reason"] is None for row in rows[:-1])


def test_a_bound_on_what_is_left_is_for_documents_that_lost_something():
    rows = [*site("tur_Latn", 12), document("Kısa.", "short", url="https://azoka.example/kısa")]
    became, _ = run(spec(min_letters_left=100), rows)
    assert became[rows[-1]["doc_id"]]["reason"] is None
    assert became[rows[0]["doc_id"]]["detail"] == "letters 37 < 100, 2 of 3 lines removed"


def test_annotate_counts_and_changes_nothing():
    rows = site("tha_Thai", 12)
    step_spec = spec(mode="annotate")
    became, _ = run(step_spec, rows)
    first = became[rows[0]["doc_id"]]
    assert (first["text"], first["repeated_lines"], first["removed_lines"]) == (rows[0]["text"], 2, 0)
    assert "content_hash" not in first
    contract = step_spec.contract(NOTHING)
    assert (contract.reasons, "text" in contract.provides.names) == (frozenset(), False)


def test_one_copy_is_left_in_the_document_that_ranks_first():
    rows = site("eus_Latn", 12)
    rows[7]["text"] += "\n" + "Eguna luzea izan da gaur." * 3 + "\nHasiera"  # the longest
    became, _ = run(spec(leave="one"), rows)
    assert became[rows[7]["doc_id"]]["text"] == rows[7]["text"].removesuffix("\nHasiera")
    assert {row["removed_lines"] for row in became.values()} == {1, 2}
    assert sum("Hasiera" in row["text"] for row in became.values()) == 1
    assert sum(COOKIES["eus_Latn"] in row["text"] for row in became.values()) == 1


def test_a_paragraph_is_repeated_as_a_whole():
    notice = "Çerezler hakkında\nBu site çerez kullanır."
    rows = [
        document(
            f"{notice}\n\nÇerezler hakkında\nBalıkçı {n} kasa hamsi getirdi.", str(n), url=f"https://a.example/{n}"
        )
        for n in range(12)
    ]
    became, _ = run(spec(unit="paragraph"), rows)
    first = became[rows[0]["doc_id"]]
    assert first["text"] == "Çerezler hakkında\nBalıkçı 0 kasa hamsi getirdi."
    assert (first["repeated_paragraphs"], first["removed_paragraphs"]) == (1, 1)


def test_folded_digits_make_dates_and_page_numbers_repeated():
    rows = [
        document(f"صفحة {n} من ٤٠\n{LANGUAGES['arb_Arab'][1].format(n='x' * n)}", str(n), url=f"https://a.example/{n}")
        for n in range(12)
    ]
    assert {row["removed_lines"] for row in run(spec(), rows)[0].values()} == {0}
    assert {row["removed_lines"] for row in run(spec(digits="fold"), rows)[0].values()} == {1}


def test_rows_without_a_host_or_text_are_of_no_site():
    rows = [document(text, str(n)) for n, text in enumerate([None, "", " \n", *["Hasiera"] * 20])]
    became, table = run(spec(), rows)
    assert table.num_rows == 0
    assert became[rows[0]["doc_id"]]["text"] is None
    assert became[rows[0]["doc_id"]]["content_hash"] is None
    assert {row["repeated_line_share"] for row in became.values()} == {0.0}
    bare = [{"doc_id": row["doc_id"], "text": row["text"]} for row in rows]
    assert run(spec(leave="one"), bare)[1].num_rows == 0


@pytest.mark.parametrize("leave", ["none", "one"])
def test_no_documents_one_document_and_nothing_but_copies(leave):
    assert run(spec(leave=leave), [])[1].num_rows == 0
    assert spec(leave=leave).build(NOTHING).emit(batch([], like=document("")))["units"].num_rows == 0
    one = site("cmn_Hani", 1)
    assert run(spec(leave=leave), one)[0][one[0]["doc_id"]]["text"] == one[0]["text"]
    copies = [document("เมนู\nติดต่อเรา", str(n), url=f"https://a.example/{n}") for n in range(15)]
    became, _ = run(spec(leave=leave), copies)
    assert sum(row["reason"] is None for row in became.values()) == (leave == "one")


LINES = st.sampled_from(["Hasiera", "हमारे बारे में", "关于我们", "ติดต่อเรา", "اتصل بنا", "Çıkış", "ÇIKIŞ", "", "7"])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.lists(LINES, max_size=6), st.integers(0, 3), st.sampled_from("ab")), max_size=14),
    st.integers(1, 4),
    st.integers(1, 5),
    st.sampled_from(["line", "paragraph"]),
    st.sampled_from(["none", "one"]),
    st.randoms(use_true_random=False),
)
def test_neither_shards_nor_batches_nor_order_change_what_is_removed(pages, shards, batch_rows, unit, leave, random):
    rows = [
        document(
            "\n".join(lines), str(place), url=f"https://h{number}.example/{place}" if number else None, language=tag
        )
        for place, (lines, number, tag) in enumerate(pages)
    ]
    step_spec = spec(
        unit=unit,
        leave=leave,
        min_documents=4,
        min_hosts=2,
        min_letters=6,
        min_documents_of_site=2,
        min_share_of_site=0.6,
    )
    became, table = run(step_spec, rows)
    shuffled = random.sample(rows, len(rows))
    again, other = run(step_spec, shuffled, shards=shards, batch_rows=batch_rows, partitions=3, seed=shards)
    assert again == became
    assert other.equals(table, check_metadata=True)
    if unit == "line" and leave == "none":
        assert {name: row["removed_lines"] for name, row in became.items()} == slowly(rows)


def slowly(rows):
    """Removed lines per document by dictionaries of sets, with the numbers of the test above."""
    holders, hosts, of_site, pages = {}, {}, {}, {}
    found = {row["doc_id"]: [line.casefold() for line in (row["text"] or "").split("\n") if line] for row in rows}
    for row in rows:
        host = (row["url"] or "/////").split("/")[2]
        pages.setdefault((host, row["language"]), set()).add(row["doc_id"])
        for line in found[row["doc_id"]]:
            holders.setdefault(line, set()).add(row["doc_id"])
            hosts.setdefault(line, set()).add(host)
            of_site.setdefault((line, host, row["language"]), set()).add(row["doc_id"])

    def repeated(line, row):
        letters = sum(sign.isalpha() for sign in line)
        if letters >= 6 and len(holders[line]) >= 4 and len(hosts[line]) >= 2:
            return True
        if row["url"] is None or not letters:
            return False
        site = (row["url"].split("/")[2], row["language"])
        documents = len(of_site[(line, *site)])
        return documents >= 2 and documents >= 0.6 * len(pages[site])

    return {row["doc_id"]: sum(repeated(line, row) for line in found[row["doc_id"]]) for row in rows}


def test_keys_of_another_form_of_counting_are_refused():
    rows = site("eus_Latn", 12)
    written = emitted(spec().build(NOTHING), rows)[0]
    with pytest.raises(
        DataError, match=r'keys of step lines were written with .*"digits": "keep".* cannot be compared'
    ):
        spec(digits="fold").build(NOTHING).reduce(lambda name: written[name])


def test_a_step_without_any_rule_is_refused():
    value = {"name": "lines", "kind": "line_dedup", "min_documents": None, "min_documents_of_site": None}
    with pytest.raises(RecipeError, match="nothing is repeated"):
        validate(value, LineDedupSpec, file="r.yaml")
