"""`normalize`: one spelling of the same text: NFC, no invisible characters, no mojibake, tidy white space, packs."""

import functools
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from typing import Literal

from glotmill.core.arrow import optional_texts, strings
from glotmill.core.hashing import content_hash
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Spec
from glotmill.text.rules import language_path, read_language
from glotmill.text.spelling.files import SCRIPTS_FILE, packs_of, read_script_packs
from glotmill.text.spelling.pack import Change, spelling

# What separates lines but is not a line feed. NEL (U+0085) is not here: in real text it is a mis-decoded ellipsis.
_LINE_ENDS = re.compile("\r\n|[\r\v\f\u2028\u2029]")
# Invisible, and without a meaning of their own in running text: control characters; zero-width space, word joiner,
# byte order mark, soft hyphen; marks, embeddings, overrides and isolates that steer the direction of display.
# U+200C and U+200D stay: they change what is read in Persian, in Indic scripts and in emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_BLANK_LINES = re.compile("\n{4,}")
# ftfy says that longer segments take it unreasonable time.
_SEGMENT = 1_000_000
# The longest run of combining marks that real text is known to hold is 30 (UAX #15, stream-safe text format).
_MARK_RUN = 31
_ASTRAL = "\U00010000"
# Each pass removes a layer (mojibake of mojibake); nothing seen by the property tests needed more than four.
_PASSES = 16


class NormalizeSpec(Spec):
    """Brings `text` into one form and hashes it.

    Line ends become line feeds, mojibake is repaired (ftfy; quotes, ligatures, widths and entities stay as they are),
    control and invisible characters go, then NFC. Lines lose trailing spaces, more than two blank lines become two.
    The result does not change when normalized again.

    Args:
        packs: which spellings become one beyond that. `none`; `script`: those that are right for every language of a
            script (`filters/spelling/scripts.yaml`), on every document; `language`: these, and on rows of the recipe's
            languages those of the language's own file (`normalize`), which needs `identify` before it.
    """

    kind: Literal["normalize"]
    packs: Literal["none", "script", "language"] = "none"

    def files(self, scope: Scope) -> tuple[str, ...]:
        if self.packs == "none":
            return ()
        languages = scope.languages if self.packs == "language" else ()
        return (SCRIPTS_FILE, *(f"{language_path(tag)}?" for tag in languages))

    def contract(self, resources: Resources) -> Contract:
        self._spellings(resources)
        needed = ("text", "language") if self.packs == "language" else ("text",)
        return Contract(fields(*needed), fields("text", "content_hash"), frozenset({"normalize.empty"}))

    def build(self, resources: Resources) -> "Normalize":
        return Normalize(self._spellings(resources))

    def _spellings(self, resources: Resources) -> Mapping[str | None, Change]:
        """Return language -> spelling; under None that of all others."""
        if self.packs == "none":
            return {None: _NO_PACKS}
        common = read_script_packs(resources.files)
        spellings: dict[str | None, Change] = {None: spelling(common)}
        if self.packs == "language":
            for tag in resources.scope.languages:
                language = read_language(tag, resources.files)
                if language is not None and language.normalize:
                    spellings[tag] = spelling((*common, *packs_of(language.normalize)))
        return spellings


class Normalize:
    """The step.

    Args:
        spellings: language -> the packs of spelling for its rows, as one function; under None those of other rows.
    """

    def __init__(self, spellings: Mapping[str | None, Change]) -> None:
        self._spellings = spellings

    def __call__(self, batch: Batch) -> Outcome:
        before = optional_texts(batch.column("text"))
        after = [normalize_text(text or "", spell=spell) for text, spell in zip(before, self._of(batch), strict=True)]
        reasons = [None if text else "normalize.empty" for text in after]
        details = [
            None if new else f"characters {len(old or '')}, visible 0" for old, new in zip(before, after, strict=True)
        ]
        columns = {"text": strings(after), "content_hash": strings(content_hash(text) for text in after)}
        return Outcome(batch.with_columns(columns), strings(reasons), strings(details))

    def _of(self, batch: Batch) -> list[Change]:
        others = self._spellings[None]
        if len(self._spellings) == 1:
            return [others] * len(batch)
        return [self._spellings.get(language, others) for language in optional_texts(batch.column("language"))]


