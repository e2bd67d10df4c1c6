"""What is wrong with the definition of a list."""

import re
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dncd_engine.model import DAY_SECONDS, ListDefinition, ListKind, Policy
from dncd_engine.names import client_of
from dncd_engine.problems import Problem, problems_of_countries, problems_of_text

MAX_PREFIX_DIGITS = 15
MAX_AGE_DAYS = 36_500
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def problems_of_list(name: str, policy: Policy) -> Iterator[Problem]:
    """Yield what is wrong with a list of a policy."""
    definition, field = policy.lists[name], f'lists["{name}"]'
    yield from problems_of_text(f"{field}.title", definition.title)
    yield from problems_of_text(f"{field}.contact", definition.contact)
    yield from problems_of_countries(f"{field}.countries", definition.countries)
    for prefix in definition.prefixes:
        if not is_prefix(prefix):
            yield Problem(
                f"{field}.prefixes",
                "a prefix is 1 to 15 digits with the country code first, such as 8190",
            )
    if definition.tz and not _is_zone(definition.tz):
        yield Problem(f"{field}.tz", "no such time zone; write one such as Asia/Tokyo")
    yield from _age(field, definition)
    if definition.starts_empty and not definition.kind.is_own:
        yield Problem(
            f"{field}.starts_empty",
            "only do_not_contact and suspended_use may begin empty: any other list is loaded",
        )
    if definition.shadow and not definition.kind.blocks:
        yield Problem(
            f"{field}.shadow",
            "only a list that blocks can be in shadow; take it out",
        )
    if definition.confidential:
        yield from _confidential(field, name, policy)
    else:
        yield from _not_confidential(field, definition)


def is_prefix(text: str) -> bool:
    """Tell whether a text is 1 to 15 E.164 digits."""
    return text.isascii() and text.isdigit() and len(text) <= MAX_PREFIX_DIGITS and text[0] != "0"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_day(text: str) -> bool:
    if _DAY.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _age(field: str, definition: ListDefinition) -> Iterator[Problem]:
    if definition.max_age_seconds and not definition.kind.has_age:
        yield Problem(
            f"{field}.max_age",
            "only a registry or a clearance has a publisher's date to be too old by; take it out",
        )
    elif definition.max_age_seconds > MAX_AGE_DAYS * DAY_SECONDS:
        yield Problem(
            f"{field}.max_age",
            f"at most {MAX_AGE_DAYS} days; what is never too old needs no age",
        )


def _confidential(field: str, name: str, policy: Policy) -> Iterator[Problem]:
    definition = policy.lists[name]
    if not definition.kind.is_own:
        yield Problem(
            f"{field}.confidential",
            "only a do_not_contact or suspended_use list can be confidential; take it out",
        )
    if definition.shadow:
        yield Problem(
            f"{field}.shadow",
            "a confidential list blocks as the one that it is shown as; take shadow out",
        )
    yield from _shown_as(f"{field}.shown_as", name, policy)
    ground = definition.confidential_ground
    if not ground.strip():
        yield Problem(
            f"{field}.confidential_ground", "say why the list's existence may not be known"
        )
    yield from problems_of_text(f"{field}.confidential_ground", ground)
    if not _is_day(definition.confidential_review):
        yield Problem(
            f"{field}.confidential_review",
            "name the day, as YYYY-MM-DD, on which a person looks again whether it must stay so",
        )


def _shown_as(field: str, name: str, policy: Policy) -> Iterator[Problem]:
    shown_as = policy.lists[name].shown_as
    shown = policy.lists.get(shown_as)
    if not shown_as:
        yield Problem(field, "name the do_not_contact list that its hits are shown as")
    elif shown is None:
        yield Problem(field, f'there is no list "{shown_as}"; define it or mend the spelling')
    elif client_of(shown_as) != client_of(name):
        yield Problem(field, f'"{shown_as}" is not of the same client; name one that is')
    elif shown.kind is not ListKind.DO_NOT_CONTACT or shown.confidential or shown.shadow:
        yield Problem(
            field,
            f'"{shown_as}" is no ordinary list; name a do_not_contact list, not confidential, not in shadow',
        )


def _not_confidential(field: str, definition: ListDefinition) -> Iterator[Problem]:
    for part in ("shown_as", "confidential_ground", "confidential_review"):
        if getattr(definition, part):
            yield Problem(
                f"{field}.{part}",
                "only a confidential list has this; take it out or set confidential",
            )
