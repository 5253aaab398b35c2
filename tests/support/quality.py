"""A project that trains a model of quality on text written for the tests: stories, and the same words as lists."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from support.command import glotmill
from support.stories import BASQUE

THAI = (
    "ทุกเช้าชาวประมงนำปลาไปขายที่ตลาดแล้วกลับบ้านก่อนแดดจะแรง",
    "คุณครูบอกพวกเราว่าพรุ่งนี้จะไปเที่ยวพิพิธภัณฑ์ด้วยรถบัส",
    "ฝนตกทั้งคืนจนถนนในหมู่บ้านเต็มไปด้วยน้ำและโคลน",
    "คุณยายปลูกดอกไม้ไว้ที่ระเบียงและรดน้ำทุกเช้า",
    "สะพานไม้ที่ปากคลองซ่อมเสร็จแล้วก่อนฤดูฝนจะมาถึง",
    "พี่ชายซื้อจักรยานจากเพื่อนบ้านและซ่อมเองจนใช้ได้",
    "ในห้องสมุดมีหนังสือเก่าที่ไม่มีใครเปิดอ่านมาหลายปี",
    "แมวนอนอยู่ที่หน้าต่างและไม่ตื่นแม้ฝนจะตกหนัก",
    "คนเลี้ยงผึ้งให้น้ำผึ้งเราหนึ่งขวดและเล่าให้ฟังว่าผึ้งอยู่กันอย่างไร",
    "เย็นนี้ชาวบ้านจะช่วยกันทำความสะอาดวัดและศาลาริมน้ำ",
    "รถไฟไปเชียงใหม่มาช้าหนึ่งชั่วโมงเพราะรางจมอยู่ใต้น้ำ",
    "หมอบอกว่าเด็กต้องดื่มน้ำมากๆ และพักผ่อนให้เพียงพอ",
)
SOURCE = """\
name: Texts of a test
license: {expression: CC0-1.0, state: verified, evidence: The tests of Glotmill wrote every sentence themselves.}
terms: none
contact: test@example.org
"""
CORPUS = {
    "name": "sarea",
    "version": "1.0.0",
    "languages": ["eus_Latn", "deu_Latn"],
    "source": {"kind": "jsonl", "of": "sarea"},
    "steps": [
        {"name": "label", "kind": "permit", "allow": "open-definition", "consent": "record-only"},
        {"name": "clean", "kind": "normalize"},
    ],
    "sink": {"kind": "parquet", "partition_by": ["license_class"]},
}
HOSTS = tuple(f"herria{number}.example" for number in range(3))


def prose(sentences: Sequence[str], count: int, *, seed: int) -> list[str]:
    """Texts of seven to eleven sentences in two paragraphs."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        chosen = [chance.choice(sentences) for _ in range(chance.randint(7, 11))]
        found.append(" ".join(chosen[:4]) + "\n\n" + " ".join(chosen[4:]))
    return found


def lists(sentences: Sequence[str], count: int, *, seed: int) -> list[str]:
    """Lists of words in no order, as long as such texts, of the words (or, in Thai, halves of sentences) of the same sentences."""
    chance = random.Random(seed)
    pieces = [piece.strip(".,") for sentence in sentences for piece in _pieces(sentence)]
    return [", ".join(chance.choice(pieces) for _ in range(chance.randint(60, 90))) for _ in range(count)]


def _pieces(sentence: str) -> list[str]:
    return (
        sentence.split() if " " in sentence else [sentence[start : start + 7] for start in range(0, len(sentence), 7)]
    )


def rows(texts: Sequence[str], *, tag: str, hosts: Sequence[str] = HOSTS) -> list[dict[str, str]]:
    """Rows that name their language and an address, one host after the other."""
    return [
        {"text": text, "language": tag, "url": f"https://{hosts[place % len(hosts)]}/{place}"}
        for place, text in enumerate(texts)
    ]


class Quality:
    """The project, with the locations of its sources."""

    def __init__(
        self, folder: Path, *, tag: str = "eus_Latn", sentences: Sequence[str] = BASQUE, count: int = 90
    ) -> None:
        self.folder, self.tag, self.sentences = folder, tag, sentences
        self.data = {
            "ipuinak": rows(prose(sentences, count, seed=1), tag=tag),
            "zerrendak": rows(lists(sentences, count, seed=2), tag=tag),
            "sarea": rows(prose(sentences, 60, seed=3) + lists(sentences, 90, seed=4), tag=tag),
        }
        (folder / "pipelines" / "quality").mkdir(parents=True)
        (folder / "manifests" / "sources").mkdir(parents=True)
        self.recipe()
        for name in self.data:
            (folder / "manifests" / "sources" / f"{name}.yaml").write_text(SOURCE, encoding="utf-8")
            self.write(name)

    def recipe(self, **changes: Any) -> None:
        """Write the training recipe; JSON is YAML."""
        value = {
            "name": "ona",
            "version": "1.0.0",
            "languages": [self.tag],
            "positives": [{"kind": "jsonl", "of": "ipuinak"}],
            "negatives": [{"kind": "jsonl", "of": "zerrendak"}],
            "crawl": [{"kind": "jsonl", "of": "sarea"}],
            "steps": [{"name": "clean", "kind": "normalize"}],
            "license": "CC0-1.0",
            "training": {"bucket": 1000, "epochs": 6},
            **changes,
        }
        (self.folder / "pipelines" / "quality" / "ona.yaml").write_text(json.dumps(value), encoding="utf-8")

    def write(self, name: str, data: Sequence[Mapping[str, object]] | None = None) -> None:
        """Write a source's rows, or others in their place."""
        chosen = self.data[name] if data is None else data
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
        (self.folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")

    @property
    def command(self) -> list[str]:
        """The words that train the model."""
        return ["train", "quality", "ona", *self._binds()]

    def _binds(self) -> Iterator[str]:
        for name in self.data:
            yield from ("--bind", f"{name}={name}.jsonl")


def corpus(made: Quality, step: dict, **changes: object) -> list[dict]:
    """Run a corpus with the step and return its rows."""
    value = {**CORPUS, **changes}
    steps = [*CORPUS["steps"], {"name": "quality", "kind": "classify", **step}]
    (made.folder / "pipelines" / "sarea.yaml").write_text(json.dumps({**value, "steps": steps}), encoding="utf-8")
    words = ["run", "sarea", "--bind", "sarea=sarea.jsonl", "--out", "out", "--restart", "--json"]
    glotmill(*words, cwd=made.folder)
    return [
        row
        for part in sorted((made.folder / "out/sarea/1.0.0/data").rglob("*.parquet"))
        for row in pq.read_table(part).to_pylist()
    ]
