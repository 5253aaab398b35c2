"""Accounts of a run: ledger, receipts, manifest, verification."""
