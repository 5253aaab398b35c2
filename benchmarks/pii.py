"""Personal data in running prose: what is found that should not be, and the speed of looking.

    make bench-pii
    make bench-pii BENCH_ARGS="--json"

The prose is manuals, stories and encyclopedic text in many languages (`make prose`), which holds mail addresses and some machines'
addresses, and next to no number of a person: every `iban`, `card`, `phone` and `id` found in it is counted as false, with all countries'
rules asked of every language, which no recipe would do. `per_10000_words` is the greatest of these over languages with at least 10,000 words.

The peers in the same process are PhoneNumberMatcher of phonenumbers on the same texts (leniency VALID, region Germany) and datatrove's
PIIFormatter, which looks for mail and IPv4 addresses alone. Time is this process's own.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from datatrove.pipeline.formatters import PIIFormatter
from phonenumbers import PhoneNumberMatcher

from glotmill.text.pii.finding import Finder
from glotmill.text.pii.identity import NUMBERS
from glotmill.text.scan import scan

ROOT = Path(__file__).resolve().parent.parent
COUNTRIES = ("CN", "DE", "EG", "ES", "FR", "GR", "IN", "JP", "KH", "KR", "PL", "RU", "TH", "TR", "TZ")
FALSE = ("iban", "card", "phone", "id")
LEAST_WORDS = 10_000
PEER_TEXTS = 20  # of each language


def prose(cache: Path) -> dict[str, list[str]]:
    """Return the texts of each language."""
    return {
        path.stem: [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted((cache / "prose").glob("*_*.jsonl"))
    }


def false_finds(texts: dict[str, list[str]], finder: Finder) -> list[dict[str, Any]]:
    """Return for each language its words and what was found in it."""
    rows = []
    for language, documents in texts.items():
        counts = Counter(span.kind for document in documents for span in finder(document))
        words = int(scan(documents).word_bounds[-1])
        false = sum(counts[kind] for kind in FALSE)
        rows.append({"language": language, "words": words, "per_10000_words": 10_000 * false / words, **counts})
    return rows


def megabytes_per_second(work: Callable[[str], object], texts: Iterable[str]) -> float:
    """Return the speed of this process, in UTF-8."""
    texts = list(texts)
    start = time.process_time()
    for text in texts:
        work(text)
    return sum(len(text.encode()) for text in texts) / 1e6 / (time.process_time() - start)


def measure(cache: Path) -> dict[str, Any]:
    """Return the rows and figures of the page."""
    texts = prose(cache)
    everything = Finder(
        ("email", "ip", "iban", "card", "id", "phone"), phone_countries=COUNTRIES, id_countries=tuple(NUMBERS)
    )
    german = Finder(("email", "ip", "iban", "card", "id", "phone"), phone_countries=("DE",), id_countries=("DE",))
    rows = false_finds(texts, everything)
    some = [document for documents in texts.values() for document in documents[:PEER_TEXTS]]
    addresses, phones = Finder(("email", "ip")), Finder(("phone",), phone_countries=("DE",))
    datatrove = PIIFormatter()
    speeds = {
        "email and ip": megabytes_per_second(addresses, some),
        "email and ip, datatrove": megabytes_per_second(datatrove.format, some),
        "phone, Germany": megabytes_per_second(phones, some),
        "phone, Germany, phonenumbers": megabytes_per_second(lambda text: list(PhoneNumberMatcher(text, "DE")), some),
        "all kinds, one country": megabytes_per_second(german, some),
        f"all kinds, {len(NUMBERS)} countries": megabytes_per_second(everything, some),
    }
    matched = sum(len(list(PhoneNumberMatcher(text, "DE"))) for text in some)
    ours = sum(len(phones(text)) for text in some)
    worst = max(row["per_10000_words"] for row in rows if row["words"] >= LEAST_WORDS)
    figures = {
        "false_per_10000_words_max": worst,
        "phones_in_prose": ours,
        "phones_in_prose_phonenumbers": matched,
        "mb_per_s_all": speeds[f"all kinds, {len(NUMBERS)} countries"],
        "mb_per_s_one_country": speeds["all kinds, one country"],
        "mb_per_s_phone": speeds["phone, Germany"],
        "mb_per_s_phone_phonenumbers": speeds["phone, Germany, phonenumbers"],
    }
    return {"rows": rows, "speeds": speeds, "figures": {name: round(value, 4) for name, value in figures.items()}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "real")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = measure(options.cache)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    words = sum(row["words"] for row in result["rows"])
    print(f"{len(result['rows'])} languages, {words:,} words\n")
    print("| kind | found | languages |\n|---|---|---|")
    for kind in ("email", "ip", *FALSE):
        found = [row.get(kind, 0) for row in result["rows"]]
        print(f"| {kind} | {sum(found)} | {sum(map(bool, found))} |")
    print("\n| | MB/s |\n|---|---|")
    for name, speed in result["speeds"].items():
        print(f"| {name} | {speed:.1f} |")
    print("\n" + "\n".join(f"{name}: {value}" for name, value in result["figures"].items()))


if __name__ == "__main__":
    main()
