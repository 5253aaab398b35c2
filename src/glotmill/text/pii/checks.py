"""Check digits: what tells a number that somebody was given from one that somebody wrote down."""

from collections.abc import Sequence

_VERHOEFF_PRODUCT = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_VERHOEFF_PERMUTATION = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of the digits times their weights; what is longer than the other is not counted."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def luhn(digits: str) -> bool:
    """Tell whether the last digit is right by the algorithm of H. P. Luhn (ISO/IEC 7812-1, annex B)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0


def verhoeff(digits: str) -> bool:
    """Tell whether the last digit is right by the algorithm of J. Verhoeff (1969), the dihedral group of order ten."""
    check = 0
    for position, digit in enumerate(reversed(digits)):
        check = _VERHOEFF_PRODUCT[check][_VERHOEFF_PERMUTATION[position % 8][int(digit)]]
    return check == 0


def mod_97(code: str) -> bool:
    """Tell whether letters (A is 10) and digits leave 1 over 97 (ISO/IEC 7064, MOD 97-10)."""
    return int("".join(str(int(character, 36)) for character in code)) % 97 == 1


def mod_11_10(digits: str) -> bool:
    """Tell whether the last digit is right by ISO/IEC 7064, MOD 11,10."""
    check = 10
    for digit in digits[:-1]:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return (check + int(digits[-1])) % 10 == 1


def mod_11_2(code: str) -> bool:
    """Tell whether the last character, a digit or X, is right by ISO/IEC 7064, MOD 11-2."""
    check = 0
    for digit in code[:-1]:
        check = (check + int(digit)) * 2 % 11
    return "10X98765432"[check] == code[-1]


def is_date(year: int, month: int, day: int) -> bool:
    """Tell whether there is such a day; of the year only its last two digits count, 00 a leap year."""
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    return (month, day) != (2, 29) or year % 4 == 0
