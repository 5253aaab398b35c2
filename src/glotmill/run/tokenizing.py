"""Tokens of a finished run in datatrove's format: for each part a file of token ids and an index of where documents end."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from glotmill.core.arrow import texts
from glotmill.core.errors import SettingsError
from glotmill.core.hashing import canonical_json, sha256_file, sha256_text
from glotmill.executors.base import Executor
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.index import manifest_digest
from glotmill.provenance.receipts import FileRecord, Receipt, read_receipt, write_receipt
from glotmill.run.corpus import Tasks
from glotmill.run.events import Listener, silent
from glotmill.run.takedown.journal import refuse_pending

FORMAT: Final = "glotmill-tokens/1"
FILE: Final = "tokens.json"
_RECEIPT: Final = "receipts/tokens-"
_HALF: Final = "receipts/.tokens-"  # of an attempt that died while it wrote one

_BATCH_ROWS: Final = 256
_SMALL: Final = 1 << 16  # ids below fit into two bytes


@dataclass(frozen=True, slots=True)
class TokenizeTask:
    """Tokenizes one part.

    Args:
        folder: of the run.
        parts: what its manifest says of them.
        tokenizer: local `tokenizer.json`.
        digest: its SHA-256.
        eos: token that ends each document; None leaves it to the tokenizer's own post-processor.
        out: folder of the tokens.
    """

    folder: RunFolder
    parts: Sequence[dict[str, Any]]
    tokenizer: Path
    digest: str
    eos: str | None
    out: str

    def plan(self, index: int) -> str:
        """Return the digest of everything that decides the tokens of a part."""
        return sha256_text(canonical_json([FORMAT, self.parts[index]["sha256"], self.digest, self.eos]))

    def __call__(self, index: int) -> Receipt:
        from datatrove.pipeline.tokens.tokenizer import TokenizedFile  # noqa: PLC0415  # half a second to import

        tokenizer = open_tokenizer(self.tokenizer)
        end = [] if self.eos is None else [eos_id(tokenizer, self.eos)]
        part = self.parts[index]
        name = tokens_name(part["path"])
        file = TokenizedFile(
            self.out,
            name,
            save_final_metadata=True,
            tokenizer_name_or_path=self.tokenizer.name,
            token_size=token_bytes(tokenizer),
        )
        address = self.folder.join(part["path"])
        documents = 0
        with storage.open_read(address) as stream:
            for rows in open_parquet(stream, address).iter_batches(_BATCH_ROWS, columns=["text"]):
                for text in texts(rows.column("text")):
                    # One by one: a batch would start threads, which a process that forks workers must not have.
                    file.write([*tokenizer.encode(text, add_special_tokens=self.eos is None).ids, *end], None)
                    documents += 1
        file.close()
        files = {kind: self._record(f"{name}{suffix}") for kind, suffix in _SUFFIXES.items()}
        facts = {"documents": documents, "tokens": len(file)}
        receipt = Receipt(self.plan(index), task_name(index), files, facts=facts)
        write_receipt(storage.join(self.out, "receipts"), receipt)
        return receipt

    def _record(self, name: str) -> FileRecord:
        digest, size = storage.sha256(storage.join(self.out, name))
        return FileRecord(name, size, f"sha256:{digest}")


_SUFFIXES: Final = {"tokens": "", "index": ".index", "metadata": ".metadata"}


def tokenize_run(
    folder: RunFolder, tokenizer: Path, out: str, *, eos: str | None, executor: Executor, listener: Listener = silent
) -> dict[str, Any]:
    """Write the tokens of every part of a run and return what `tokens.json` says of them.

    Document i of `<part>.ds` is row i of the part. Parts whose tokens are there are not done again; of a run that changed,
    by a takedown say, those parts are, and files of parts that it does not have any more are deleted.

    Args:
        folder: of a finished run, or of a mix.
        tokenizer: a local `tokenizer.json`.
        out: folder or fsspec URL.
        eos: token that ends each document, or None.
        executor: where parts are tokenized.
        listener: told of everything that happens.

    Raises:
        SettingsError: no finished run, no tokenizer, or one that does not know the token; or `out` holds other tokens.
        ShardsFailed: some parts failed; the others are done.
    """
    refuse_pending(folder)
    manifest = folder.read_json("manifest.json")
    corpus = f"{manifest['name']}@{manifest['version']}"
    _refuse_other_tokens(out, corpus, [part["path"] for part in manifest["parts"]])
    opened = open_tokenizer(tokenizer)
    last = None if eos is None else eos_id(opened, eos)
    task = TokenizeTask(folder, manifest["parts"], tokenizer, sha256_file(tokenizer), eos, out)

    def done(index: int) -> Receipt | None:
        receipt = read_receipt(storage.join(out, "receipts"), task_name(index))
        return receipt if receipt is not None and receipt.plan == task.plan(index) else None

    items = range(len(manifest["parts"]))
    receipts = Tasks(executor, listener).run(task, items, "tokenize", done=done, address=out)
    _delete_others(out, receipts)
    about = {
        "format": FORMAT,
        "corpus": corpus,
        "release": manifest["release"],
        "manifest_sha256": manifest_digest(folder),
        "tokenizer": {"file": tokenizer.name, "sha256": task.digest, "vocabulary": opened.get_vocab_size()},
        "eos": None if eos is None else {"token": eos, "id": last},
        "token_bytes": token_bytes(opened),
        "documents": sum(int(receipt.facts["documents"]) for receipt in receipts),
        "tokens": sum(int(receipt.facts["tokens"]) for receipt in receipts),
        "files": [
            {
                "path": receipt.files["tokens"].name,
                "part": part["path"],
                **receipt.facts,
                "sha256": receipt.files["tokens"].digest.removeprefix("sha256:"),
                "index_sha256": receipt.files["index"].digest.removeprefix("sha256:"),
            }
            for part, receipt in zip(manifest["parts"], receipts, strict=True)
        ],
    }
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
    storage.replace_bytes(storage.join(out, FILE), text.encode())
    return about


def open_tokenizer(path: Path) -> Any:
    """Return the tokenizer in a `tokenizer.json`, without the fixed length that it may ask for.

    Raises:
        SettingsError: the package `tokenizers` is missing, or the file is no tokenizer.
    """
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise SettingsError("tokens need the package tokenizers: pip install glotmill[tokens]") from error
    try:
        found = Tokenizer.from_file(str(path))
    except Exception as error:  # the Rust library raises bare Exception for whatever is wrong with the file
        raise SettingsError(f"{path} cannot be opened as a tokenizer.json: {error}") from error
    found.no_truncation()
    found.no_padding()
    return found


def eos_id(tokenizer: Any, token: str) -> int:
    """Return the id of a token.

    Raises:
        SettingsError: the tokenizer does not know it.
    """
    found = tokenizer.token_to_id(token)
    if found is None:
        raise SettingsError(f"the tokenizer has no token {token!r}")
    return int(found)


def token_bytes(tokenizer: Any) -> int:
    """Return how many bytes an id takes: 2, or 4 where there are more than 65,536."""
    return 2 if tokenizer.get_vocab_size() <= _SMALL else 4


def tokens_name(part: str) -> str:
    """Return the name of the tokens of a part.

    >>> tokens_name("data/tha_Thai/part-00003.parquet")
    'tha_Thai/part-00003.ds'
    """
    return f"{part.removeprefix('data/').removesuffix('.parquet')}.ds"


def task_name(index: int) -> str:
    """Return the name of the receipt of a part's tokens."""
    return f"tokens-{index:05d}"


