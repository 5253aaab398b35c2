"""Account and card numbers: lengths, schemes and check digits decide, not words."""

import pytest
from stdnum import iban, luhn

from glotmill.text.pii import bank
from glotmill.text.pii.bank import cards, ibans
from glotmill.text.pii.digits import plain


def _iban(country: str, account: str) -> str:
    digits = "".join(str(int(character, 36)) for character in account + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"


def _card(start: str, length: int) -> str:
    body = (start + "123456789012345678")[: length - 1]
    return body + luhn.calc_check_digit(body)


@pytest.mark.parametrize("country", sorted(bank._LENGTHS))
def test_every_country_of_the_registry_has_its_length(country):
    made = _iban(country, "1" * (bank._LENGTHS[country] - 4))
    assert [span[:2] for span in ibans(f"x {made}.")] == [(2, 2 + len(made))]
    assert list(ibans(made[:-1])) == []
    known = {info["country"]: number for number, info in _registry()}
    assert known == {} or known.get(country, bank._LENGTHS[country]) == bank._LENGTHS[country]


def _registry():
    """Yield lengths by country as python-stdnum has them, from structures such as `8!n10!n`."""
    for country in bank._LENGTHS:
        _, info = iban._ibandb.info(country + "00")[0]
        length = 4 + sum(int(part.rstrip("!")) for part in _counts(info["bban"]))
        yield length, {"country": country}


def _counts(structure: str) -> list[str]:
    return [part for part in structure.replace("n", " ").replace("a", " ").replace("c", " ").split() if part]


@pytest.mark.parametrize(
    "text",
    [
        "Kontua: DE89 3704 0044 0532 0130 00.",
        "ของฉันDE89370400440532013000ครับ",
        "de89-3704-0044-0532-0130-00",
        "رقم الحساب DE۸۹ ۳۷۰۴ ۰۰۴۴ ۰۵۳۲ ۰۱۳۰ ۰۰",
        "账号DE89 3704 0044 0532 0130 00",
    ],
)
def test_account_numbers_are_found_grouped_or_not_in_any_digits(text):
    (span,) = ibans(plain(text))
    assert text[span.start : span.end].replace(" ", "").replace("-", "")[-2:] in ("00", "۰۰")


@pytest.mark.parametrize(
    "text", ["DE88 3704 0044 0532 0130 00", "DE89370400440532013000X", "XDE89370400440532013000", "ab12 " * 8]
)
def test_what_does_not_check_is_no_account_number(text):
    assert list(ibans(text)) == []


@pytest.mark.parametrize(
    ("start", "length"),
    [
        ("4", 16),
        ("4", 13),
        ("51", 16),
        ("2221", 16),
        ("34", 15),
        ("37", 15),
        ("36", 14),
        ("6011", 16),
        ("3528", 16),
        ("62", 19),
    ],
)
def test_cards_of_every_scheme_are_found(start, length):
    number = _card(start, length)
    assert [span[:2] for span in cards(f"Nambari {number}, ahsante")] == [(8, 8 + length)]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert list(cards(wrong)) == []


@pytest.mark.parametrize(
    "text", ["4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "๔๑๑๑ ๑๑๑๑ ๑๑๑๑ ๑๑๑๑"]
)
def test_cards_are_read_as_they_are_printed(text):
    assert [span[:2] for span in cards(plain(f"บัตร {text} ใช้ได้"))] == [(5, 5 + len(text))]


def test_a_card_is_found_before_the_month_that_it_ends_with():
    assert [span[:2] for span in cards(plain("კარტი 4111 1111 1111 1111 12/28"))] == [(6, 25)]
    assert [span[:2] for span in cards(plain("کارت ۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱ ۰۹ / ۲۰۲۸"))] == [(5, 21)]


@pytest.mark.parametrize(
    "text",
    [
        "978-3-16-148410-0",
        "9783161484100",
        "1234567812345670",
        "41 11 11 11 11 11 11 11",
        "0.4111111111111111",
        "4111 1111 1111 1111 1111",
        "4111 1111 1111 1111 13/26",
    ],
)
def test_numbers_of_books_and_of_no_scheme_stay(text):
    assert list(cards(text)) == []
