"""The sheet of ratings in a real browser: single keys rate, a closed page remembers, and what it saves is read back."""

import asyncio
import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from glotmill.report.quality_page import page
from glotmill.report.quality_sheet import Drawn, Population, Sheet, as_csv, read_sheet
from support.chromium import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; apt-get install chromium")

TEXTS = {
    "hin_Deva": "सुबह होते ही मछुआरे अपनी नावें लेकर नदी की ओर निकल पड़ते हैं।\n\nदादी आँगन में तुलसी को पानी देती हैं और हमें पुरानी कहानियाँ सुनाती हैं।",
    "tha_Thai": "ทุกเช้าชาวประมงนำปลาไปขายที่ตลาดแล้วกลับบ้านก่อนแดดจะแรง ฝนตกทั้งคืนจนถนนในหมู่บ้านเต็มไปด้วยน้ำและโคลน",
    "arb_Arab": "2026 فتح السوق أبوابه هذا الصباح وجاء الناس من القرى البعيدة.\n\nGlotmill هو اسم البرنامج، وجلست جدتي تروي لنا حكايات البحر.",
    "swh_Latn": "</div><script>document.title='kuvunjwa'</script> Kila asubuhi wavuvi hupeleka samaki sokoni.",
}
ROWS = tuple(
    Drawn(f"{number:032x}", tag, "hq", text, 1234 * (tag == "tha_Thai"))
    for number, (tag, text) in enumerate(TEXTS.items())
)
SHEET = Sheet("majaribio@1.0.0/4/all/0123456789ab", {(tag, "hq"): Population(9, 1.0) for tag in TEXTS}, ROWS)
SHOWN = "document.querySelector('article:not([hidden])')"


async def session(folder: Path) -> dict[str, Any]:
    """Rate all but one text, close the browser, come back, rate the last and save."""
    html, profile, downloads = (folder / "soma.html").as_uri(), folder / "profile", folder / "saved"
    seen: dict[str, Any] = {}
    async with chromium(profile, downloads) as tab:
        await tab.open(html)
        seen["title"] = await tab.evaluate("document.title")
        seen["shown"] = await tab.evaluate(
            "[...document.querySelectorAll('article')].filter(a => a.offsetParent).length"
        )
        for tag in TEXTS:
            style = f"getComputedStyle({SHOWN}.querySelector('.text'))"
            seen[tag] = await tab.evaluate(
                f"[{SHOWN}.dataset.language, {style}.direction, {SHOWN}.querySelector('.text').lang, {SHOWN}.innerText]"
            )
            await tab.press("j")
        await tab.press("k", "k", "k", "k", "g")
        await tab.press("n")
        await tab.write('good, "but" =short')
        await tab.press("Escape", "b", "u")
        seen["before"] = await tab.evaluate("document.getElementById('done').textContent")
        await tab.press("s")  # nobody said who rates: the name is asked for instead
        seen["asked"] = await tab.evaluate("[document.activeElement.id, document.getElementById('said').textContent]")
        await tab.write("Asha Juma")
        seen["requests"] = [
            url
            for one in tab.events
            if one.get("method") == "Network.requestWillBeSent"
            for url in [one["params"]["request"]["url"]]
            if not url.startswith("data:")  # the browser's own picture of a calendar
        ]
        seen["errors"] = [
            one for one in tab.events if one.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")
        ]
    async with chromium(profile, downloads) as tab:
        await tab.open(html)
        seen["after"] = await tab.evaluate("document.getElementById('done').textContent")
        seen["here"] = await tab.evaluate(f"{SHOWN}.dataset.number")
        await tab.press("x", "g")
        seen["end"] = await tab.evaluate("document.getElementById('end').hidden")
        await tab.press("s")
        await tab.until("Browser.downloadProgress", state="completed")
        seen["anew"] = []
        for _ in range(2):
            await tab.evaluate("document.getElementById('anew').click()")
            seen["anew"].append(await tab.evaluate("[at('done').textContent, at('by').value]"))
        await tab.open(html)
        seen["anew"].append(await tab.evaluate("[at('done').textContent, at('by').value]"))
    return seen


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("soma")
    text = page(ROWS, sheet=SHEET.name, file="soma.csv", today="2026-11-27")
    (folder / "soma.html").write_text(text, encoding="utf-8")
    (folder / "saved").mkdir()
    found = asyncio.run(session(folder))
    return {**found, "csv": (folder / "saved" / "soma.csv").read_text(encoding="utf-8")}


def test_each_text_is_seen_alone_in_its_own_direction_and_runs_nothing(seen: dict[str, Any]) -> None:
    assert seen["shown"] == 1
    assert seen["title"] == f"Quality of {SHEET.name}"
    directions = {tag: tuple(seen[tag][:3]) for tag in TEXTS}
    assert directions == {
        "hin_Deva": ("hin_Deva", "ltr", "hi"),
        "tha_Thai": ("tha_Thai", "ltr", "th"),
        "arb_Arab": ("arb_Arab", "rtl", "ar"),
        "swh_Latn": ("swh_Latn", "ltr", "sw"),
    }
    assert all(text.split("\n")[0] in seen[tag][3] for tag, text in TEXTS.items())
    assert "… 1,234 more characters" in seen["tha_Thai"][3]
    assert [url.rpartition("/")[2] for url in seen["requests"]] == ["soma.html"]
    assert seen["errors"] == []


def test_ratings_are_there_when_the_page_is_opened_again_and_the_saved_file_is_read_back(seen: dict[str, Any]) -> None:
    assert (seen["before"], seen["after"], seen["here"], seen["end"]) == ("3 / 4", "3 / 4", "4", False)
    assert seen["asked"][0] == "by"
    rows = list(csv.DictReader(seen["csv"].splitlines()))
    assert [row["rating"] for row in rows] == ["good", "bad", "unsure", "good"]
    found = read_sheet(seen["csv"], name="soma.csv", sheet=SHEET, by=None, on=date(2026, 1, 1))
    assert (found.by, found.on) == ("Asha Juma", date(2026, 11, 27))
    assert list(found.words.values()) == ["good", "bad", "unsure", "good"]
    written = list(csv.DictReader(as_csv(SHEET, ROWS).splitlines(keepends=True)))
    assert [[row[name] for name in ("sheet", "number", "doc_id", "language")] for row in rows] == [
        [row[name] for name in ("sheet", "number", "doc_id", "language")] for row in written
    ]
    assert json.dumps(rows[1]["note"]) == json.dumps('good, "but" =short')


def test_another_person_at_the_same_browser_starts_anew_once_asked_twice(seen: dict[str, Any]) -> None:
    assert seen["anew"] == [["4 / 4", "Asha Juma"], ["0 / 4", ""], ["0 / 4", ""]]
