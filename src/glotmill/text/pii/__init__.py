"""Personal data that stands in a text in a fixed form: addresses, numbers of accounts, cards, phones and persons.

Every module finds spans in code points and changes nothing; `finding` puts them together, `stages/redact.py` replaces
them. Names, postal addresses and what a sentence says of a person are not found here: they have no fixed form.
"""
