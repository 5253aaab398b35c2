"""The backend that opens a model in this process: Marian, NLLB, M2M and MADLAD as CTranslate2 converts them.

Decoding is a beam without sampling. Requests are sorted by length and decoded together by tokens, each with its own limit, so
that a short one waits for no long one; on one device and version the text does not depend on what is beside it in most
models, and the cache keeps it the same where it does.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from glotmill.core.errors import SettingsError
from glotmill.core.hashing import sha256_file
from glotmill.mt.backends.base import Answer, BackendInfo, Request, Usage, failed
from glotmill.mt.engines import Engine

END: Final = "</s>"
_SPECIAL: Final = frozenset({END, "<s>", "<pad>", "<unk>"})
_MAX_TOKENS: Final = 512  # of a request; position tables of these models end there
_LONGER: Final = 3  # tokens of an answer per token of its request, and ten
_EXTRA = "pip install 'glotmill[ctranslate2]'"


class CTranslate2Backend:
    """Decodes with one model.

    Args:
        info: of the engine.
        engine: beams, tokens decoded together, and tokens that name languages.
        translator: a `ctranslate2.Translator`.
        encode: text -> tokens.
        decode: tokens -> text.
        before: tokens that open a request.
        prefix: tokens that open an answer.
    """

    def __init__(
        self,
        info: BackendInfo,
        engine: Engine,
        translator: Any,
        *,
        encode: Callable[[str], list[str]],
        decode: Callable[[list[str]], str],
        before: Sequence[str] = (),
        prefix: Sequence[str] = (),
    ) -> None:
        self.info, self.usage = info, Usage()
        self._engine, self._translator, self._encode, self._decode = engine, translator, encode, decode
        self._before, self._prefix = list(before), list(prefix)

    def translate(self, requests: Sequence[Request]) -> list[Answer]:
        tokens = [[*self._before, *self._encode(request.text), END] for request in requests]
        answers: dict[int, Answer] = {
            place: failed(f"{len(own)} tokens, and the model reads {_MAX_TOKENS}", lasting=True)
            for place, own in enumerate(tokens)
            if len(own) > _MAX_TOKENS
        }
        # Requests of like length go together: the limit of an answer holds for all that are decoded at once.
        order = sorted(
            (place for place in range(len(tokens)) if place not in answers), key=lambda p: (len(tokens[p]), p)
        )
        for group in self._groups(order, tokens):
            limit = _LONGER * len(tokens[group[-1]]) + 10
            found = self._translator.translate_batch(
                [tokens[place] for place in group],
                target_prefix=[self._prefix] * len(group) if self._prefix else None,
                beam_size=self._engine.beams,
                max_decoding_length=limit,
                max_batch_size=self._engine.batch_tokens,
                batch_type="tokens",
                return_scores=True,
                length_penalty=1.0,
            )
            for place, result in zip(group, found, strict=True):
                answers[place] = self._answer(result.hypotheses[0], result.scores[0], len(tokens[place]), limit)
        self.usage.requests += len(requests)
        self.usage.tokens_in += sum(answer.tokens_in for answer in answers.values())
        self.usage.tokens_out += sum(answer.tokens_out for answer in answers.values())
        return [answers[place] for place in range(len(requests))]

    def close(self) -> None:
        """Let the model go."""
        self._translator = None

    def _groups(self, order: Sequence[int], tokens: Sequence[Sequence[str]]) -> list[list[int]]:
        groups: list[list[int]] = []
        for place in order:
            if groups and (len(groups[-1]) + 1) * len(tokens[place]) <= self._engine.batch_tokens:
                groups[-1].append(place)
            else:
                groups.append([place])
        return groups

    def _answer(self, found: list[str], score: float, cost: int, limit: int) -> Answer:
        own = found[len(self._prefix) :] if found[: len(self._prefix)] == self._prefix else found
        text = self._decode([token for token in own if token not in _SPECIAL]).strip()
        spent = cost, len(found)
        if len(found) >= limit:
            return Answer(text, "length", f"{len(found)} tokens without an end", round(score, 4), *spent)
        if not text or len(text.splitlines()) > 1:
            return Answer("", "error", "an empty answer or several lines", round(score, 4), *spent)
        return Answer(text, "stop", "", round(score, 4), *spent)


def open_ctranslate2(
    info: BackendInfo, name: str, engine: Engine, source: str, target: str, *, folder: str
) -> CTranslate2Backend:
    """Return the backend of a converted model's folder: `source.spm` and `target.spm`, or one `sentencepiece.model`.

    Raises:
        SettingsError: the extra is not installed, a file is missing, or it is another than the registry names.
    """
    try:
        import ctranslate2  # noqa: PLC0415  # an extra
        import sentencepiece  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(f"the engine {name} needs CTranslate2 and SentencePiece: {_EXTRA}") from error
    place = Path(folder)
    for file, digest in engine.sha256.items():
        if not (place / file).is_file():
            raise SettingsError(f"{place} has no {file}: is it the folder of {engine.model}?")
        if sha256_file(place / file) != digest:
            raise SettingsError(f"{place / file} is not the file that the engine {name} names by its digest")
    reader, writer = _tokenizers(place, sentencepiece)
    return CTranslate2Backend(
        info,
        engine,
        ctranslate2.Translator(str(place), device="auto", compute_type="auto", intra_threads=1, inter_threads=1),
        encode=lambda text: list(reader.encode(text, out_type=str)),
        decode=lambda tokens: str(writer.decode(tokens)),
        before=engine.filled(engine.before, source, target),
        prefix=engine.filled(engine.prefix, source, target),
    )


def _tokenizers(folder: Path, sentencepiece: Any) -> tuple[Any, Any]:
    one = folder / "sentencepiece.model"
    files = (one, one) if one.is_file() else (folder / "source.spm", folder / "target.spm")
    for file in files:
        if not file.is_file():
            raise SettingsError(f"{folder} has neither sentencepiece.model nor source.spm and target.spm")
    return tuple(sentencepiece.SentencePieceProcessor(model_file=str(file)) for file in files)
