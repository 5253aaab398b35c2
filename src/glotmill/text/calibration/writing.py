"""How a language file is written: what a calibration changes is replaced in place, all else stays as people left it."""

import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal

import yaml

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import load, parse
from glotmill.text.calibration.fitting import MOVED, Proposal
from glotmill.text.rules import Evidence, LanguageFile, language_path

_WIDTH = 104
_SIDES = ("below", "above")


def draft(tag: str, name: str, *, stop_words: Sequence[str], sentence_ends: Sequence[str]) -> str:
    """Return the text of a language file without bounds and evidence, for a language that has none yet."""
    ends = ", ".join(f'"{mark}"' for mark in sentence_ends)
    unseen = "" if sentence_ends else "  # no mark was seen to close a sentence"
    lines = [
        f"tag: {tag}",
        f"name: {_scalar(name)}",
        "status: unproven",
        f"stop_words: {_words(stop_words)}",
        "bounds: {}",
        f"sentence_ends: [{ends}]{unseen}",
        "evidence: []",
    ]
    return "\n".join(lines) + "\n"


def drafted(text: str, *, tag: str) -> LanguageFile:
    """Return a draft as a language file whose evidence is still to come."""
    value = load(text, file=language_path(tag))
    fields = value if isinstance(value, dict) else {}
    waiting = {"text": "to be written", "source": "to be written", "license": "to be written"}
    return LanguageFile.model_validate({**fields, "evidence": [waiting]})


def rewritten(
    text: str, *, tag: str, proposals: Sequence[Proposal], evidence: Evidence, stop_words: Sequence[str] | None = None
) -> str:
    """Return a language file's text with proposed bounds, new evidence and, if given, other stop words.

    Comments, order and layout of everything else stay. New evidence takes the place of an earlier calibration of the
    same sets, and comes last where there is none. Where anything that judges changes, the status becomes `unproven`:
    what was proven were other bounds.

    Args:
        text: the file, or `draft`.
        tag: of the language.
        proposals: those that change nothing are passed over.
        evidence: what the numbers rest on now.
        stop_words: instead of those in the file.

    Raises:
        RecipeError: the file is laid out in a way that cannot be edited; nothing is lost, since nothing was written.
    """
    text = text.rstrip() + "\n"
    changed = [proposal for proposal in proposals if proposal.change in MOVED or proposal.change == "switched_off"]
    for proposal in changed:
        text = _with_bound(text, tag, proposal)
    text = _with_evidence(text, tag, evidence)
    if stop_words is not None:
        node = _top(text, tag)["stop_words"][1]
        text = _spliced(text, node.start_mark.index, _content_end(text, node), new=_words(stop_words))
    if stop_words is not None or changed:
        status = _top(text, tag)["status"][1]
        text = _spliced(text, status.start_mark.index, status.end_mark.index, new="unproven")
    _verify(text, tag, proposals)
    return text


def _verify(text: str, tag: str, proposals: Sequence[Proposal]) -> None:
    found = parse(text, LanguageFile, file=language_path(tag))
    for proposal in proposals:
        if proposal.change in MOVED:
            bounds = found.bounds.get(proposal.target.rules, {}).get(proposal.target.rule.measure)
            if bounds is None or getattr(bounds, proposal.target.rule.side) != proposal.bound:
                raise _layout(tag, f"bounds.{proposal.target.rules}.{proposal.target.rule.measure}")


def _layout(tag: str, field: str) -> RecipeError:
    return RecipeError(
        "the file is laid out in a way that cannot be edited in place",
        file=language_path(tag),
        field=field,
        remedy="Lay it out as the language files that come with Glotmill.",
    )


