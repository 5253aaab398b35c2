"""Reading text without knowing its language: Unicode, words, token tables, measures, rules."""
