"""Writes src/glotmill/text/languages.tsv: every ISO 639-3 language with its codes, scripts and macrolanguage.

Run `python scripts/language_table.py ISO_639_3_JSON MACRO_JSON LABELS_JSON OUT`, with the facts taken from
Debian's iso-codes (`iso_639-3.json`), the PyPI package `iso639-lang` (`iso-639_macro.json`, after SIL's table) and any JSON
object whose keys are `language_Script` labels, most used script first per language; CLDR likely subtags of `babel` fill the rest.
"""

import json
import sys
from pathlib import Path

import babel.core

# The member that the bare name of a macrolanguage means in practice (CLDR, FLORES-200 and GlotLID agree on most).
STANDS_FOR = {
    "aka": "twi", "ara": "arb", "aym": "ayr", "aze": "azj", "bik": "bcl", "bua": "bxr", "chm": "mhr", "est": "ekk",
    "fas": "pes", "ful": "fuv", "grn": "gug", "iku": "ike", "kau": "knc", "kok": "gom", "kom": "kpv", "kon": "kng",
    "kur": "kmr", "lah": "pnb", "lav": "lvs", "mlg": "plt", "mon": "khk", "msa": "zsm", "nep": "npi", "nor": "nob",
    "oji": "ojb", "ori": "ory", "orm": "gaz", "pus": "pbt", "que": "quy", "sqi": "als", "swa": "swh", "syr": "aii",
    "uzb": "uzn", "yid": "ydd", "zha": "zyb", "zho": "cmn", "zza": "diq",
}  # fmt: skip
# Collections of ISO 639-5 and codes that web corpora and Wikipedia still use beside ISO 639-3.
COLLECTIONS = {
    "bih": ("Bihari languages", "bh", ["bho", "mai", "mag", "anp"], "bho", "Deva"),
    "nah": ("Nahuatl languages", "", [], "", "Latn"),
    "eml": ("Emilian-Romagnol", "", ["egl", "rgn"], "egl", "Latn"),
}
SAME_AS_MACRO = {"fil": "tgl"}  # the standardised form of a language that has its own code
SCRIPTS = {"Hans": "Hani", "Hant": "Hani", "Kore": "Hang", "Aran": "Arab", "Hanb": "Hani"}
FIRST = {"srp": "Cyrl", "azj": "Latn", "uzn": "Latn", "pan": "Guru", "pnb": "Arab", "kmr": "Latn", "cmn": "Hani",
         "yue": "Hani", "wuu": "Hani", "nan": "Latn", "hbs": "Latn", "pes": "Arab", "arb": "Arab", "zsm": "Latn"}  # fmt: skip


def usual_scripts(candidates: tuple[str, str, str], used: dict[str, list[str]]) -> list[str]:
    """Return the scripts of a language, its default first: by decision, by CLDR, by what is used."""
    code, _, stands = candidates
    likely = babel.core.get_global("likely_subtags")
    guesses = [likely[candidate].split("_")[1] for candidate in candidates if "_" in likely.get(candidate, "")]
    first = FIRST.get(code) or (SCRIPTS.get(guesses[0], guesses[0]) if guesses else None)
    rest = used.get(code) or ([] if first else used.get(stands, []))
    return list(dict.fromkeys([*([first] if first else []), *rest]))


def main() -> None:
    """Write the table."""
    languages = json.loads(Path(sys.argv[1]).read_text("utf-8"))["639-3"]
    macros = json.loads(Path(sys.argv[2]).read_text("utf-8"))["macro"]
    used: dict[str, list[str]] = {}
    for label in json.loads(Path(sys.argv[3]).read_text("utf-8")):
        used.setdefault(label[:3], []).append(label[4:])
    macro_of = {member: macro for macro, members in macros.items() for member in members}
    macro_of.update(SAME_AS_MACRO)
    rows: dict[str, tuple[str, str, str, str, str]] = {}
    for language in languages:
        code, short = language["alpha_3"], language.get("alpha_2", "")
        if language["scope"] == "S":
            continue
        name = language["name"]
        if "ahuatl" in name:
            macro_of.setdefault(code, "nah")
        stands = STANDS_FOR.get(code, "")
        scripts = usual_scripts((code, short, stands), used)
        codes = [known for known in (short, language.get("bibliographic", "")) if known and known != code]
        rows[code] = (" ".join(codes), " ".join(scripts), macro_of.get(code, ""), stands, name)
    for code, (name, short, members, stands, script) in COLLECTIONS.items():
        rows[code] = (short, script, "", stands, name)
        for member in members:
            codes, scripts, _, _, known = rows[member]
            rows[member] = (codes, scripts, code, "", known)
    for member, macro in macro_of.items():
        if member in rows and macro in rows and not rows[member][1] and STANDS_FOR.get(macro) == member:
            rows[member] = (rows[member][0], rows[macro][1], macro, "", rows[member][4])
    head = [
        "# code, other codes, usual scripts (first is the default), macrolanguage, member a macrolanguage's name means, name.",
        "# Facts of ISO 639-3 (registrar SIL International, https://iso639-3.sil.org), ISO 639-1, ISO 639-2/B, ISO 15924;",
        "# scripts after Unicode CLDR likely subtags and labels seen in web corpora. Written by scripts/language_table.py.",
    ]
    body = ["\t".join((code, *rows[code])) for code in sorted(rows)]
    Path(sys.argv[4]).write_text("\n".join([*head, *body]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
