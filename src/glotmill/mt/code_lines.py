"""Which stretches of a text are programs that nobody fenced: chat and instruction data hold whole answers of them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_STRETCH = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")  # lines up to the next blank one
# Lines as programs have them and prose has not, by what ends, opens or joins them.
_CODE: Final = re.compile(
    r"\s*(?:"
    r"[^\s].*[(){}=<>\[\]].*[;{]|[^\s].*\)\s*;|[\w.]+(?:\s+[\w.*&]+)?;"  # statements, and what opens a block
    r"|[)\]}]+[;,)]*(?:\s*(?:else|catch|finally|while|from)\b.*)?|\{"  # what closes one
    r"|(?:[\w.]+|[\w.]+\[[^\]]*\]|[\w.]+(?:,\s*[\w.]+)+|(?:const|let|var|my|auto|final)\s+\S+|[\w.<>\[\]*&]+\s+[\w.]+)(?:\s*:\s*[\w.\[\]|, ]+)?"
    r"\s*(?:[-+*/%|&^]|//|\*\*|<<|>>)?(?::=|=(?![=>])|<-)\s*\S.*"  # assignments
    r"|(?:await\s+|return\s+|yield\s+|raise\s+|assert\s+|del\s+|print\s*)?[A-Za-z_][\w.]*\(.*\)(?:\.[\w.]+)?[,:]?"  # calls
    r"|(?:async\s+)?def\s+\w+\s*\(.*|class\s+\w+(?:\(.*\))?\s*[:{]|import\s+[\w.]+(?:\s+as\s+\w+)?(?:,\s*[\w.]+)*"
    r"|from\s+[\w.]+\s+import\s+\S.*|(?:if|elif|for|while|with|except|match|case|switch)\b.*[:{]|(?:else|try|finally|do)\s*[:{]"
    r"|(?:return|yield|raise|break|continue|pass|end|fi|done|esac)(?:\s+[\w.\"'\[\](){}+*/%=<>!&|,-]+)*"
    r"|(?:public|private|protected|static|export|abstract|override|fn|func|function|pub|impl|struct|enum|interface|namespace)\s+\S.*[{(;]\s*"
    r"|\#\s*(?:include|define|ifn?def|endif|pragma|else|if)\b.*|@\w[\w.]*(?:\(.*\))?|<\?(?:php|xml).*|\?>|\#!.*"
    r"|(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE\s+\w+|ALTER\s+TABLE|DROP\s+TABLE|FROM|WHERE|GROUP\s+BY|ORDER\s+BY|HAVING|LIMIT"
    r"|(?:(?:LEFT|RIGHT|INNER|OUTER|CROSS)\s+)*JOIN|VALUES|SET|AND|UNION)\s+\S.*"
    r"|[$>]\s+[a-z][\w./-]*(?:\s+\S+)*|>>>\s.*"
    r"|['\"]?[\w.-]+['\"]?\s*:\s*(?:['\"\[{\d].*|true|false|null|None|True|False),?"  # a pair of a mapping
    r")\s*"
)
_REMARK = re.compile(r"\s(?://|#|--)\s[^\"']*$")
_COMMENT = re.compile(r"\s*(?://|/\*|\*/|\*(?:\s|$)|#|--(?:\s|$)|'''|\"\"\")")
_DIRECTIVE = re.compile(r"#!|#\s*(?:include|define|ifn?def|endif|pragma)\b")
_SENTENCE = re.compile(r"\w[.!?。।؟]\s*$|[一-鿿ก-๛ក-៹]{6}")
_DEEP = re.compile(r"(?:\t| {4,}|\.\.\. +)\S")
_LEAST = 0.5  # of a stretch's lines, comments aside; see docs/decisions/0046-chat-data-and-machine-translated-pages.md
_MOST_CHARACTERS = 300  # of a line that is looked at; longer ones are prose


def code_stretches(text: str) -> list[tuple[int, int]]:
    r"""Return the stretches of a text, between blank lines, that are code, as start and end, in order.

    A stretch is code where at least half of its lines, comments aside, look like a program's. In time that grows with
    the text. `code_stretches("तालिका छापो:\n\nfor row in rows:\n    print(row)")` is the loop alone.
    """
    return list(_code(text))


def _code(text: str) -> Iterator[tuple[int, int]]:
    for match in _STRETCH.finditer(text):
        if _is_code(match[0].split("\n")):
            yield match.span()


def _is_code(lines: Sequence[str]) -> bool:
    code = prose = 0
    for line in lines:
        kind = _kind(line, after_code=code > 0)
        code, prose = code + (kind == "code"), prose + (kind == "prose")
    return code > 0 and code >= _LEAST * (code + prose)


def _kind(line: str, *, after_code: bool) -> str:
    if len(line) > _MOST_CHARACTERS:
        return "prose"
    if _COMMENT.match(line) and not _DIRECTIVE.match(line):
        return "comment"
    remark = _REMARK.search(line)
    if _CODE.fullmatch(line[: remark.start()] if remark else line):
        return "code"
    return "code" if after_code and _DEEP.match(line) and not _SENTENCE.search(line) else "prose"
