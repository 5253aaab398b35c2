"""Language tags: one canonical spelling, `<ISO 639-3>_<ISO 15924>`, and what a model's label means in it."""

import difflib
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from glotmill.core.errors import RecipeError
from glotmill.text.scripts import known_scripts

# Scripts that name a use of another one, or a mixture. Chinese is one tag whichever characters it is written in,
# since a converter, not a corpus, is the place to choose between them.
_SCRIPT_ALIASES = {"Hans": "Hani", "Hant": "Hani", "Hanb": "Hani", "Kore": "Hang", "Aran": "Arab", "Hrkt": "Jpan"}
# What is written in a mixture of scripts: any part of it, alone, is still that mixture.
_MIXTURES = {"jpn": ("Jpan", frozenset({"Hani", "Hira", "Kana"})), "kor": ("Hang", frozenset({"Jamo"}))}
# Labels without a script are Wikipedia's codes (lid.176 was trained on it), which follow ISO 639 but for this one:
# als.wikipedia is Alemannic, while ISO 639-3 als is Tosk Albanian.
_BARE_LABELS = {"als": "gsw"}
_PREFIX = "__label__"


@dataclass(frozen=True, slots=True)
class Language:
    """What ISO 639 says about one code.

    Args:
        code: ISO 639-3 (or a collection of 639-5 that models use as a label).
        scripts: scripts it is usually written in, the default first; empty where unknown.
        macro: the macrolanguage or collection it belongs to, or the empty string.
        stands_for: for a macrolanguage, the member that its bare name means (`est` -> `ekk`), or the empty string.
        name: English reference name.
    """

    code: str
    scripts: tuple[str, ...]
    macro: str
    stands_for: str
    name: str


@dataclass(frozen=True, slots=True)
class _Table:
    languages: Mapping[str, Language]
    codes: Mapping[str, str]  # any ISO 639 code -> ISO 639-3


