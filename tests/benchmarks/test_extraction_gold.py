"""Gold pages: each holds its gold whole, what was left in English stands in neither, and F1 is what it says."""

import random
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from extraction import mallard, score  # noqa: E402
from extraction.blocks import Article, Block, Run  # noqa: E402
from extraction.gold import SEEN_LANGUAGES, manuals, wordings  # noqa: E402
from extraction.templates import SEEN_TEMPLATES, TEMPLATES, Page  # noqa: E402

from glotmill.text.visible import visible_text  # noqa: E402

ENGLISH = """<page xmlns="http://projectmallard.org/1.0/" id="bread"><title>Baking bread at home</title>
<p>Knead the dough for ten minutes, then let it rest.</p><p>Bake it in a hot oven until the crust is brown.</p></page>"""
THAI = """<page xmlns="http://projectmallard.org/1.0/" id="bread"><info><desc>สรุป</desc></info><title>อบขนมปังที่บ้าน</title>
<p>นวดแป้งสิบนาที   แล้วกด <keyseq><key>Ctrl</key><key>C</key></keyseq>
 หรือดู <link xref="oven"/>.</p><p>Bake it in a hot oven until the crust is brown.</p>
<steps><title>ขั้นตอน</title><item><p>ร่อนแป้ง</p></item><item><p>ใส่ <gui>เกลือ</gui></p><note><p>อย่าใส่มาก</p></note></item></steps>
<table><tr><td><p>แป้ง</p></td><td><p>2 ถ้วย</p></td></tr><tr><td><p>น้ำ</p></td><td><p>1 ถ้วย</p></td></tr></table></page>"""


def thai(tmp_path: Path) -> Article:
    for folder, text in (("C", ENGLISH), ("th", THAI)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "bread.page").write_text(text, encoding="utf-8")
    roots = mallard.pages(tmp_path / "th")
    english = mallard.sentences(mallard.pages(tmp_path / "C"))
    (found,) = mallard.articles(roots, english, {"oven": "เตาอบ"})
    return found


def test_mallard_is_read_as_it_is_shown_and_without_what_was_left_in_english(tmp_path: Path) -> None:
    assert thai(tmp_path).text().split("\n") == [
        *("อบขนมปังที่บ้าน", "นวดแป้งสิบนาที แล้วกด Ctrl+C หรือดู เตาอบ.", "ขั้นตอน", "ร่อนแป้ง", "ใส่ เกลือ", "อย่าใส่มาก"),
        *("แป้ง", "2 ถ้วย", "น้ำ", "1 ถ้วย"),
    ]


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_page_holds_its_article_whole_and_more_of_the_same_language(template: str, tmp_path: Path) -> None:
    article = thai(tmp_path)
    wording = wordings()["tha_Thai"]
    page = TEMPLATES[template](Page(article, wording, "tha_Thai", ("เรื่องอื่น",), random.Random(template)))
    shown = "".join(visible_text(page).split())
    place = -1
    for line in article.text().split("\n"):
        place = shown.find("".join(line.split()), place + 1)
        assert place >= 0, line
    assert "".join(wording.rights.split()) in shown
    assert page == TEMPLATES[template](Page(article, wording, "tha_Thai", ("เรื่องอื่น",), random.Random(template)))


def test_capital_and_unclosed_tags_are_written_where_a_look_says_so() -> None:
    article = Article("x", (Block("title", (Run("ก"),)), Block("paragraph", (Run("ข", "em"), Run(" ค")))))
    page = TEMPLATES["old"](Page(article, wordings()["tha_Thai"], "tha_Thai", (), random.Random(1)))
    assert '<H1><font face="Arial" size="2">ก</FONT></H1>' in page
    assert '<P><font face="Arial" size="2">ข ค</FONT>\n' in page


def test_half_of_languages_and_of_templates_are_for_development() -> None:
    assert 2 * len(SEEN_LANGUAGES) == len(wordings())
    assert 2 * len(SEEN_TEMPLATES) == len(TEMPLATES)
    assert set(wordings()) > SEEN_LANGUAGES


def test_f1_counts_shingles_in_any_script_and_neither_marks_nor_order_of_lines() -> None:
    gold = "one two three four five\nsix seven eight nine"
    assert score.by_words([gold], [gold])[0].f1 == 1
    (half,) = score.by_words(["one two three four five"], [gold])
    assert (half.precision, round(half.recall, 4)) == (1.0, round(2 / 6, 4))
    assert score.by_words([""], [gold])[0].f1 == 0
    assert score.by_words(["می‌خواهم نان گرم بخرم"], ["می‌خواهم نان گرم بخرم!"])[0].f1 == 1
    (same,) = score.by_characters(["- ขนมปังอุ่นๆ | ที่ตลาด"], ["ขนมปังอุ่นๆ\nที่ตลาด"])
    assert same.f1 == 1
    assert score.by_characters(["ขนมปังอุ่นๆที่ตลาด"], ["ขนมปังอุ่นๆทีตลาด"])[0].f1 < 0.7


@pytest.mark.real
@pytest.mark.slow
def test_the_manuals_content_stands_on_their_pages() -> None:
    real = ROOT / ".cache/real"
    if not (real / "truth.jsonl").exists():
        pytest.skip(f"{real / 'truth.jsonl'} is missing; `make real-warc` writes it")
    found = list(manuals(real))
    assert {page.source for page in found} == {"debian-handbook", "installation-guide"}
    for page in found[::40]:
        shown = "".join(visible_text(page.html).split())
        lines = page.text.split("\n")
        assert sum("".join(line.split()) in shown for line in lines) > 0.95 * len(lines), page.name
