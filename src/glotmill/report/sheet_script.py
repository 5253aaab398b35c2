"""What the script of every sheet does that is one HTML file: keep what people filled in, and save it as CSV."""

from typing import Final

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

SCRIPT: Final = """
"use strict";
function cell(value) {
  const safe = /^[=+\\-@\\t\\r]/.test(value) ? " " + value : value;
  return /[",\\n\\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
}
function asCsv(rows) { return rows.map(row => row.map(cell).join(",")).join("\\n") + "\\n"; }
function saveAs(file, rows) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([asCsv(rows)], { type: "text/csv" }));
  link.download = file;
  link.click();
}
function remember(key, value) {
  try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; /* private mode */ }
}
function recall(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}
"""