@functools.cache
def _table() -> _Table:
    languages: dict[str, Language] = {}
    codes: dict[str, str] = {}
    text = resources.files("glotmill.text").joinpath("languages.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        code, others, scripts, macro, stands_for, name = line.split("\t")
        languages[code] = Language(code, tuple(scripts.split()), macro, stands_for, name)
        codes[code] = code
        for other in others.split():
            codes[other] = code
    return _Table(MappingProxyType(languages), MappingProxyType(codes))


def canonical(code_or_tag: str, script: str | None = None) -> str:
    """Return the canonical tag of a language code or tag, `eus_Latn` for `eu`, `eus`, `baq`, `eu-Latn`.

    A macrolanguage whose name means one member in practice becomes that member (`est` -> `ekk_Latn`, `fas` ->
    `pes_Arab`, `zh-Hant` -> `cmn_Hani`); one without such a member stays itself (`hbs_Latn`).

    Args:
        code_or_tag: ISO 639-1, 639-2/B or 639-3, alone or followed by `_Script` or `-Script`.
        script: ISO 15924; overrides the script of the tag. Without either, the language's usual script.

    Raises:
        RecipeError: no such language or script, with near matches; or the script is unknown and must be named.
    """
    code, _, own_script = code_or_tag.strip().replace("-", "_").partition("_")
    table = _table()
    known = table.codes.get(code.lower())
    if known is None:
        raise RecipeError(f"no such language: {code_or_tag!r}", remedy=_near_languages(code_or_tag, own_script))
    language = table.languages[known]
    if language.stands_for:
        language = table.languages[language.stands_for]
    wanted = script or own_script
    if not wanted:
        if not language.scripts:
            remedy = f"Write the script behind it, for example {language.code}_Latn."
            raise RecipeError(f"{language.code} ({language.name}) has no usual script on record", remedy=remedy)
        wanted = language.scripts[0]
    return f"{language.code}_{_script_of(language.code, wanted, code_or_tag)}"


def _script_of(code: str, script: str, given: str) -> str:
    script = script.capitalize()
    script = _SCRIPT_ALIASES.get(script, script)
    mixture, parts = _MIXTURES.get(code, ("", frozenset()))
    if script in parts:
        script = mixture
    if script not in known_scripts():
        usual = _table().languages[code].scripts
        if len(script) != 4:
            remedy = f"A tag carries a script, not a country: {code}_{next(iter(usual), 'Latn')}."
        else:
            close = difflib.get_close_matches(script, sorted(known_scripts()), n=3, cutoff=0.5)
            likely = [known for known in usual if known in close] or close or list(usual)
            remedy = f"Did you mean {', '.join(f'{code}_{known}' for known in likely)}?" if likely else ""
        raise RecipeError(f"no such script (ISO 15924): {script!r} in {given!r}", remedy=remedy or None)
    return script


def _near_languages(given: str, script: str) -> str:
    table = _table()
    word = given.strip().casefold()
    code = word.replace("-", "_").partition("_")[0]
    by_name: dict[str, str] = {}
    for language in table.languages.values():
        for part in (language.name, language.name.split(" (")[0]):
            by_name.setdefault(part.casefold(), language.code)
    known = sorted(by_name)
    names = difflib.get_close_matches(word, known, n=3, cutoff=0.75) or difflib.get_close_matches(code, known, 3, 0.8)
    # Codes of two letters mark the languages that people most often mean.
    common = sorted({full for short, full in table.codes.items() if len(short) == 2})
    codes = difflib.get_close_matches(code, common, n=3, cutoff=0.6) if len(code) <= 3 else []
    found = list(dict.fromkeys([*(by_name[name] for name in names), *codes]))[:4]
    if not found:
        return "Write an ISO 639-3 code and a script: eus_Latn, hin_Deva, arb_Arab."
    suggestions = []
    for match in found:
        language = table.languages[table.languages[match].stands_for or match]
        usual = script.capitalize() if script.capitalize() in language.scripts else next(iter(language.scripts), "Latn")
        suggestions.append(f"{language.code}_{usual} ({language.name})")
    return f"Did you mean {', '.join(suggestions)}?"


def describe(tag: str) -> Language:
    """Return what ISO 639 says about the language of a canonical tag.

    Raises:
        RecipeError: no such language.
    """
    return _table().languages[canonical(tag).partition("_")[0]]


@functools.cache
def members_of(code: str) -> frozenset[str]:
    """Return the languages that belong to a macrolanguage or collection (ISO 639-3 codes), none for any other."""
    return frozenset(language.code for language in _table().languages.values() if language.macro == code)


def split_label(label: str) -> tuple[str, str | None] | None:
    """Return a model label as (ISO 639-3 code, script or None), or None where either is unknown.

    Reads `__label__eu`, `eu`, `eus`, `eus_Latn`. A label without a script is a Wikipedia code. The code is not
    yet that of the member a macrolanguage stands for: `ar` gives `ara`.
    """
    code, _, script = label.removeprefix(_PREFIX).replace("-", "_").partition("_")
    if not script:
        code = _BARE_LABELS.get(code, code)
    known = _table().codes.get(code.lower())
    script = _SCRIPT_ALIASES.get(script.capitalize(), script.capitalize())
    if known is None or (script and script not in known_scripts()):
        return None
    return known, script or None


def matches(label: str, tag: str) -> bool:
    """Return whether a model's label can mean the language of a canonical tag.

    A macrolanguage's label matches each member (`ar` matches `arb_Arab` and `arz_Arab`, `zh` matches `cmn_Hani`)
    and a member's label matches the macrolanguage (`hr` matches `hbs_Latn`). A script in the label must agree.

    Raises:
        RecipeError: `tag` names no language.
    """
    parts = split_label(label)
    if parts is None:
        return False
    code, script = parts
    wanted, _, wanted_script = canonical(tag).partition("_")
    if script is not None and _script_of(wanted, script, label) != wanted_script:
        return False
    languages = _table().languages
    macro = languages[wanted].macro
    return wanted in (code, languages[code].stands_for, languages[code].macro) or (macro != "" and macro == code)


def from_label(label: str, script: str | None) -> str | None:
    """Return the canonical tag for a model's label and the script found in the text; None where that is no tag.

    The text's script has the last word: `ar` on Latin letters is `arb_Latn`, which is not Arabic in Arabic script,
    and `sr` becomes `srp_Cyrl` or `srp_Latn` as written. Without a script in either there is no tag.
    """
    parts = split_label(label)
    if parts is None:
        return None
    code, own_script = parts
    found = script or own_script
    return None if found is None else canonical(code, found)


_SUBTAG_SCRIPT = re.compile(r"[A-Za-z]{4}")


def from_bcp47(name: str) -> str | None:
    """Return the canonical tag of a BCP 47 language tag (RFC 5646), or None where it names no language with a script.

    Reads what pages and locales carry: `eu`, `eu-ES`, `pt_BR`, `sr-Latn-RS`, `zh-Hant-TW`, `de-DE-1996`. Regions,
    variants, extensions and private use are left out; `zh-HK` is Chinese, since a region is no language.
    """
    code, *others = name.strip().replace("_", "-").split("-")
    script = next((other for other in others[:2] if _SUBTAG_SCRIPT.fullmatch(other)), None)
    try:
        return canonical(code, script)
    except RecipeError:
        return None


def bcp47(tag: str) -> str:
    """Return the BCP 47 tag (RFC 5646) of a canonical tag: `eu` for `eus_Latn`, `sr-Latn` for `srp_Latn`.

    The shortest code of the language, or of the macrolanguage whose name means it (`ar` for `arb_Arab`, `zh` for
    `cmn_Hani`); the script only where it is not the usual one.

    Raises:
        RecipeError: no such language.
    """
    code, _, script = canonical(tag).partition("_")
    languages = _table().languages
    language = languages[code]
    macro = languages.get(language.macro)
    named = [code] if macro is None or macro.stands_for != code else [macro.code, code]
    short = next((found for one in named if (found := _shortest().get(one))), code)
    usual = language.scripts[:1] == (script,)
    return short if usual else f"{short}-{script}"


@functools.cache
def _shortest() -> Mapping[str, str]:
    return MappingProxyType({full: short for short, full in _table().codes.items() if len(short) == 2})
