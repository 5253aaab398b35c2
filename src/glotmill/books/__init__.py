"""Books, minutes and scans: TEI, ALTO, hOCR, plain text and PDF, read page by page in bounded memory."""
