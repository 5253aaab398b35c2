"""Tokens of a run: what datatrove's own writer gives, row for row, resumed and in line with takedowns."""

import json
import struct
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datatrove.data import Document
from datatrove.pipeline.tokens import DocumentTokenizer
from tokenizers import Tokenizer

from glotmill.core.errors import SettingsError
from glotmill.executors.local import LocalExecutor
from glotmill.provenance.folder import RunFolder
from glotmill.run.tokenizing import tokenize_run
from support.mixes import SINK, mixed, planned, small_tokenizer
from support.rights import Licensed
from support.rights import rows as stories
from support.takedowns import taken_down


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_tokenizer(tmp_path_factory.mktemp("tokenizer"))


def tokens_of(mix: RunFolder, tokenizer: Path, out: Path, eos: str | None = "</s>") -> dict[str, object]:
    return tokenize_run(mix, tokenizer, str(out), eos=eos, executor=LocalExecutor(1))


def texts_of(mix: RunFolder, part: str) -> list[str]:
    return pq.read_table(Path(mix.address) / part, columns=["text"], partitioning=None)["text"].to_pylist()


def test_tokens_are_those_of_datatroves_own_writer_and_follow_takedowns(tokenizer: Path, tmp_path: Path) -> None:
    bench = Licensed(tmp_path, stories(90), shard_mb=1, sink=SINK)
    corpus = bench.run()
    mix = mixed(planned(bench.project, corpus), tmp_path)
    out = tmp_path / "tokens"
    about = tokens_of(mix, tokenizer, out)
    known = Tokenizer.from_file(str(tokenizer))
    for one in about["files"]:
        texts = texts_of(mix, one["part"])
        writer = DocumentTokenizer(
            str(tmp_path / "theirs"),
            str(tokenizer),
            save_filename=one["path"],
            eos_token="</s>",
            shuffle_documents=False,
        )
        theirs = writer.write_unshuffled([Document(text=text, id="-") for text in texts], one["path"])
        assert (out / one["path"]).read_bytes() == (tmp_path / "theirs" / one["path"]).read_bytes()
        index = (out / f"{one['path']}.index").read_bytes()
        assert index == (tmp_path / "theirs" / f"{one['path']}.index").read_bytes()
        assert one["tokens"] == len(theirs)
        ends = struct.unpack(f"<{len(index) // 8}Q", index)
        assert len(ends) == len(texts) == one["documents"]
        ids = struct.unpack(f"<{ends[0]}H", (out / one["path"]).read_bytes()[: 2 * ends[0]])
        assert known.decode(ids[:-1]).replace(" ", "") != ""
        assert ids[-1] == about["eos"]["id"]

    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.ds")}
    assert tokens_of(mix, tokenizer, out) == about
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.ds")} == before

    (lost, *_) = out.rglob("*.ds")
    lost.unlink()
    assert tokens_of(mix, tokenizer, out) == about
    assert set(out.rglob("*.ds")) == set(before)

    with pytest.raises(SettingsError, match=r"holds the tokens of nahasketa@1\.0\.0"):
        tokens_of(corpus, tokenizer, out)
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "00000.ds").write_bytes(b"xx")
    with pytest.raises(SettingsError, match=r"00000\.ds"):
        tokens_of(mix, tokenizer, foreign)
    assert (foreign / "00000.ds").read_bytes() == b"xx"

    taken_down(corpus, also=[mix], urls=["https://www.ipuinak1.example/5"])
    after = tokens_of(mix, tokenizer, out)
    assert after["documents"] == about["documents"] - 1
    assert {one["path"] for one in after["files"]} == {str(path.relative_to(out)) for path in out.rglob("*.ds")}
    assert json.loads((out / "tokens.json").read_text(encoding="utf-8"))["release"] == "2.0.0"

    with pytest.raises(SettingsError, match="has no token '<eos>'"):
        tokens_of(mix, tokenizer, tmp_path / "other", eos="<eos>")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"cannot be opened as a tokenizer\.json"):
        tokens_of(mix, tmp_path / "broken.json", tmp_path / "other")
