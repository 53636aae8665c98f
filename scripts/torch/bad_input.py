"""The error for faults in the user's input."""


class BadInput(Exception):
    """A fault in the user's input, not in these scripts. Its message says what was expected and what was found."""
