"""What manifests/identification.yaml says: which texts are for calibration and which for the benchmark."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

Part = Literal["calibration", "benchmark"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Texts(_Entry):
    """A body of texts.

    Args:
        what: it is.
        shortest: characters; shorter texts are left out.
        most: texts of one language, spread over all of them.
    """

    what: str
    shortest: int
    most: int


class Declaration(Texts):
    """The Declaration of Human Rights; its preamble goes with article 1.

    Args:
        calibration_articles: first and last.
        benchmark_articles: first and last.
    """

    calibration_articles: tuple[int, int]
    benchmark_articles: tuple[int, int]

    def holds(self, part: Part, article: int) -> bool:
        """Tell whether an article belongs to a part."""
        first, last = self.calibration_articles if part == "calibration" else self.benchmark_articles
        return first <= article <= last


class Stories(Texts):
    """Stories, with the codes that need a translation into ISO 639."""

    license: str
    codes: dict[str, str]


class Guide(Texts):
    """The installation guide, with its locales by tag."""

    locales: dict[str, str]


class Web(_Entry):
    """How much of the web each language is.

    Args:
        what: is counted.
        source: of the counts.
        license: of the counts.
        shares: ISO 639-3 -> share, where another count is better.
    """

    what: str
    source: str
    license: str
    shares: dict[str, float]


class Merged(_Entry):
    """Codes that count as one language, and why."""

    members: tuple[str, ...]
    why: str


class Manifest(_Entry):
    """The content of manifests/identification.yaml."""

    udhr: Declaration
    stories: Stories
    guide: Guide
    prose: Texts
    largest: tuple[str, ...]
    web: Web
    merged: dict[str, Merged]

    def language(self, tag: str) -> str:
        """Return the code that a tag or code counts as: `hbs` for `hrv_Latn`."""
        code = tag.partition("_")[0]
        return next((name for name, merged in self.merged.items() if code in merged.members), code)


def read_manifest(path: Path) -> Manifest:
    """Read the manifest."""
    return Manifest.model_validate(yaml.safe_load(path.read_text("utf-8")))
