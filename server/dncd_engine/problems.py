"""One thing that is wrong with a policy, and what every definition's texts and countries are held to."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from dncd_engine.numbers import is_region

MAX_TEXT_BYTES = 256


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        field: Where, as a path such as ``campaigns["acme/spring"].block``.
        message: What, and how to mend it.
    """

    field: str
    message: str


def problems_of_text(field: str, text: str) -> Iterator[Problem]:
    """Yield what is wrong with a text that people read; it is not repeated."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        yield Problem(field, f"at most {MAX_TEXT_BYTES} bytes of text")
    if any(unicodedata.category(character) == "Cc" for character in text):
        yield Problem(field, "a control character stands in it; take it out")


def problems_of_countries(field: str, countries: tuple[str, ...]) -> Iterator[Problem]:
    """Yield what is wrong with countries."""
    for country in countries:
        if not is_region(country):
            yield Problem(field, "a country is two capital letters of ISO 3166, such as JP or US")
    if len(set(countries)) != len(countries):
        yield Problem(field, "a country stands twice; take one out")
