"""Writes the configurations of FineWeb-2 that come with Glotmill, as published, into filters/fineweb2/.

    python scripts/write_fineweb2.py [CONFIGS]

CONFIGS is a JSON object of language tag -> configuration, gzipped: the files under configs/ of
github.com/huggingface/fineweb-2 (Apache-2.0) in one. The numbers and words are theirs, sense or not.
"""

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = ROOT.parent / "shared/data/fineweb2_language_configs.json.gz"
TAGS = (
    "arb_Arab",
    "cmn_Hani",
    "deu_Latn",
    "eus_Latn",
    "hin_Deva",
    "khm_Khmr",
    "kor_Hang",
    "swh_Latn",
    "tha_Thai",
    "tur_Latn",
)
HEAD = """\
# FineWeb-2's configuration of {tag}, as published (Penedo et al. 2025, arXiv:2506.20920): github.com/huggingface/fineweb-2,
# configs/{tag}.yml, Apache-2.0. Written by scripts/write_fineweb2.py. `glotmill lint-filters` says what cannot be meant.
"""


def configuration(tag: str, config: Mapping[str, object]) -> str:
    """Return a configuration as YAML, a line per field."""
    lines = [f"{name}: {json.dumps(config[name], ensure_ascii=False)}" for name in sorted(config)]
    return HEAD.format(tag=tag) + "\n".join(lines) + "\n"


def main() -> None:
    """Write every file."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else CONFIGS
    configs = json.loads(gzip.decompress(path.read_bytes()))
    for tag in TAGS:
        place = ROOT / "filters" / "fineweb2" / f"{tag}.yaml"
        place.write_text(configuration(tag, configs[tag]), encoding="utf-8")


if __name__ == "__main__":
    main()
