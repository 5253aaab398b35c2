"""Which filter files a project or a path has, each linted as what it is."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glotmill.core.errors import DataError, RecipeError
from glotmill.core.yamlfile import load, parse
from glotmill.io import storage
from glotmill.plan.project import Project
from glotmill.text.linting.findings import Finding
from glotmill.text.linting.languages import lint_languages, lint_rule_set
from glotmill.text.linting.published import Published, is_published, lint_published, read_published
from glotmill.text.rules import RuleSet

_SUFFIXES = (".yaml", ".yml", ".json", ".json.gz")


@dataclass(frozen=True, slots=True)
class Linted:
    """What was linted, and what was found.

    Args:
        files: language files, rule sets and configurations that were read; of a file with many, each of them.
        findings: in the order of the files.
        passed_over: files of a folder that are none of these.
    """

    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    passed_over: tuple[str, ...]


@dataclass(slots=True)
class _Sorted:
    """File -> content, by what the file is."""

    rule_sets: dict[str, str] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    published: dict[str, tuple[str, Published]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


def lint_project(project: Project) -> Linted:
    """Lint every rule set and language file of a project, those that came with the package too."""
    found = _Sorted()
    for name in project.names("filters"):
        found.rule_sets[name] = project.read(name) or ""
    for name in project.names("filters/languages"):
        found.languages[name] = project.read(name) or ""
    return _lint(found, _sets(found.rule_sets.values()))


def lint_paths(paths: Sequence[str], project: Project) -> Linted:
    """Lint files, or all files below folders: language files, rule sets, configurations of FineWeb-2.

    Args:
        paths: files, folders or fsspec URLs.
        project: whose rule sets the language files have bounds for.

    Raises:
        RecipeError: a file named by itself is none of these.
        DataError: nothing there.
    """
    found = _Sorted()
    for path in paths:
        if storage.is_file(path):
            _sort(path, found)
            if path in found.others:
                message = "neither a language file, a rule set nor a configuration of FineWeb-2"
                raise RecipeError(message, file=path, remedy="A language file has a tag, a rule set has rules.")
            continue
        names = [name for name, _ in storage.list_files(path) if name.endswith(_SUFFIXES)]
        if not names:
            raise DataError(f"{path}: no file that ends in {', '.join(_SUFFIXES)}")
        for name in names:
            _sort(storage.join(path, name), found)
    own = {name: project.read(name) or "" for name in project.names("filters")}
    return _lint(found, _sets([*own.values(), *found.rule_sets.values()]))


def _lint(found: _Sorted, sets: tuple[RuleSet, ...]) -> Linted:
    findings: list[Finding] = []
    for file, text in found.rule_sets.items():
        findings.extend(lint_rule_set(file, text))
    findings.extend(lint_languages(found.languages, sets))
    findings.extend(lint_published(found.published))
    files = (*found.rule_sets, *found.languages, *found.published)
    return Linted(files, tuple(findings), tuple(found.others))


def _sets(texts: Iterable[str]) -> tuple[RuleSet, ...]:
    """Return the rule sets that can be read, each once; of those that cannot, their own linting speaks."""
    return tuple({rules.name: rules for text in texts for rules in _readable(text)}.values())


def _readable(text: str) -> Iterator[RuleSet]:
    try:
        yield parse(text, RuleSet, file="")
    except RecipeError:
        return


def _sort(path: str, found: _Sorted) -> None:
    text = _text(path)
    name = path.rsplit("/", 1)[-1]
    if name.endswith((".json", ".json.gz")):
        value = _json(text, path)
        if isinstance(value, dict) and value and all(is_published(one) for one in value.values()):
            configs = read_published(value, file=path)
            found.published.update({f"{path}: {tag}": (tag, config) for tag, config in configs.items()})
        else:
            found.others.append(path)
        return
    value = load(text, file=path)
    keys = value.keys() if isinstance(value, Mapping) else set()
    if is_published(value):
        tag = Path(name).stem
        found.published[path] = (tag, read_published({tag: value}, file=path)[tag])
    elif {"tag", "bounds"} & set(keys):
        found.languages[path] = text
    elif "rules" in keys and Path(path).parent.name not in ("labels", "lines"):
        found.rule_sets[path] = text
    else:
        found.others.append(path)


def _text(path: str) -> str:
    data = storage.read_bytes(path)
    try:
        if path.endswith(".gz"):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RecipeError(f"broken gzip: {error}", file=path) from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"not UTF-8 at byte {error.start}", file=path) from error


def _json(text: str, path: str) -> object:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise RecipeError(f"not JSON: {error}", file=path) from error
