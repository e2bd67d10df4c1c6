"""The normaliser: any text to exactly one E.164 integer, or to one reject code.

The same functions serve upload and check, because a number that is read in two ways is a person
who asked not to be called and is called. Nothing is guessed: a text that is not plainly one number
is rejected, since a stored number that the row does not show is worse than a rejected row.
"""

from dncd_engine.numbers.columns import InspectedColumns, inspect_many
from dncd_engine.numbers.reading import read, read_many
from dncd_engine.numbers.regions import COUNTRIES, is_region
from dncd_engine.numbers.rejects import REJECT_BY_CODE, Reject
from dncd_engine.numbers.standing import Standing, inspect, warm

NORMALISER_VERSION: int = 1
"""Recorded with every batch. Whatever changes the reading of any text raises it."""

__all__ = [
    "COUNTRIES",
    "NORMALISER_VERSION",
    "REJECT_BY_CODE",
    "InspectedColumns",
    "Reject",
    "Standing",
    "inspect",
    "inspect_many",
    "is_region",
    "read",
    "read_many",
    "warm",
]
