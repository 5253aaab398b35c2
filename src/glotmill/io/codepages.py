"""The encodings of the web by their labels (WHATWG Encoding Standard), as Python codecs."""

import codecs
from dataclasses import dataclass
from functools import lru_cache

# Codec, as resiliparse's label table or uchardet spell it -> WHATWG name and the Python codec that reads most
# of what pages under that name hold (cp932 for Shift_JIS: NEC and IBM extensions; cp949 for EUC-KR).
_SPECIAL = {
    "gbk": ("gbk", "gb18030"),
    "gb2312": ("gbk", "gb18030"),
    "gb18030": ("gb18030", "gb18030"),
    "shift_jis": ("shift_jis", "cp932"),
    "cp932": ("shift_jis", "cp932"),
    "euc_jp": ("euc-jp", "euc_jp"),
    "euc_kr": ("euc-kr", "cp949"),
    "cp949": ("euc-kr", "cp949"),
    "johab": ("johab", "johab"),
    "big5": ("big5", "big5hkscs"),
    "big5hkscs": ("big5", "big5hkscs"),
    "iso2022_jp": ("iso-2022-jp", "iso2022_jp"),
    "iso8859-11": ("windows-874", "cp874"),
    "tis-620": ("windows-874", "cp874"),
    "iso8859-9": ("windows-1254", "cp1254"),
    "iso8859-1": ("windows-1252", "cp1252"),
    "ascii": ("windows-1252", "cp1252"),
    "mac-roman": ("macintosh", "mac_roman"),
    "mac-cyrillic": ("x-mac-cyrillic", "mac_cyrillic"),
    "cp866": ("ibm866", "cp866"),
    "koi8-r": ("koi8-r", "koi8_r"),
    "koi8-u": ("koi8-u", "koi8_u"),
    "utf-8": ("utf-8", "utf-8"),
    "utf-16-le": ("utf-16le", "utf-16-le"),
    "utf-16-be": ("utf-16be", "utf-16-be"),
}
# Labels of the standard that resiliparse's table lacks.
_LACKING = {"x-user-defined": "cp1252", "x-mac-cyrillic": "mac-cyrillic", "x-mac-ukrainian": "mac-cyrillic"}

MULTI_BYTE = frozenset({"gbk", "gb18030", "shift_jis", "euc-jp", "euc-kr", "big5", "iso-2022-jp", "johab"})


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding: its WHATWG name and the Python codec that reads it."""

    name: str
    codec: str

    def decode(self, body: bytes) -> str:
        """Return the text; raise UnicodeError at the first byte that is not of this encoding."""
        return body.decode(self.codec, _NEC_ERRORS if self.codec == "euc_jp" else "strict")


@lru_cache(maxsize=1024)
def labelled(label: str) -> Encoding | None:
    """Return the encoding that a label of the standard names, or None; `utf-7` and the like are none."""
    from resiliparse.parse.encoding import map_encoding_to_html5  # noqa: PLC0415  # heavy

    wanted = label.strip("\t\n\f\r \"'").lower()
    if not wanted.isascii():
        return None
    codec = _LACKING.get(wanted) or map_encoding_to_html5(wanted, fallback_utf8=False)
    return _encoding(codec) if codec else None


def detected(body: bytes, most: int) -> Encoding | None:
    """Return uchardet's guess from `most` bytes of both ends, or None."""
    from resiliparse.parse.encoding import detect_encoding  # noqa: PLC0415  # heavy

    # Its own mapping to the standard's names turns Korean (cp949) into UTF-8, measured on resiliparse 2.0.1.
    guess = detect_encoding(body, max_len=most, html5_compatible=False)
    return _encoding(guess.lower()) if guess else None


def _encoding(codec: str) -> Encoding | None:
    if codec in _SPECIAL:
        return Encoding(*_SPECIAL[codec])
    for prefix, name in (("cp125", "windows-125"), ("iso8859-", "iso-8859-")):
        if codec.startswith(prefix):
            return Encoding(name + codec.removeprefix(prefix), codec)
    try:
        "".encode(codec)
    except (LookupError, ValueError):
        return None
    return Encoding(codec.replace("_", "-"), codec)


def _nec_row(error: UnicodeError) -> tuple[str, int]:
    """Read a character of NEC row 13 or the IBM rows, which EUC-JP pages use and Python's codec does not know."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    if len(pair) < 2 or pair[0] < 0xA1 or pair[1] < 0xA1:
        raise error
    row, cell = pair[0] - 0xA1, pair[1] - 0xA1
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + (0x40 if cell < 63 else 0x41)
    try:
        return bytes((lead, trail)).decode("cp932"), error.start + 2
    except UnicodeDecodeError:
        raise error from None


_NEC_ERRORS = "glotmill.nec"
codecs.register_error(_NEC_ERRORS, _nec_row)
