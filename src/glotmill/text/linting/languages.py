"""What cannot be meant as it stands in rule sets and language files."""

from collections.abc import Iterator, Mapping, Sequence

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import near, parse
from glotmill.text import scripts
from glotmill.text.linting.bounds import fault_of
from glotmill.text.linting.findings import Finding
from glotmill.text.linting.words import common_words, lint_words
from glotmill.text.measures import MEASURES
from glotmill.text.rules import LanguageFile, RuleSet, bind, language_path
from glotmill.text.tags import canonical

# Scripts whose languages close a sentence with a space, and so have no mark to list.
_NO_MARK = frozenset({"Thai", "Laoo", "Lana", "Tale", "Talu", "Java", "Bali"})
# Scripts with marks of their own that running text in them ends in: any one of these is missed first.
_OWN_MARKS: Mapping[str, str] = {
    "Arab": "؟۔",
    "Armn": "։",
    "Beng": "।",
    "Deva": "।",
    "Ethi": "።",
    "Guru": "।",
    "Hani": "。",
    "Jpan": "。",
    "Khmr": "។",
    "Mymr": "။",
    "Orya": "।",
    "Tibt": "།",
}
# Bounds on the mean word length that Gopher found on English. Where words are not spaced they are shorter: 1.4 to 2.8
# characters in Chinese and Japanese prose, 2.5 to 3.7 base characters in Thai.
_ENGLISH_SHORTEST, _ENGLISH_LONGEST = 3.0, 10.0
_SHORT_WORDS = frozenset({"Hani", "Jpan"})
_UNSPACED = _SHORT_WORDS | {"Thai", "Laoo", "Khmr", "Mymr", "Tibt"}
_FEWEST_STOP_WORDS = 10


def lint_rule_set(file: str, text: str) -> tuple[Finding, ...]:
    """Return what is wrong with a rule set: a mistake that keeps it from being read, else its bounds."""
    try:
        rules = parse(text, RuleSet, file=file)
    except RecipeError as error:
        return (_unreadable(file, error),)
    found = []
    for index, rule in enumerate(rules.rules):
        bound = getattr(rule, rule.side)
        if isinstance(bound, float | int):
            fault = fault_of(MEASURES[rule.measure], float(bound), side=rule.side)
            if fault is not None:
                field = f"rules.{index}.{rule.side}"
                found.append(Finding(file, field, fault.severity, fault.message, fault.remedy))
    return tuple(found)


def lint_languages(texts: Mapping[str, str], sets: Sequence[RuleSet]) -> tuple[Finding, ...]:
    """Return what is wrong with language files, file by file.

    Args:
        texts: file -> YAML.
        sets: the rule sets that their bounds are for.
    """
    read: dict[str, LanguageFile] = {}
    found: list[Finding] = []
    for file, text in texts.items():
        try:
            read[file] = parse(text, LanguageFile, file=file)
        except RecipeError as error:
            found.append(_unreadable(file, error))
    common = common_words({language.tag: language.stop_words for language in read.values()})
    for file, language in read.items():
        found.extend(_language(file, language, sets, common))
    return tuple(sorted(found))


def lint_tag(tag: str, *, file: str, field: str) -> Iterator[Finding]:
    """Yield what is wrong with a language's tag."""
    try:
        known = canonical(tag)
    except RecipeError as error:
        yield Finding(file, field, "error", error.message, error.remedy or "Write ISO 639-3 and ISO 15924: eus_Latn.")
        return
    if known != tag:
        yield Finding(file, field, "error", f"{tag} is not how the tag is written", f"Write {known}.")


def lint_word_lengths(
    below: float | None, above: float | None, *, script: str, file: str, fields: tuple[str, str]
) -> Iterator[Finding]:
    """Yield bounds on mean word length that cross, or that are English ones where words are not spaced.

    Args:
        below: the lower bound.
        above: the upper bound.
        script: of the language's tag.
        file: for findings.
        fields: of the two bounds, for findings.
    """
    if below is not None and above is not None and below > above:
        yield _crossed(file, fields[0], below, above)
    if below is not None and below >= _ENGLISH_SHORTEST and script in _SHORT_WORDS:
        message = f"a mean word length below {below:g} drops all running text in {script}"
        yield Finding(file, fields[0], "error", message, "Take one from running text: glotmill calibrate.")
        return
    for field, bound, english in zip(fields, (below, above), (_ENGLISH_SHORTEST, _ENGLISH_LONGEST), strict=True):
        if script in _UNSPACED and bound == english:
            message = f"a mean word length of {bound:g} is the number for English, and {script} has shorter words"
            yield Finding(file, field, "warning", message, "Take one from running text: glotmill calibrate.")


