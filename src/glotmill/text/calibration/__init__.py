"""Calibration: which bounds a language's own text asks for, and what each of them costs."""
