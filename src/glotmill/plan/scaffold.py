"""The files of a new project for one language: a recipe, a source's license, and how to go on."""

from glotmill.text.tags import describe

RECIPE = """\
# What to build. Thresholds live in filters/, licenses in manifests/; both may be overridden by files of the same name here.
name: {name}
version: 0.1.0
languages: [{tag}]
source: {{kind: warc, of: {source}}}       # also: parquet, jsonl
steps:
  - {{name: gate,     kind: gate}}                             # cheap: is this page worth extracting?
  - {{name: extract,  kind: extract, engine: trafilatura}}
  - {{name: rights,   kind: permit, allow: open-definition, consent: strictest}}
  - {{name: clean,    kind: normalize}}
  - {{name: language, kind: identify, identifier: [words, ngrams]}}   # or a model: docs/how-to/use-another-identifier.md
  - {{name: quality,  kind: judge, filters: [gopher_quality]{without_bounds}}}
  - {{name: exact,    kind: exact_dedup}}
  - {{name: near,     kind: minhash_dedup, bands: 14, rows: 8}}
  - {{name: details,  kind: metadata}}
  - {{name: privacy,  kind: redact, find: [email, ip]}}
sink: {{kind: parquet, partition_by: [language, license_class], part_mb: 512}}
"""

SOURCE = """\
# Where the pages come from and under what terms. `per-page` means: as each page itself declares; what declares
# nothing is not taken. Replace the sample's entry by your own when you bind your own pages.
name: Sample pages of {name}
license:
  expression: per-page
  evidence: >-
    Sample pages that came with Glotmill, each marked with its own license. Write here who looked at your source, when,
    and what was found.
terms: none; the sample pages may be used as each page says.
contact: you@example.org
"""

README = """\
# {name}

A corpus of {language} ({tag}).

    glotmill check                                             # every file of this project
    glotmill dry-run {name} --bind {source}=input --docs 200   # what would be kept and dropped
    glotmill run {name} --bind {source}=input --out out
    glotmill verify out/{name}/0.1.0

`input/` holds a small sample web. Put WARC files of your own there, or bind another folder, and describe them in
`manifests/sources/{source}.yaml`.
"""


def scaffold(tag: str, *, has_language_file: bool) -> dict[str, str]:
    """Return the files of a new project, path -> text.

    Args:
        tag: canonical tag of the target language.
        has_language_file: whether filters/languages/<tag>.yaml exists; without it the recipe keeps documents that
            cannot be judged rather than drop a whole language silently, and says so.
    """
    code = tag.partition("_")[0]
    name, source = f"{code}-web", f"{code}-pages"
    without = "" if has_language_file else ", without_bounds: keep"
    values = {"name": name, "source": source, "tag": tag, "language": describe(tag).name, "without_bounds": without}
    return {
        "README.md": README.format(**values),
        f"pipelines/{name}.yaml": RECIPE.format(**values),
        f"manifests/sources/{source}.yaml": SOURCE.format(**values),
        ".gitignore": "out/\n",
    }
