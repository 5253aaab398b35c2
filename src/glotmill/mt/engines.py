"""What `manifests/engines.yaml` says about an engine: what runs, under whose terms, for which languages."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictStr, field_validator, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import near, parse
from glotmill.mt.document import MAX_SEGMENT
from glotmill.text.tags import canonical

ENGINES_FILE = "manifests/engines.yaml"
EngineName = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Word = Annotated[StrictStr, Field(min_length=1)]
OutputTerms = Literal["free", "noncommercial", "restricted"]


class Price(Frozen):
    """What a server asks for a million tokens, for estimates; in which currency is the user's to know."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]


class Engine(Frozen):
    """One engine.

    Args:
        kind: `command` streams lines through a program, `openai` asks a server, `ctranslate2` opens a model in this
            process, `identity` answers what it is asked (for tests of recipes).
        model: as its makers call it.
        revision: version, tag or digest of what translates; another revision gives other text.
        license: SPDX id or expression of the model's weights, or of the program's data.
        output_terms: what its makers ask of translations: nothing (`free`), no commercial use, or other restrictions,
            such as that no other model be trained on them.
        evidence: where license and terms are written.
        pairs: source and target tag of each direction; empty: any.
        unit: whether a sentence or a whole block is one request.
        max_characters: of one request.
        deterministic: whether it gives the same text for the same request every time.
        command: program and arguments; `{source}` and `{target}` stand for the tags, or what `codes` calls them.
        codes: tag -> what the engine calls that language (`spa_Latn: es`).
        frame: what stands between requests to a program: a line's end, or an empty line (`paragraph`).
        lifetime: whether a program reads to the end of its input for each `batch`, or stays for the whole `run`.
        seconds: how long one batch of requests may take.
        prompt: the instruction for a server, with `{source}`, `{target}` and `{text}`, and `{context}` where it is wanted.
        context: how many segments before it a server is shown with each.
        temperature: of a server's decoding.
        max_tokens: of one answer.
        logprobs: whether a server is asked how likely its tokens were; not all answer that.
        retries: of a request that a server was too busy for, or lost.
        concurrency: requests to a server under way at once.
        price: of a server.
        beams: of a model in this process.
        batch_tokens: tokens of the requests that such a model decodes together.
        before: tokens that open a request, for models that are told languages so (`["{source}"]` for NLLB).
        prefix: tokens that open an answer (`["{target}"]` for NLLB).
        sha256: file in the model's folder -> digest, for `ctranslate2`; `model.bin` at least.
    """

    kind: Literal["command", "openai", "ctranslate2", "identity"]
    model: Word
    revision: Word
    license: Word
    output_terms: OutputTerms
    evidence: Word
    pairs: tuple[tuple[StrictStr, StrictStr], ...] = ()
    unit: Literal["sentence", "block"] = "sentence"
    max_characters: Annotated[int, Field(ge=50)] = 4 * MAX_SEGMENT
    deterministic: StrictBool
    command: tuple[Word, ...] = ()
    codes: Mapping[StrictStr, Word] = Field(default_factory=dict)
    frame: Literal["line", "paragraph"] = "line"
    lifetime: Literal["batch", "run"] = "batch"
    seconds: Annotated[float, Field(gt=0)] = 120.0
    prompt: StrictStr | None = None
    context: Annotated[int, Field(ge=0, le=20)] = 0
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    max_tokens: Annotated[int, Field(ge=16)] = 2_048
    logprobs: StrictBool = False
    retries: Annotated[int, Field(ge=0, le=20)] = 6
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    price: Price | None = None
    beams: Annotated[int, Field(ge=1, le=16)] = 2
    batch_tokens: Annotated[int, Field(ge=64)] = 2_048
    before: tuple[Word, ...] = ()
    prefix: tuple[Word, ...] = ()
    sha256: Mapping[StrictStr, Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(default_factory=dict)

    @field_validator("pairs")
    @classmethod
    def _known_languages(cls, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        for tag in (tag for pair in pairs for tag in pair):
            if canonical(tag) != tag:
                raise ValueError(f"{tag} is written {canonical(tag)}")
        return pairs

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        wanted = {"command": "command", "openai": "prompt", "ctranslate2": "sha256"}.get(self.kind)
        if wanted and not getattr(self, wanted):
            raise ValueError(f"an engine of kind {self.kind} needs the field {wanted}")
        for name in ("command", "prompt", "sha256"):
            if getattr(self, name) and name != wanted:
                raise ValueError(f"the field {name} says nothing about an engine of kind {self.kind}")
        return self

    def fingerprint(self) -> str:
        """Return, as JSON, everything that decides what it answers; not what it costs or how long it may take."""
        beside = {"evidence", "pairs", "seconds", "concurrency", "retries", "price", "license", "output_terms"}
        return json.dumps(self.model_dump(mode="json", exclude=beside), sort_keys=True, ensure_ascii=False)

    def code(self, tag: str) -> str:
        """Return what the engine calls a language."""
        return self.codes.get(tag, tag)

    def filled(self, words: Sequence[str], source: str, target: str) -> list[str]:
        """Return words with what the engine calls the two languages in the place of `{source}` and `{target}`."""
        return [word.replace("{source}", self.code(source)).replace("{target}", self.code(target)) for word in words]

    def translates(self, source: str, target: str) -> bool:
        """Return whether it knows a direction."""
        return not self.pairs or (source, target) in self.pairs


class Engines(Frozen):
    """The content of `manifests/engines.yaml`: every engine by the name that recipes use."""

    engines: Mapping[EngineName, Engine]


def engine_of(name: str, text: str) -> Engine:
    """Return an engine of the registry by name.

    Args:
        name: as the recipe has it.
        text: of `manifests/engines.yaml`.

    Raises:
        RecipeError: there is none of that name; names near ones.
    """
    known = parse(text, Engines, file=ENGINES_FILE).engines
    if name not in known:
        raise RecipeError(f"no engine {name!r} in {ENGINES_FILE}", field="engine", remedy=near(name, known))
    return known[name]
