"""Which stretches of a text are programs that nobody fenced: chat and instruction data hold whole answers of them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_STRETCH = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")  # lines up to the next blank one
# Lines that programs have and prose has not, by what ends, opens or joins them.
_CODE: Final = re.compile(
    r"\s*(?:"
    r"[^\s].*[={}\[\]].*[;{]|.*\w\(.*\)\s*;|[^\s].*\)\s*\{"  # statements, and what opens a block
    r"|(?:return|break|continue|import|package|using|typedef|extern|throw|use)\b[\w\s.:*&-]*;"
    r"|(?:int|char|float|double|long|short|bool|void|auto|string|String|unsigned|const|static|var|let|u?int\d+_t|size_t)\s+[\w\s,*&\[\]]+;"
    r"|[)\]}]+[;,)]*(?:\s*(?:else|catch|finally|while|from)\b.*)?|\{"  # what closes one
    r"|(?:[\w.]+|[\w.]+\[[^\]]*\]|[\w.]+(?:,\s*[\w.]+)+|(?:const|let|var|my|auto|final)\s+\S+|[\w.<>\[\]*&]+\s+[\w.]+)(?:\s*:\s*[\w.\[\]|, ]+)?"
    r"\s*(?:[-+*/%|&^]|//|\*\*|<<|>>)?(?::=|=(?![=>])|<-)\s*\S.*"  # assignments
    r"|(?:await\s+|return\s+|yield\s+|raise\s+|assert\s+|del\s+|print\s*)?[A-Za-z_][\w.]*\(.*\)(?:\.[\w.]+)?[,:]?"  # calls
    r"|(?:async\s+)?def\s+\w+\s*\(.*|class\s+[A-Z]\w*(?:\(.*\))?\s*[:{]|import\s+[\w.]+(?:\s+as\s+\w+)?(?:,\s*[\w.]+)*"
    r"|from\s+[\w.]+\s+import\s+\S.*|for\s+\w+(?:,\s*\w+)*\s+in\s+[\w.\[\]]+(?:\(.*\))?\s*:|(?:if|elif|while|for|switch)\s*\(.*\)\s*\{?"
    r"|(?:if|elif|while|with)\s.*(?:[=<>]=|\w\(|[<>\]]).*:|except(?:\s+[A-Z]\w+.*)?:"
    r"|\#\s*(?:include|define|ifn?def|endif|pragma|else|if)\b.*|@\w[\w.]*(?:\(.*\))?|<\?(?:php|xml).*|\?>|\#!.*"
    r"|SELECT\s+(?:.*\bFROM\s.*|\S+,.*|[a-z_*]\S*)|INSERT\s+INTO\s.*|UPDATE\s+(?:\S+\s+SET\s.*|[a-z_]\S*)|DELETE\s+FROM\s.*"
    r"|CREATE\s+(?:TABLE|VIEW|INDEX|DATABASE)\s.*|(?:ALTER|DROP)\s+TABLE\s.*"
    r"|\$\s+[a-z][\w./-]*(?:\s+\S+)*|>>>\s.*|['\"][\w.-]+['\"]\s*:\s*\S.*"
    r")\s*"
)
# Lines that are code among others that are, and may be prose alone.
_AMONG: Final = re.compile(
    r"\s*(?:"
    r"(?:if|elif|for|while|with|match|case|switch|class|public|private|protected|static|export|abstract|override|fn|func|function|pub|impl"
    r"|struct|enum|interface|namespace)\b.*[:{(;]|(?:else|try|finally|do|default)\s*[:{]?"
    r"|(?:return|yield|raise|break|continue|pass|end|fi|done|esac)\b.*|.*[;{,(\[]"
    r"|(?:FROM|WHERE|GROUP\s+BY|ORDER\s+BY|HAVING|LIMIT|(?:(?:LEFT|RIGHT|INNER|OUTER|CROSS)\s+)*JOIN|VALUES|SET|AND|OR|UNION)\s+\S.*"
    r"|[\w.-]+\s*:\s*\S.*"
    r")\s*"
)
_REMARK = re.compile(r"\s(?://|#|--)\s[^\"']*$")
_COMMENT = re.compile(r"\s*(?://|/\*|\*/|\*(?:\s|$)|#|--(?:\s|$)|'''|\"\"\")")
_DIRECTIVE = re.compile(r"#!|#\s*(?:include|define|ifn?def|endif|pragma)\b")
_SENTENCE = re.compile(r"\w[.!?。।؟]\s*$|[一-鿿ก-๛ក-៹]{6}")
_DEEP = re.compile(r"(?:\t| {4,}|\.\.\. +)\S")
_LEAST = 0.5  # of a stretch's lines, comments aside; see docs/decisions/0047-chat-data-and-machine-translated-pages.md
_MOST_CHARACTERS = 300  # of a line that is looked at; longer ones are prose


def code_stretches(text: str) -> list[tuple[int, int]]:
    r"""Return the stretches of a text, between blank lines, that are code, as start and end, in order.

    A stretch is code where a line of it can be nothing else, and at least half of its lines, comments aside, may be. In time that grows with
    the text. `code_stretches("तालिका छापो:\n\nfor row in rows:\n    print(row)")` is the loop alone.
    """
    return list(_code(text))


def _code(text: str) -> Iterator[tuple[int, int]]:
    for match in _STRETCH.finditer(text):
        if _is_code(match[0].split("\n")):
            yield match.span()


def _is_code(lines: Sequence[str]) -> bool:
    kinds = [_kind(line) for line in lines]
    code = kinds.count("code")
    among = sum(kind == "among" for kind in kinds) if code else 0
    return code > 0 and code + among >= _LEAST * (len(kinds) - kinds.count("comment"))


def _kind(line: str) -> str:
    if len(line) > _MOST_CHARACTERS:
        return "prose"
    if _COMMENT.match(line) and not _DIRECTIVE.match(line):
        return "comment"
    remark = _REMARK.search(line)
    bare = line[: remark.start()] if remark else line
    if _CODE.fullmatch(bare):
        return "code"
    deep = _DEEP.match(line) and not _SENTENCE.search(line)
    return "among" if deep or _AMONG.fullmatch(bare) else "prose"
