"""A count on the command line: a whole number from 0 that fits a message."""

import click

_MAX_DIGITS = 18


def count(text: str) -> int:
    """Return the number; unlike click's own ranges this does not spell its bounds out in the help.

    Raises:
        click.BadParameter: It is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise click.BadParameter(f"{text!r} is not a whole number from 0")
    return int(text)
