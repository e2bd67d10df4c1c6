"""Whether a policy is one that dncd can keep: every problem, with its field and its mend."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dncd_engine.model import DAY_SECONDS, CampaignDefinition, ListDefinition, ListKind, Policy
from dncd_engine.names import RESERVED_CAMPAIGNS, is_name, may_use
from dncd_engine.numbers import is_region
from dncd_engine.verdict import Code

MAX_TEXT_BYTES = 256
MAX_PREFIX_DIGITS = 15
MAX_AGE_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        field: Where, as a path such as ``campaigns["acme/spring"].block``.
        message: What, and how to mend it.
    """

    field: str
    message: str


def problems_of(policy: Policy) -> list[Problem]:
    """Return all that is wrong with a policy, in order of field; none means that it can be put in force."""
    found = list(_purposes(policy))
    for name, definition in sorted(policy.lists.items()):
        found += _name("lists", name)
        found += _list(f'lists["{name}"]', definition)
    for name, campaign in sorted(policy.campaigns.items()):
        found += _name("campaigns", name)
        found += _campaign(f'campaigns["{name}"]', name, campaign, policy)
    for code, answer in sorted(policy.answers.items()):
        found += _answer(code, answer)
    for name, source in sorted(policy.sources.items()):
        found += _name("sources", name)
        for field, text in (
            ("provider", source.provider),
            ("route", source.route),
            ("basis", source.basis),
        ):
            found += _text(f'sources["{name}"].{field}', text)
    return found


def _name(group: str, name: str) -> Iterator[Problem]:
    if not is_name(name):
        yield Problem(
            group,
            "a name has 1 to 64 of a-z, 0-9, '.', '_', '-' and at most one slash between two parts",
        )
    if group == "campaigns" and name in RESERVED_CAMPAIGNS:
        yield Problem(f'campaigns["{name}"]', "this name is dncd's own; choose another")


def _text(field: str, text: str) -> Iterator[Problem]:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        yield Problem(field, f"at most {MAX_TEXT_BYTES} bytes of text")
    if any(unicodedata.category(character) == "Cc" for character in text):
        yield Problem(field, "a control character stands in it; take it out")


def _answer(code: str, answer: str) -> Iterator[Problem]:
    if code not in Code.__members__:
        yield Problem("answers", "an answer stands under a reason code, such as LISTED")
    else:
        yield from _text(f"answers.{code}", answer)


def _purposes(policy: Policy) -> Iterator[Problem]:
    for purpose in policy.purposes:
        length = len(purpose.encode("utf-8", "surrogatepass"))
        if not 0 < length <= MAX_TEXT_BYTES or purpose != purpose.strip():
            yield Problem("purposes", "a purpose is 1 to 256 bytes without blanks around it")
        else:
            yield from _text("purposes", purpose)
    if len(set(policy.purposes)) != len(policy.purposes):
        yield Problem("purposes", "a purpose stands twice; take one out")


def _countries(field: str, countries: tuple[str, ...]) -> Iterator[Problem]:
    for country in countries:
        if not is_region(country):
            yield Problem(field, "a country is two capital letters of ISO 3166, such as JP or US")
    if len(set(countries)) != len(countries):
        yield Problem(field, "a country stands twice; take one out")


def _list(field: str, definition: ListDefinition) -> Iterator[Problem]:
    yield from _text(f"{field}.title", definition.title)
    yield from _text(f"{field}.contact", definition.contact)
    yield from _countries(f"{field}.countries", definition.countries)
    for prefix in definition.prefixes:
        if not is_prefix(prefix):
            yield Problem(
                f"{field}.prefixes",
                "a prefix is 1 to 15 digits with the country code first, such as 8190",
            )
    if definition.tz and not _is_zone(definition.tz):
        yield Problem(f"{field}.tz", "no such time zone; write one such as Asia/Tokyo")
    if not definition.kind.blocks:
        yield Problem(
            f"{field}.kind",
            "this version knows the kinds do_not_contact, suspended_use and registry",
        )
    if definition.max_age_seconds and definition.kind is not ListKind.REGISTRY:
        yield Problem(
            f"{field}.max_age",
            "only a registry has a publisher's date to be too old by; take it out",
        )
    elif definition.max_age_seconds > MAX_AGE_DAYS * DAY_SECONDS:
        yield Problem(
            f"{field}.max_age",
            f"at most {MAX_AGE_DAYS} days; a list that is never too old is no registry",
        )
    if definition.starts_empty and not definition.kind.is_own:
        yield Problem(
            f"{field}.starts_empty",
            "only do_not_contact and suspended_use may begin empty: a registry is loaded",
        )


def is_prefix(text: str) -> bool:
    """Tell whether a text is 1 to 15 E.164 digits."""
    return text.isascii() and text.isdigit() and len(text) <= MAX_PREFIX_DIGITS and text[0] != "0"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _campaign(
    field: str, name: str, campaign: CampaignDefinition, policy: Policy
) -> Iterator[Problem]:
    yield from _text(f"{field}.title", campaign.title)
    yield from _countries(f"{field}.countries", campaign.countries)
    if campaign.purpose and campaign.purpose not in policy.purposes:
        yield Problem(
            f"{field}.purpose",
            "this purpose is not declared; add it to purposes or mend the spelling",
        )
    for part, names in (("block", campaign.block), ("except", campaign.excluded)):
        if len(set(names)) != len(names):
            yield Problem(f"{field}.{part}", "a list stands twice; take one out")
        for list_name in names:
            yield from _use(f"{field}.{part}", name, list_name, policy)
    if campaign.block and campaign.excluded:
        yield Problem(
            f"{field}.except",
            "except takes lists from the default; with block there is none, so drop one",
        )
    if campaign.opt_out:
        yield from _opt_out(f"{field}.opt_out", name, campaign, policy)


def _opt_out(
    field: str, name: str, campaign: CampaignDefinition, policy: Policy
) -> Iterator[Problem]:
    unusable = list(_use(field, name, campaign.opt_out, policy))
    if unusable:
        yield from unusable
    elif not policy.lists[campaign.opt_out].kind.is_own:
        yield Problem(field, "opt-outs go to a do_not_contact or suspended_use list")
    elif campaign.opt_out not in policy.blocking_lists_of(name):
        yield Problem(
            field,
            "the campaign is not blocked by this list, so whoever opts out would be called again; block on it",
        )


def _use(field: str, campaign: str, list_name: str, policy: Policy) -> Iterator[Problem]:
    if list_name not in policy.lists:
        yield Problem(field, f'there is no list "{list_name}"; define it or mend the spelling')
    elif not may_use(campaign, list_name):
        yield Problem(
            field,
            f'"{list_name}" belongs to another client; a campaign uses its own client\'s and shared lists',
        )
    elif not policy.lists[list_name].kind.blocks:
        yield Problem(field, f'"{list_name}" is not of a kind that blocks')
