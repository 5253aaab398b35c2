"""Thai and Lao: vowels and tones typed apart, in another order, or twice."""

import re
from dataclasses import dataclass

from glotmill.text.spelling.pack import Change, Pack


@dataclass(frozen=True, slots=True)
class _Script:
    """Characters of a script that writes vowels around consonants, each as inside the brackets of an expression.

    Args:
        consonants: a tone stands on them.
        attached: vowels above and below.
        tones: tone marks.
        killers: marks of silent letters, which stand on vowels too.
        following: vowels behind the consonant.
        nikhahit: the ring that `aa` makes `am` of.
        aa: the vowel.
        am: both.
        e: a vowel before the consonant.
        ae: what two of `e` look like.
    """

    consonants: str
    attached: str
    tones: str
    killers: str
    following: str
    nikhahit: str
    aa: str
    am: str
    e: str
    ae: str


_THAI = _Script("ก-ฮ", "\u0e31\u0e34-\u0e39", "\u0e48-\u0e4b", "\u0e4c", "ะาำ", "\u0e4d", "า", "ำ", "เ", "แ")
_LAO = _Script(
    "ກ-ຮໜໝ", "\u0eb1\u0eb4-\u0eb9\u0ebb\u0ecd", "\u0ec8-\u0ecb", "\u0ecc", "ະາຳ", "\u0ecd", "າ", "ຳ", "ເ", "ແ"
)


def _marks(script: _Script) -> Change:
    marks = f"{script.attached}{script.tones}{script.killers}"
    stacks = re.compile(f"[{marks}]{{2,}}")
    # Nearly every second stack of real text is an orderly vowel and tone: a search that fails saves a call for each.
    wrong = re.compile(
        f"([{marks}])(?:\\1|(?<=[{script.tones}{script.killers}])[{script.attached}]"
        f"|(?<={script.killers})[{script.tones}])"
    )
    classes = [re.compile(f"[{kind}]") for kind in (script.attached, script.tones, script.killers)]
    apart = re.compile(f"{script.nikhahit}([{script.tones}]*){script.aa}")
    late = re.compile(f"([{script.following}])(?<=[{script.consonants}][{script.following}])([{script.tones}]+)")

    def order(found: re.Match[str]) -> str:
        ordered = "".join("".join(kind.findall(found[0])) for kind in classes)
        return re.sub(r"(.)\1+", r"\1", ordered)

    def ordered(text: str) -> str:
        return text if wrong.search(text) is None else stacks.sub(order, text)

    def change(text: str) -> str:
        text = ordered(text)
        if script.nikhahit in text:
            text = ordered(apart.sub(rf"\1{script.am}", text))
        return late.sub(r"\2\1", text).replace(script.e * 2, script.ae)

    return change


def _signs(script: _Script) -> str:
    return f"{script.attached}{script.tones}{script.killers}{script.nikhahit}{script.e}"


THAI_MARKS = Pack(
    name="thai_marks",
    about="Sara am in one piece (นํ้า is น้ำ), tones before the vowels behind a consonant (นำ้ is น้ำ) and after those above "
    "and below it, a mark typed twice once, two sara e as sara ae (เเม่ is แม่). Stretched letters (มากกก, จ้าาา) stay.",
    source="Unicode 16.1 (order of Thai); WTT 2.0, the input sequence rules of TIS 620; behavior of PyThaiNLP's normalize",
    scripts=("Thai",),
    signs=_signs(_THAI),
    change=_marks(_THAI),
)

LAO_MARKS = Pack(
    name="lao_marks",
    about="As in Thai: ນໍ້າ is ນ້ຳ, ເເ is ແ, tones behind the vowels above and below, a mark typed twice once.",
    source="Unicode 16.2 (Lao is encoded and ordered as Thai is)",
    scripts=("Laoo",),
    signs=_signs(_LAO),
    change=_marks(_LAO),
)
