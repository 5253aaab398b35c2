"""What is known about a source before any page of it is read: its license, why we believe it, its terms."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StrictBool, StrictStr, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen, Track
from glotmill.core.yamlfile import parse
from glotmill.licensing.evidence import Evidence, statement
from glotmill.licensing.expressions import Licensing, parse_expression
from glotmill.licensing.table import LicenseTable

PER_PAGE, PER_ROW = "per-page", "per-row"
HOST: Final = r"^[a-z0-9-]+(\.[a-z0-9-]+)*$"

_TEMPLATE = """\
name: What people call the source
license:
  expression: CC-BY-SA-4.0        # an SPDX expression, or per-page, or per-row
  state: verified                 # verified (a person looked), declared (the source says so), weak
  evidence: Who found this license, when, and on which page or in which file.
terms: What the source asks beyond its license, or "none known".
contact: Whom its owners or our readers may write to."""


class SourceLicense(Frozen):
    """The license of a source.

    Args:
        expression: SPDX expression of everything in the source, `per-page` (each page says it) or `per-row`.
        state: how sure that is; absent for `per-page` and `per-row`.
        evidence: who found it, when and where.
        overrides_pages: marks on the source's pages do not count, for the reason in `overrides_evidence`.
        unversioned_evidence: of a `per-page` source, who found that its pages name Creative Commons licenses without
            versions and mean it, as data sets do. Such a mark is then declared, where it is weak otherwise; the row's
            license stays without version.
    """

    expression: StrictStr
    state: Literal["verified", "declared", "weak"] | None = None
    evidence: StrictStr = Field(min_length=20)
    overrides_pages: StrictBool = False
    overrides_evidence: StrictStr | None = Field(default=None, min_length=20)
    unversioned_evidence: StrictStr | None = Field(default=None, min_length=20)

    @property
    def single(self) -> bool:
        """Whether one expression covers the whole source."""
        return self.expression not in (PER_PAGE, PER_ROW)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.single and self.state is None:
            raise ValueError("a license needs a state: verified, declared or weak")
        if not self.single and (self.state is not None or self.overrides_pages):
            raise ValueError(f"{self.expression} takes neither state nor overrides_pages: each document has its own")
        if self.overrides_pages and self.overrides_evidence is None:
            raise ValueError("overrides_pages needs overrides_evidence: who found that the pages' marks do not count")
        if self.unversioned_evidence is not None and self.expression != PER_PAGE:
            raise ValueError(f"unversioned_evidence is about the marks of {PER_PAGE} sources alone")
        return self


class WikiExtent(Frozen):
    """The part of the world's wikis that one license covers.

    Args:
        hosts: of the wikis; `wikipedia.org` stands for all its editions.
        namespaces: numbers of those that it covers; absent where it covers all.
    """

    hosts: Annotated[tuple[Annotated[StrictStr, Field(pattern=HOST)], ...], Field(min_length=1)]
    namespaces: Annotated[tuple[int, ...], Field(min_length=1)] | None = None


class SourceManifest(Frozen):
    """`manifests/sources/<name>.yaml`; no source is read without one.

    Args:
        name: what people call the source.
        license: its license and the evidence for it.
        terms: what it asks beyond the license.
        contact: whom owners and readers may write to.
        homepage: where it stands.
        wiki: of a source of dumps, the wikis that the license covers; no dump is read under an entry without it.
        track: how carefully it was put together.
        domain: what it is about, as `funnel --by domain` sums it up: law, politics, science.
        genre: of all of it, in the words of whoever wrote this: novels, news, law.
        variety: of its language, where all of it is in one: a dialect, a country's standard.
    """

    name: StrictStr = Field(min_length=1)
    license: SourceLicense
    terms: StrictStr = Field(min_length=1)
    contact: StrictStr = Field(min_length=1)
    homepage: StrictStr | None = None
    wiki: WikiExtent | None = None
    track: Track | None = None
    domain: StrictStr | None = Field(default=None, min_length=1, max_length=100)
    genre: StrictStr | None = Field(default=None, min_length=1, max_length=100)
    variety: StrictStr | None = Field(default=None, min_length=1, max_length=100)


def source_file(of: str) -> str:
    """Return the project file that describes a source."""
    return f"manifests/sources/{of}.yaml"


def load_source(text: str, file: str, table: LicenseTable | None = None) -> SourceManifest:
    """Return a source's manifest.

    Args:
        text: YAML.
        file: its name, for errors.
        table: the license table; with it every license must be known to it or to SPDX, without it the
            expression must only be one.

    Raises:
        RecipeError: naming the field and what would be right; near matches for unknown licenses.
    """
    manifest = parse(text, SourceManifest, file=file)
    if not manifest.license.single:
        return manifest
    expression = manifest.license.expression
    if table is not None:
        Licensing(table).checked(expression, file=file, field="license.expression")
    elif parse_expression(expression) is None:
        raise RecipeError(
            f"not a license expression: {expression!r}",
            file=file,
            field="license.expression",
            remedy=f"Write SPDX ids joined by AND or OR, or {PER_PAGE}, or {PER_ROW}.",
        )
    return manifest


def missing_source(of: str) -> RecipeError:
    """Return the error for a source without manifest: which file to write, and a beginning for it."""
    file = source_file(of)
    lines = "\n  ".join(_TEMPLATE.splitlines())
    return RecipeError(
        f"source {of!r} has no manifest, and nothing is read whose license nobody wrote down",
        file=file,
        remedy=f"Write {file}:\n\n  {lines}\n",
    )


def source_evidence(manifest: SourceManifest, table: LicenseTable, *, file: str) -> Evidence | None:
    """Return a manifest's license as evidence for each of its rows; None where rows or pages have their own.

    Raises:
        RecipeError: the license is unknown.
    """
    license_ = manifest.license
    if not license_.single:
        return None
    expression = Licensing(table).checked(license_.expression, file=file, field="license.expression")
    return statement(
        "source", license_.evidence, spdx=expression, locus="manifest", scope="source", state=license_.state
    )
