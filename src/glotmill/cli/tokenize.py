"""The `tokenize` command: a finished corpus or mix as token ids, in datatrove's format."""

from pathlib import Path
from typing import Annotated

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, RunDir


def tokenize(
    run: RunDir,
    *,
    tokenizer: Annotated[Path, typer.Option("--tokenizer", help="A tokenizer.json on this machine.")],
    out: Annotated[str, typer.Option("--out", help="Folder or fsspec URL of the tokens.")],
    eos: Annotated[
        str | None,
        typer.Option(
            "--eos", metavar="TOKEN", help="Token behind each document. [default: what the tokenizer itself adds]"
        ),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Parts under way at once.")] = 1,
    json: Json = False,
) -> None:
    """Write the token ids of every part, with an index of where documents end, as datatrove's DocumentTokenizer does.

    Document i of a file is row i of its part. The same command again resumes, and brings the tokens into line with a corpus that a
    takedown changed.

    Example: glotmill tokenize corpora/mix/1.0.0 --tokenizer tokenizer.json --eos "</s>" --out tokens
    """
    from glotmill.executors.choose import executor_for
    from glotmill.io import storage
    from glotmill.provenance.folder import RunFolder
    from glotmill.run.tokenizing import FILE, tokenize_run

    folder, place = RunFolder(storage.absolute(run)), storage.absolute(out)
    executor = executor_for("local", workers, None)
    try:
        with show.progress(quiet=json) as listener:
            found = tokenize_run(folder, tokenizer.absolute(), place, eos=eos, executor=executor, listener=listener)
    finally:
        executor.close()
    if json:
        show.as_json({"run": run, "out": place, **found})
        return
    show.line(
        f"{found['tokens']:,} tokens of {found['documents']:,} documents in {len(found['files']):,} files, "
        f"{found['token_bytes']} bytes a token: {place}"
    )
    show.line(f"  what they are of  {storage.join(place, FILE)}")
