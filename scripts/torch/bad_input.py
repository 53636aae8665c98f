"""What goes wrong because of what the user gave, not because of a fault here."""


class BadInput(Exception):
    """Its message is for the user: what was expected, and what there is."""
