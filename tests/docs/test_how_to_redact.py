"""The how-to page on personal data: its commands run as they stand, and it lists every country that has rules."""

import re
from pathlib import Path

from glotmill.text.pii.identity import NUMBERS
from support.pages import run_page

PAGE = Path("docs") / "how-to" / "redact-personal-data.md"


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / PAGE, tmp_path)
    assert "2 เบอร์โทร <phone> และบัตรประชาชน <id> อยู่ในแฟ้ม" in said
    assert "2 Überweisen Sie auf <iban>, meine Steuer-ID ist <id>." in said
    assert "0 Der Umzug am 01.02.2024 kostete 10.000.000 Euro, siehe 6.3.4.2 und 192.168.0.1." in said


def test_the_page_names_every_country_that_has_rules(root: Path) -> None:
    table = (root / PAGE).read_text(encoding="utf-8").partition("## Numbers of persons")[2]
    assert set(re.findall(r"\b[A-Z]{2}\b", table)) - {"ID"} == set(NUMBERS)