_NO_PACKS = spelling(())


def normalize_text(text: str, *, spell: Change = _NO_PACKS) -> str:
    r"""Return a text in its normal form, in time linear in its length.

    `normalize_text("cafe\\u0301\\u200b  \\r\\n")` is `"café"`; `normalize_text("می\\u200cخواهم")` stays as it is.

    Args:
        text: any string.
        spell: packs of spelling; they see the text in NFC and without invisible characters.
    """
    for _ in range(_PASSES):
        result = _pass(text, spell)
        if result == text:
            break
        text = result
    return text


def _pass(text: str, spell: Change) -> str:
    text = _LINE_ENDS.sub("\n", text)
    text = _repair(text)
    text = _INVISIBLE.sub("", text)
    text = spell(_compose(text))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n\n", text).strip()


def _repair(text: str) -> str:
    suspicious, fix = _mojibake()
    if text.isascii() or not suspicious(text):
        return text
    return "\n".join(fix(line) if suspicious(line) else line for line in text.split("\n"))


@functools.cache
def _mojibake() -> tuple[Callable[[str], object], Callable[[str], str]]:
    """Return a cheap test whether a text can hold mojibake at all, and the repair of one line.

    ftfy changes a line only where its pattern of badness matches, which costs 0.2 ms per thousand characters to try.
    Every alternative of that pattern holds one of the telling characters below, or two neighbors out of its own
    classes of which one is rare; a text without either matches nowhere, and that is most lines of most scripts.
    """
    import ftfy  # noqa: PLC0415  # takes 0.1 s that a recipe without this step need not pay
    from ftfy.badness import MOJIBAKE_CATEGORIES as CLASSES  # noqa: PLC0415

    names = ("c1", "bad", "law", "currency", "start_punctuation", "end_punctuation", "numeric", "box", "upper_accented")
    rare = "".join(CLASSES[name] for name in names) + "°Ђ"
    every = "".join(CLASSES.values())
    pattern = re.compile(f"[{CLASSES['c1']}ŒœÃÂ]|[{rare}][{every}]|[{every}][{rare}]")
    config = ftfy.TextFixerConfig(
        unescape_html=False,
        # It writes U+FFFD for what is lost: that is no repair.
        replace_lossy_sequences=False,
        explain=False,
    )

    def fix(line: str) -> str:
        pieces = (line[start : start + _SEGMENT] for start in range(0, len(line), _SEGMENT))
        return "".join(str(ftfy.fix_encoding(piece, config)) for piece in pieces)

    return pattern.search, fix


def _compose(text: str) -> str:
    if text.isascii():
        return text
    marks, order = _marks()
    # Python sorts combining marks by insertion: 160,000 of them take 17 s, and nothing at all once they are sorted.
    return unicodedata.normalize("NFC", marks.sub(order, text))


@functools.cache
def _marks() -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    every = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))]
    decomposed = str.maketrans({mark: unicodedata.normalize("NFD", mark) for mark in every})
    exact = re.compile(f"[{''.join(every)}]{{{_MARK_RUN},}}")
    # Classes of characters beyond U+FFFF are slow, so the first look takes all of those for marks.
    possible = re.compile(f"[{''.join(mark for mark in every if mark < _ASTRAL)}{_ASTRAL}-\U0010ffff]{{{_MARK_RUN},}}")

    def sort(run: re.Match[str]) -> str:
        return "".join(sorted(run[0].translate(decomposed), key=unicodedata.combining))

    return possible, lambda run: exact.sub(sort, run[0])
