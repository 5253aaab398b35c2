"""What every export asks of a corpus: its licenses by name and address, its digests, the texts of its numbers."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glotmill.core.errors import RecipeError
from glotmill.core.hashing import sha256_text
from glotmill.licensing.deeds import deed, is_ported, ported_id
from glotmill.licensing.expressions import Licensing, parse_expression
from glotmill.licensing.lattice import collect
from glotmill.licensing.table import LicenseTable, load_table
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.histograms import NONE
from glotmill.provenance.lineage import history, roots
from glotmill.text.tags import bcp47

EPOCH = "1970-01-01T00:00:00Z"  # stands for a time that nobody knows, as in reproducible builds


@dataclass(frozen=True, slots=True)
class Corpus:
    """A finished corpus as its exports see it.

    Args:
        folder: of the run.
        manifest: its `manifest.json`.
        manifest_sha256: of `manifest.json` as `RunFolder.write_json` writes it, hexadecimal.
        table: the license table that the run used; None where no step asked for one.
        ports: path of a part -> license expression and port -> rows; rows without a port are not in it.
    """

    folder: RunFolder
    manifest: Mapping[str, Any]
    manifest_sha256: str
    table: LicenseTable | None
    ports: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`name@version`."""
        return f"{self.manifest['name']}@{self.manifest['version']}"

    @property
    def description(self) -> str:
        """What the recipe says, or that it says nothing."""
        return self.manifest["description"] or f"The corpus {self.name}."

    @property
    def last_crawled(self) -> str | None:
        """When the newest page was fetched, or None where no row says so."""
        crawled = self.manifest["totals"]["crawled"]
        return None if crawled is None else str(crawled["last"])

    @property
    def history(self) -> list[str]:
        """The steps that its documents went through; of a mix, those of its corpora, too."""
        return history(self.manifest)

    @property
    def licenses(self) -> dict[str, int]:
        """License expression -> documents; without those that have none."""
        return {name: rows for name, rows in self.histogram("license").items() if name != NONE}

    @property
    def unlicensed(self) -> int:
        """How many documents have no license."""
        return self.histogram("license").get(NONE, 0)

    def histogram(self, name: str) -> dict[str, int]:
        """Return a histogram of the whole corpus."""
        return dict(self.manifest["totals"]["histograms"].get(name, {}))

    def under(self, part: Mapping[str, Any] | None = None) -> dict[tuple[str, str], int]:
        """Return license expression and port -> documents, sorted, of a part or of the whole; `-` where there is no license.

        The port is empty where a license has none: CC BY 3.0 Germany is another license than CC BY 3.0 Unported.
        """
        parts = self.ports.values() if part is None else [self.ports.get(part["path"], {})]
        ported: Counter[tuple[str, str]] = Counter()
        for one in parts:
            ported.update(one)
        licenses = self.histogram("license") if part is None else part["histograms"]["license"]
        found = Counter({(name, ""): rows for name, rows in licenses.items()})
        for (name, port), rows in ported.items():
            if any(is_ported(one, port) for one in ids([name])):
                found[name, port] += rows
                found[name, ""] -= rows
        return {key: rows for key, rows in sorted(found.items()) if rows}

    def source_specs(self) -> list[Mapping[str, Any]]:
        """Return the recipes' sources that were read, of the corpora that were made from documents, not from another one."""
        read = (spec for root in roots(self.manifest) for spec in root["recipe"]["source"])
        return list({spec["of"]: spec for spec in read if spec["of"] in self.manifest["sources"]}.values())

    def address(self, license_id: str, port: str | None = None) -> str | None:
        """Return where a license can be read."""
        return deed(license_id, port, self.table.get(license_id) if self.table else None)

    def title(self, license_id: str) -> str:
        """Return a license's name; its id where the table does not know it."""
        entry = self.table.get(license_id) if self.table else None
        return license_id if entry is None else entry.name

    def hub_id(self, license_id: str) -> str | None:
        """Return the id by which dataset cards name a license, or None where they do not know it."""
        entry = self.table.get(license_id) if self.table else None
        return None if entry is None else entry.hf_id

    def class_of(self, expression: str) -> str | None:
        """Return the class of an expression by the table; None without one."""
        return None if self.table is None else Licensing(self.table).class_of(expression)

    def asks_for_credit(self, expression: str) -> bool:
        """Tell whether a license of an expression asks for attribution or a notice; one that nobody knows may."""
        node = parse_expression(expression)
        if node is None or self.table is None:
            return True
        entries = [self.table.get(name) for name in node.ids()]
        return any(one is None or one.obligations.attribution or one.obligations.notice for one in entries)


def open_corpus(folder: RunFolder, manifest: Mapping[str, Any]) -> Corpus:
    """Return the corpus of a run's folder, which need not hold this manifest yet."""
    text = folder.license_table()
    return Corpus(folder, manifest, sha256_text(json_text(manifest)), load_table(text) if text else None)


def language_tag(tag: str) -> str:
    """Return the BCP 47 tag of a value of the column `language`; `und`, undetermined, of one that names no language.

    Without `identify` the column holds what a source says, which can be anything.
    """
    try:
        return bcp47(tag)
    except RecipeError:
        return "und"


def ids(expressions: Iterable[str]) -> list[str]:
    """Return the license ids of expressions, each once, sorted; an expression that is none stands for itself."""
    found: set[str] = set()
    for expression in expressions:
        node = parse_expression(expression)
        found.update([expression] if node is None else node.ids())
    return sorted(found)


def declared(expression: str, port: str) -> str:
    """Return an expression in which ported licenses have ids of their own.

    SPDX's, as in CC-BY-3.0-DE; `LicenseRef-CC-BY-3.0-FR` where SPDX lists none for a jurisdiction.
    """
    if not port:
        return expression

    def own(match: re.Match[str]) -> str:
        name = match[0]
        if not is_ported(name, port):
            return name
        listed = ported_id(name, port)
        return listed or f"LicenseRef-{name.removeprefix('LicenseRef-')}-{re.sub('[^A-Z0-9]', '-', port.upper())}"

    return re.sub(r"[A-Za-z0-9.+-]+", own, expression)


def together(histogram: Mapping[str, int]) -> str | None:
    """Return the AND-set of a license histogram, or None where some rows have no license, or no rows are there."""
    expressions = sorted(histogram)
    if not expressions or NONE in histogram or any(parse_expression(one) is None for one in expressions):
        return None
    return collect(expressions)


def json_text(value: Any) -> str:
    """Return a JSON file's text: keys sorted, indented, one line feed at the end."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
