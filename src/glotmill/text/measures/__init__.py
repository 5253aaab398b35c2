"""The measures that rules put bounds on: one number per document, arithmetic over a token table."""

from collections.abc import Mapping
from types import MappingProxyType

from glotmill.text.measures import characters, damage, gopher, lines, repetition, script, surface, words
from glotmill.text.measures.base import RANGES, Measure, Need, Profile, Unit, Values

__all__ = ["MEASURES", "RANGES", "THEMES", "Measure", "Need", "Profile", "Unit", "Values"]

# Theme -> its measures, in the order of the reference.
THEMES: Mapping[str, tuple[Measure, ...]] = MappingProxyType(
    {
        "Words and lines after Gopher": gopher.MEASURES,
        "Repetition": repetition.MEASURES,
        "Lines and sentences": lines.MEASURES,
        "Words": words.MEASURES,
        "Characters": characters.MEASURES,
        "Scripts": script.MEASURES,
        "Damage": damage.MEASURES,
        "Surface": surface.MEASURES,
    }
)
MEASURES: Mapping[str, Measure] = MappingProxyType(
    {measure.name: measure for theme in THEMES.values() for measure in theme}
)
