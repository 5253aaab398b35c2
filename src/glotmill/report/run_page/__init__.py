"""The report of a run as one HTML file: a module for each of its sections."""