def _with_bound(text: str, tag: str, proposal: Proposal) -> str:
    target = proposal.target
    rules, measure, side = target.rules, target.rule.measure, target.rule.side
    value = f"{{switched_off: {_scalar(proposal.why or '')}}}" if proposal.bound is None else _number(proposal.bound)
    _, top = _top(text, tag)["bounds"]
    sets = _pairs(top, tag, "bounds")
    if not sets:
        entry = f"\n  {rules}:\n    {measure}: {{{side}: {value}}}"
        return _spliced(text, _before_space(text, top.start_mark.index), _content_end(text, top), new=entry)
    if _flows(top) or _flows(sets.get(rules, (top, top))[1]):
        raise _layout(tag, "bounds")
    if rules not in sets:
        at = _line_after(text, _content_end(text, top))
        indent = " " * next(iter(sets.values()))[0].start_mark.column
        return _spliced(text, at, at, new=f"{indent}{rules}:\n{indent}  {measure}: {{{side}: {value}}}\n")
    measures = _pairs(sets[rules][1], tag, f"bounds.{rules}")
    if measure not in measures:
        at = _line_after(text, _content_end(text, sets[rules][1]))
        indent = " " * next(iter(measures.values()))[0].start_mark.column
        return _spliced(text, at, at, new=f"{indent}{measure}: {{{side}: {value}}}\n")
    bounds = measures[measure][1]
    sides = _pairs(bounds, tag, f"bounds.{rules}.{measure}")
    if side in sides:
        node = sides[side][1]
        return _spliced(text, node.start_mark.index, _content_end(text, node), new=value)
    kept = {name: text[node.start_mark.index : _content_end(text, node)] for name, (_, node) in sides.items()}
    both = {**kept, side: value}
    flow = ", ".join(f"{name}: {both[name]}" for name in _SIDES if name in both)
    return _spliced(text, bounds.start_mark.index, _content_end(text, bounds), new=f"{{{flow}}}")


def _with_evidence(text: str, tag: str, evidence: Evidence) -> str:
    _, node = _top(text, tag)["evidence"]
    if not isinstance(node, yaml.SequenceNode):
        raise _layout(tag, "evidence")
    folded = textwrap.wrap(evidence.text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    entry = "  - text: >-\n" + "".join(f"      {line}\n" for line in folded)
    entry += f"    source: {_scalar(evidence.source)}\n    license: {_scalar(evidence.license)}\n"
    if not node.value:
        at = _before_space(text, node.start_mark.index)
        return _spliced(text, at, _line_after(text, _content_end(text, node)), new=f"\n{entry}")
    opening = opening_of(evidence.text)
    for item in node.value:
        said = _pairs(item, tag, "evidence").get("text")
        if said is not None and opening_of(" ".join(str(said[1].value).split())) == opening:
            start = text.rindex("\n", 0, item.start_mark.index) + 1
            return _spliced(text, start, _line_after(text, _content_end(text, item)), new=entry)
    at = _line_after(text, _content_end(text, node))
    return _spliced(text, at, at, new=entry)


def opening_of(sentence: str) -> str:
    """Return how a calibration's evidence opens: up to the first colon, where it has said which sets it is about."""
    return sentence.partition(":")[0]


def _top(text: str, tag: str) -> Mapping[str, tuple[yaml.Node, yaml.Node]]:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        raise _layout(tag, "")
    return _pairs(node, tag, "")


def _pairs(node: yaml.Node, tag: str, field: str) -> Mapping[str, tuple[yaml.Node, yaml.Node]]:
    """Return a mapping's keys and values as nodes, which know where they stand."""
    if not isinstance(node, yaml.MappingNode):
        raise _layout(tag, field)
    return {str(key.value): (key, value) for key, value in node.value}


def _content_end(text: str, node: yaml.Node) -> int:
    """Return where a node's own text ends: a block runs on to the next key, comments and blank lines included."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _content_end(text, last[1] if isinstance(last, tuple) else last)
    return _before_space(text, node.end_mark.index)


def _flows(node: yaml.Node) -> bool:
    """Return whether a mapping or list stands in braces."""
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _line_after(text: str, at: int) -> int:
    """Return where the line behind the one of a position begins."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _before_space(text: str, at: int) -> int:
    return len(text[:at].rstrip())


def _spliced(text: str, start: int, end: int, *, new: str) -> str:
    return text[:start] + new + text[end:]


def _number(value: float) -> str:
    """Return a number as YAML reads it: without an exponent, which it takes for text."""
    return f"{Decimal(repr(value)):f}".removesuffix(".0")


def _scalar(value: str) -> str:
    """Return a string as YAML in one line, quoted where it must be, in its own script."""
    flow = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=float("inf"))
    return flow.strip()[1:-1]


def _words(words: Sequence[str]) -> str:
    lines = textwrap.wrap(", ".join(_scalar(word) for word in words), _WIDTH - 14, break_on_hyphens=False)
    return "[\n" + "".join(f"  {line}\n" for line in lines) + "]"
