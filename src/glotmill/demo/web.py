"""The demo web as WARC files: pages, copies, ballast and everything that is broken, with the truth about each."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from glotmill.demo.broken import broken_pages
from glotmill.demo.captures import ballast, copies, front_pages, mixed_pages, native_pages
from glotmill.demo.hostile import hostile_pages
from glotmill.demo.pages import load_web
from glotmill.demo.warc import Capture, Codec, in_pieces, write_warc

TRUTH = "demo-truth.jsonl"


def build(pages_dir: Path, out_dir: Path) -> list[Path]:
    """Write the demo web into `out_dir`; equal page files give equal bytes.

    Beside the folder, never in it, stands `demo-truth.jsonl`: one line per capture with `file`, `url`, `kind`,
    `language`, `license`, `open` and `of`, for tests that check the fate of each page.

    Args:
        pages_dir: the folder that holds one folder per language (`pipelines/demo_web`).
        out_dir: where the WARC files go; made where it is missing.

    Returns:
        The WARC files, in order.

    Raises:
        RecipeError: a page file is missing or wrong.
    """
    files = plan_files(pages_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, captures in files.items():
        path = out_dir / name
        path.write_bytes(write_warc(name, captures, codec=_codec(name)))
        paths.append(path)
    lines = [_truth(name, capture) for name, captures in files.items() for capture in captures]
    (out_dir.parent / TRUTH).write_text("".join(lines), encoding="utf-8")
    return paths


def plan_files(pages_dir: Path) -> Mapping[str, Sequence[Capture]]:
    """Return what each WARC file of the demo web holds, by file name."""
    folders = load_web(pages_dir)
    groups = {
        "latin": [folder for folder in folders if folder.tag.endswith("_Latn")],
        "others": [folder for folder in folders if not folder.tag.endswith("_Latn")],
    }
    files: dict[str, Sequence[Capture]] = {}
    for group, members in groups.items():
        for number, piece in enumerate(in_pieces(native_pages(members) if members else [], 2)):
            files[f"demo-{group}-{number}.warc.gz"] = piece
    files["demo-copies.warc.zst"] = copies(folders)
    files["demo-fronts.warc"] = [*front_pages(folders), *mixed_pages(folders)]
    for number, piece in enumerate(in_pieces(ballast(folders), 2)):
        files[f"demo-ballast-{number}.warc.gz"] = piece
    files["demo-broken.warc.gz"] = broken_pages(folders)
    files["demo-hostile.warc.gz"] = hostile_pages(folders)
    return files


def _codec(name: str) -> Codec:
    return {"gz": "gzip", "zst": "zstd"}.get(name.rpartition(".")[2], "none")  # type: ignore[return-value]


def _truth(name: str, capture: Capture) -> str:
    fact = {
        "file": name,
        "url": capture.url,
        "kind": capture.kind,
        "language": capture.language,
        "license": capture.license,
        "open": capture.is_open,
        "of": capture.of,
    }
    return json.dumps(fact, ensure_ascii=False) + "\n"
