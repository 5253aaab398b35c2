"""How far the language files behind a plan are proven."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from glotmill.core.hashing import canonical_json, sha256_text
from glotmill.core.steps import Scope
from glotmill.plan.resolve import Plan
from glotmill.stages.judge import OWN, JudgeSpec, language_file
from glotmill.stages.normalize import NormalizeSpec
from glotmill.text.rules import language_path


@dataclass(frozen=True, slots=True)
class Standing:
    """What speaks for the bounds by which a language's documents are judged.

    Args:
        status: as the language's file says, and `unproven` where a step judges by other bounds than the file's; `none`
            where the plan read no file.
        evidence: SHA-256 of the file's evidence as canonical JSON; None without a file.
    """

    status: Literal["proven", "unproven", "none"]
    evidence: str | None

    def as_dict(self) -> dict[str, str | None]:
        """Return it as a JSON object."""
        return asdict(self)


def standing(plan: Plan) -> Mapping[str, Standing]:
    """Return the standing of each of a recipe's languages, in recipe order."""
    found: dict[str, Standing] = {}
    others = any(isinstance(spec, JudgeSpec) and spec.bounds != OWN for spec in plan.recipe.steps)
    for tag in plan.recipe.languages:
        language = language_file(tag, plan.files)
        if language is None:
            found[tag] = Standing("none", None)
        else:
            evidence = [item.model_dump(mode="json") for item in language.evidence]
            found[tag] = Standing("unproven" if others else language.status, sha256_text(canonical_json(evidence)))
    return found


def without_proof(plan: Plan) -> Mapping[str, str]:
    """Return the languages that steps judge without proven bounds: tag -> `unproven`, or `none` without a file."""
    scope = Scope(plan.recipe.languages, tuple(source.of for source in plan.recipe.sources))
    # `normalize` reads in those files which packs to run, and no bounds.
    judging = [spec for spec in plan.recipe.steps if not isinstance(spec, NormalizeSpec)]
    asked = {name.removesuffix("?") for spec in judging for name in spec.files(scope)}
    return {
        tag: found.status
        for tag, found in standing(plan).items()
        if found.status != "proven" and language_path(tag) in asked
    }
