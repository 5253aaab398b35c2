"""The columns of a document, versioned: what sources give, what a corpus holds."""

import pyarrow as pa

SCHEMA_VERSION = 2


def _list_of(kind: pa.DataType) -> pa.ListType:
    # Parquet calls the members of a list "element"; under that name a schema comes back as it was written.
    return pa.list_(pa.field("element", kind))


STRINGS = _list_of(pa.string())
ALTERNATES = _list_of(pa.struct([("label", pa.string()), ("score", pa.float64())]))
COPIES = _list_of(
    pa.struct(
        [
            ("doc_id", pa.string()),
            ("url", pa.string()),
            ("license", pa.string()),  # SPDX expression of that copy
            ("license_state", pa.string()),
        ]
    )
)
EVIDENCE = _list_of(
    pa.struct(
        [
            ("signal", pa.string()),  # http-link, json-ld, rel-license, meta, footer-link, source, row, site ...
            ("raw", pa.string()),  # what stood there, of links with the words around, cut at 300 characters
            ("url", pa.string()),  # license URL, where there is one
            ("spdx", pa.string()),  # SPDX id or LicenseRef, where it could be read
            ("port", pa.string()),  # jurisdiction of a ported Creative Commons license ("de")
            ("locus", pa.string()),  # head, body, footer, figure, header, manifest, row
            ("scope", pa.string()),  # page, part, site, source, unknown
        ]
    )
)

# What every source gives for each record it reads. Null where a source knows nothing.
SOURCE_SCHEMA = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("track", pa.string(), nullable=False),  # curated | web
        pa.field("url", pa.string()),
        pa.field("html", pa.large_string()),  # decoded page, for sources of pages
        pa.field("http_headers", pa.string()),  # JSON object, lower-case names, repeats joined by ", "
        pa.field("text", pa.string()),
        pa.field("title", pa.string()),
        pa.field("author", pa.string()),
        pa.field("language", pa.string()),  # as the source claims it; `identify` replaces it
        pa.field("license", pa.string()),  # as the row claims it; `permit` replaces it
        pa.field("consent", pa.string()),  # as the archive or row has it; `permit` adds what the page says
        pa.field("crawl_time", pa.timestamp("us", "UTC")),
        pa.field("warc_ref", pa.string()),  # file name and byte offset of the record
        pa.field("origin", pa.string(), nullable=False),  # native | mt | synthetic | augmented
        pa.field("generator", pa.string()),
        pa.field("parent_ids", STRINGS),
    ]
)

# What a finished corpus holds, in this order; columns that steps declare beyond these follow by name.
DOCUMENT_SCHEMA = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("track", pa.string(), nullable=False),
        pa.field("text", pa.string()),
        pa.field("content_hash", pa.string()),  # xxh3-128 of the normalised text, hexadecimal
        pa.field("language", pa.string()),  # ISO 639-3 and script: eus_Latn
        pa.field("language_score", pa.float64()),  # 0..1, four decimals
        pa.field("language_alternates", ALTERNATES),  # the model's own labels, raw
        pa.field("script", pa.string()),  # ISO 15924
        pa.field("title", pa.string()),
        pa.field("author", pa.string()),
        pa.field("date", pa.string()),  # of publication, as the page says; ISO 8601
        pa.field("license", pa.string()),  # SPDX expression
        pa.field("license_state", pa.string()),  # verified | declared | weak | conflict | mention | none
        pa.field("license_class", pa.string()),  # public-domain | attribution | sharealike | noncommercial | ...
        pa.field("license_port", pa.string()),
        pa.field("license_evidence", EVIDENCE),
        pa.field("consent", pa.string()),
        pa.field("crawl_time", pa.timestamp("us", "UTC")),
        pa.field("warc_ref", pa.string()),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("generator", pa.string()),
        pa.field("parent_ids", STRINGS),
        pa.field("parallel_id", pa.string()),
        pa.field("cluster_id", pa.string()),
        pa.field("cluster_size", pa.int32()),
        pa.field("copies", COPIES),  # that the document stands for, best first; at most as many as the recipe says
        pa.field("possible_laundering", pa.bool_()),  # an earlier copy of this text reserves all rights
        pa.field("tokens", pa.int64()),
    ]
)

LEDGER_SCHEMA = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("step", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string()),
        pa.field("related", pa.string()),  # doc_id of the document that was kept instead
        pa.field("fate", pa.string(), nullable=False),  # dropped | quarantined
        pa.field("sample", pa.string()),  # the beginning of the text as the step saw it
        pa.field("parent_ids", STRINGS),  # of a derived document
    ]
)


def fields(*names: str) -> pa.Schema:
    """Return the named document or source fields as a schema, for a step's contract."""
    known = {field.name: field for schema in (SOURCE_SCHEMA, DOCUMENT_SCHEMA) for field in schema}
    return pa.schema([known[name] for name in names])


def order_columns(names: list[str]) -> list[str]:
    """Return corpus columns in their stable order: the document's own, then others by name."""
    own = [field.name for field in DOCUMENT_SCHEMA if field.name in names]
    return own + sorted(set(names) - set(own))
