"""What a configuration of FineWeb-2 asks of a language, as bounds of our rules."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import load
from glotmill.text.linting.published import Published, is_published, read_published
from glotmill.text.measures import MEASURES
from glotmill.text.rules import Bounds, LanguageFile, Off, OwnBound

# fineweb-2-pipeline.py gives these arguments to datatrove's filters in every language.
_DUPLICATE_TEXT: Final = 0.1  # char_duplicates_ratio
_NOT_THERE = Off(switched_off="fineweb-2-pipeline.py switches this check off")
_ZERO = Off(switched_off="the configuration says 0, by which datatrove switches the check off")
_NO_LINES = Off(switched_off="the configuration says 0: no share is below it")
_ABSENT = Off(switched_off="the configuration has no number for n-grams of this length")
# What a language's file may need beyond that stays as it is: ends of sentences, and how long its texts are.
Asked = Mapping[str, Mapping[str, Bounds]]


def configuration_path(folder: str, tag: str) -> str:
    """Return the project path of a language's configuration."""
    return f"filters/{folder}/{tag}.yaml"


def read_configuration(text: str, tag: str, *, file: str) -> Published:
    """Return a configuration.

    Args:
        text: YAML, as github.com/huggingface/fineweb-2 has it under configs/.
        tag: the language.
        file: for errors.

    Raises:
        RecipeError: it is none, or one with a mistake; names the field.
    """
    value = load(text, file=file)
    if not is_published(value):
        remedy = "Such a file has stopwords, dup_line_frac, top_n_grams and so on, as FineWeb-2's configs/*.yml."
        raise RecipeError("this is no configuration of FineWeb-2", file=file, remedy=remedy)
    return read_published({tag: value}, file=file)[tag]


def asked_by(config: Published) -> Asked:
    """Return rule set -> measure -> bounds for the three sets that FineWeb-2's pipeline uses.

    It follows the calls of datatrove's filters in fineweb-2-pipeline.py (Penedo et al. 2025, arXiv:2506.20920), with what
    these make of 0 and of numbers that nobody can mean. `max_non_alpha_words_ratio` is the least share of words with a
    letter, in spite of its name.
    """
    repetition = {
        "duplicate_paragraph_share": Bounds(above=_NOT_THERE),
        "duplicate_paragraph_characters": Bounds(above=_NOT_THERE),
        "duplicate_line_characters": Bounds(above=_NOT_THERE),
        "duplicate_line_share": Bounds(above=config.dup_line_frac or _ZERO),
    }
    grams = (("top", config.top_n_grams, range(2, 5)), ("duplicate", config.dup_n_grams, range(5, 11)))
    for kind, pairs, lengths in grams:
        given: dict[int, OwnBound] = dict(pairs)
        for n in lengths:
            repetition[f"{kind}_{n}gram_characters"] = Bounds(above=given.get(n, _ABSENT))
    return MappingProxyType(
        {
            "gopher_repetition": repetition,
            "fineweb_quality": {
                "sentence_line_share": Bounds(below=config.line_punct_thr or _NO_LINES),
                "short_line_share": Bounds(above=_NOT_THERE),
                "duplicate_text_share": Bounds(above=_DUPLICATE_TEXT),
                "line_break_ratio": Bounds(above=config.new_line_ratio),
            },
            "gopher_quality": {
                "mean_word_length": Bounds(below=config.min_avg_word_length, above=config.max_avg_word_length or _ZERO),
                "alpha_word_share": Bounds(below=config.max_non_alpha_words_ratio),
            },
        }
    )


def configured(language: LanguageFile, config: Published, *, file: str) -> LanguageFile:
    """Return a language with a configuration's bounds and stop words in the place of its own.

    Bounds of other rule sets, ends of sentences and the relative length stay those of the language.

    Args:
        language: the language's own file.
        config: its configuration.
        file: of the configuration, for errors.

    Raises:
        RecipeError: the configuration has a bound for n-grams that no measure counts.
    """
    unknown = sorted(n for n, _ in config.top_n_grams if f"top_{n}gram_characters" not in MEASURES)
    unknown += sorted(n for n, _ in config.dup_n_grams if f"duplicate_{n}gram_characters" not in MEASURES)
    if unknown:
        message = f"the configuration of {language.tag} bounds n-grams of {unknown[0]} words, which no measure counts"
        raise RecipeError(
            message, file=file, remedy="Measures count top n-grams of 2 to 4 words and duplicate ones of 5 to 10."
        )
    update = {"bounds": {**language.bounds, **asked_by(config)}, "stop_words": config.stopwords}
    return language.model_copy(update=update)
