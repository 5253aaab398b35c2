"""spdx.json: the corpus as a package of files in SPDX 2.3 (ISO/IEC 5962 with its 2.3 additions), licenses per file."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from glotmill.provenance.exports.corpus import EPOCH, Corpus, declared, ids, json_text, together
from glotmill.provenance.histograms import NONE

FILE: Final = "spdx.json"
_PACKAGE: Final = "SPDXRef-corpus"
_NO_BRACKETS: Final = str.maketrans("()", "[]")


def text(corpus: Corpus) -> str:
    """Return the document."""
    manifest = corpus.manifest
    parts = manifest["parts"]
    label = f"{manifest['name']}-{manifest['version']}-{manifest['release']}"
    everything = _declared(corpus)
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",  # of this document, as SPDX asks; it says nothing about the corpus
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": label,
        "documentNamespace": f"https://spdx.org/spdxdocs/glotmill/{label}-{corpus.manifest_sha256}",
        "creationInfo": {
            "created": corpus.last_crawled or EPOCH,
            "creators": [f"Tool: glotmill-{manifest['code']['version']}"],
            "comment": "`created` is when the newest page was fetched, or the epoch where no document says: the same "
            "corpus gives the same bytes, whenever they are written.",
        },
        "documentDescribes": [_PACKAGE],
        "packages": [
            {
                "SPDXID": _PACKAGE,
                "name": manifest["name"],
                "versionInfo": f"{manifest['version']}, release {manifest['release']}",
                "supplier": _supplier(manifest["publisher"]),
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": True,
                "packageVerificationCode": {"packageVerificationCodeValue": verification_code(parts)},
                "licenseConcluded": together(everything) or "NOASSERTION",
                "licenseDeclared": "NOASSERTION",
                "licenseInfoFromFiles": _info(everything),
                "licenseComments": "Each document keeps its own license; the expression is the set of all.",
                "copyrightText": "NOASSERTION",
                **({"homepage": manifest["publisher"]["url"]} if manifest["publisher"] else {}),
                "summary": corpus.description,
            }
        ],
        "files": [_file(corpus, number, part) for number, part in enumerate(parts)],
        "hasExtractedLicensingInfos": list(_references(corpus)),
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": _PACKAGE,
            },
            *(
                {
                    "spdxElementId": _PACKAGE,
                    "relationshipType": "CONTAINS",
                    "relatedSpdxElement": f"SPDXRef-part-{number}",
                }
                for number in range(len(parts))
            ),
        ],
    }
    return json_text(document)


def verification_code(parts: Iterable[Mapping[str, Any]]) -> str:
    """Return SHA-1 over the sorted SHA-1 values of all files, as SPDX 2.3, section 7.9, defines it."""
    joined = "".join(sorted(str(part["sha1"]) for part in parts))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def _supplier(publisher: Mapping[str, Any] | None) -> str:
    # SPDX reads what stands in brackets at the end as an address of mail.
    return f"Organization: {publisher['name'].translate(_NO_BRACKETS)}" if publisher else "NOASSERTION"


def _declared(corpus: Corpus, part: Mapping[str, Any] | None = None) -> dict[str, int]:
    """Return a license histogram, of a part or of the whole, in which ported licenses stand under ids of their own."""
    found: dict[str, int] = {}
    for (expression, port), rows in corpus.under(part).items():
        name = declared(expression, port)
        found[name] = found.get(name, 0) + rows
    return found


def _file(corpus: Corpus, number: int, part: Mapping[str, Any]) -> dict[str, Any]:
    histogram = _declared(corpus, part)
    return {
        "SPDXID": f"SPDXRef-part-{number}",
        "fileName": f"./{part['path']}",
        "fileTypes": ["OTHER"],
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": part["sha1"]},
            {"algorithm": "SHA256", "checksumValue": part["sha256"]},
        ],
        "licenseConcluded": together(histogram) or "NOASSERTION",
        "licenseInfoInFiles": _info(histogram),
        "copyrightText": "NOASSERTION",
        "comment": f"{part['documents']} documents",
    }


def _info(histogram: Mapping[str, int]) -> list[str]:
    names = ids(name for name in histogram if name != NONE)
    return [*names, "NOASSERTION"] if NONE in histogram or not names else names


def _references(corpus: Corpus) -> Iterable[dict[str, Any]]:
    pairs = sorted(
        {(name, port) for expression, port in corpus.under() if expression != NONE for name in ids([expression])}
    )
    known: set[str] = set()
    for name, port in pairs:
        own = declared(name, port)
        if not own.startswith("LicenseRef-") or own in known:
            continue
        known.add(own)
        title = corpus.title(name) + (f", ported to the jurisdiction {port}" if own != name else "")
        where = corpus.address(name, port or None)
        said = f"{title}." + (f" Its text stands at {where}" if where else " No text of it is known.")
        yield {
            "licenseId": own,
            "name": title,
            "extractedText": said,
            **({"seeAlsos": [where]} if where else {}),
        }