def _refuse_other_tokens(out: str, corpus: str, parts: Sequence[str]) -> None:
    """Refuse a folder with tokens of something else: they would be written over, and deleted as no longer wanted."""
    about = storage.join(out, FILE)
    if storage.exists(about):
        other = RunFolder(out).read_json(FILE).get("corpus")
        if other != corpus:
            raise SettingsError(f"{out} holds the tokens of {other}: give those of {corpus} another folder")
        return
    names = [name for name, _ in storage.list_below(out)]
    if any(name.startswith(_RECEIPT) for name in names):
        return
    own = {tokens_name(part) for part in parts}  # an attempt that was interrupted leaves these
    foreign = [name for name in names if name.endswith(".ds") and name not in own]
    if foreign:
        raise SettingsError(f"{out} holds {foreign[0]}, which this command did not write: name another folder")


def _delete_others(out: str, receipts: Sequence[Receipt]) -> None:
    known = {record.name for receipt in receipts for record in receipt.files.values()}
    known |= {f"receipts/{receipt.task}.json" for receipt in receipts}
    for name, _ in storage.list_below(out):
        ours = name.endswith((".ds", ".ds.index", ".ds.metadata")) or name.startswith((_RECEIPT, _HALF))
        if ours and name not in known:
            storage.delete(storage.join(out, name))