def _crossed(file: str, field: str, below: float, above: float) -> Finding:
    message = f"below {below:g} and above {above:g} together drop every document"
    return Finding(file, field, "error", message, "The lower bound must be the smaller one.")


def _unreadable(file: str, error: RecipeError) -> Finding:
    remedy = error.remedy or "See the files that come with Glotmill."
    return Finding(file, error.field or "", "error", error.message, remedy)


def _language(
    file: str, language: LanguageFile, sets: Sequence[RuleSet], common: Mapping[str, int]
) -> Iterator[Finding]:
    script = language.tag.partition("_")[2]
    yield from lint_tag(language.tag, file=file, field="tag")
    if not file.endswith(f"{language.tag}.yaml"):
        path = language_path(language.tag)
        yield Finding(file, "tag", "error", f"the file is about {language.tag}", f"Name it {path}.")
    if len(language.stop_words) < _FEWEST_STOP_WORDS:
        message = f"{len(language.stop_words)} stop words are too few to know the language by"
        yield Finding(file, "stop_words", "warning", message, "glotmill calibrate proposes more.")
    yield from lint_words(language.stop_words, file=file, field="stop_words", script=script, common=common)
    yield from _sentence_ends(file, language, script)
    yield from _bounds(file, language, sets, script)


def _sentence_ends(file: str, language: LanguageFile, script: str) -> Iterator[Finding]:
    field, marks = "sentence_ends", "".join(language.sentence_ends)
    if not marks:
        if script not in _NO_MARK:
            yield Finding(file, field, "error", "no mark closes a sentence", f"List those of {script}: . ? !")
        return
    own = _OWN_MARKS.get(script, "")
    if own and not any(mark in marks for mark in own):
        yield Finding(file, field, "warning", f"{' or '.join(own)} is missing", f"{script} closes sentences with it.")
    signs = (scripts.PUNCTUATION, scripts.SYMBOL)
    for mark in language.sentence_ends:
        if not all(kind in signs for kind in scripts.classes_of(scripts.code_points(mark)).tolist()):
            yield Finding(file, field, "error", f"{mark!r} is no punctuation", "List the marks alone.")


def _bounds(file: str, language: LanguageFile, sets: Sequence[RuleSet], script: str) -> Iterator[Finding]:
    known = {rules.name: rules for rules in sets}
    for name, measures in language.bounds.items():
        if name not in known:
            yield Finding(file, f"bounds.{name}", "error", f"there is no rule set {name}", near(name, known))
            continue
        asked = {(rule.measure, rule.side) for rule in known[name].rules}
        for measure, bounds in measures.items():
            for side in sorted(bounds.model_fields_set):
                if (measure, side) not in asked:
                    message = f"no rule of {name} asks for {measure} {side}"
                    field = f"bounds.{name}.{measure}.{side}"
                    yield Finding(file, field, "error", message, "Take it out: nothing reads it.")
    for rules in sets:
        yield from _bound_rules(file, language, rules, script)


def _bound_rules(file: str, language: LanguageFile, rules: RuleSet, script: str) -> Iterator[Finding]:
    """Yield what is wrong with the numbers by which a set judges the language, its own and the set's."""
    try:
        bound_rules = bind(rules, language)
    except RecipeError as error:
        remedy = f"{error.remedy} Recipes that judge by {rules.name} refuse the language."
        yield Finding(file, error.field or "", "warning", error.message, remedy)
        return
    sides: dict[str, dict[str, float]] = {}
    for rule in bound_rules:
        field = f"bounds.{rules.name}.{rule.measure.name}.{rule.side}"
        fault = fault_of(rule.measure, rule.bound, side=rule.side, stop_words=len(language.stop_words))
        if fault is not None:
            yield Finding(file, field, fault.severity, fault.message, fault.remedy)
        sides.setdefault(rule.measure.name, {})[rule.side] = rule.bound
    for name, both in sides.items():
        field = f"bounds.{rules.name}.{name}"
        below, above = both.get("below"), both.get("above")
        if name == "mean_word_length":
            fields = (f"{field}.below", f"{field}.above")
            yield from lint_word_lengths(below, above, script=script, file=file, fields=fields)
        elif below is not None and above is not None and below > above:
            yield _crossed(file, field, below, above)
