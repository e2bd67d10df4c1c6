"""What a user typed for a field of a request: the option by which the field came."""

import re
from collections.abc import Mapping

OPTIONS: Mapping[str, str] = {
    "header.batch_id": "--batch-id",
    "header.list": "LIST",
    "header.mode": "--mode",
    "header.region": "--region",
    "header.encoding": "--encoding",
    "header.layout": "--layout",
    "header.columns": "--column",
    "header.file_name": "FILE",
    "header.file_size_bytes": "FILE",
    "header.attributes.effective_unix_us": "--effective",
    "header.attributes.expires_unix_us": "--expires",
    "header.attributes.review_unix_us": "--review",
    "header.attributes.purposes": "--purpose",
    "header.attributes.ground": "--ground",
    "header.attributes.asked_unix_us": "--asked",
    "header.attributes.requester": "--requester",
    "header.attributes.reference": "--ref",
    "header.attributes.source": "--source",
    "header.dates.effective": "--effective",
    "header.dates.expires": "--expires",
    "header.dates.review": "--review",
    "header.dates.asked": "--asked",
    "header.published_unix_us": "--published",
    "header.published_date": "--published",
    "header.coverage": "--coverage",
    "header.base_batch_id": "--base",
    "header.base_published_unix_us": "--base",
    "header.base_published_date": "--base",
    "header.mends": "--mends",
    "header.reason": "--reason",
    "header.everything": "--everything",
    "header.expected_releases": "--releases",
    "header.dry_run": "--dry-run",
    "attributes.ground": "--ground",
    "attributes.asked_unix_us": "--asked",
    "attributes.review_unix_us": "--review",
    "attributes.requester": "--requester",
    "attributes.reference": "--ref",
    "dates.asked": "--asked",
    "dates.review": "--review",
    "request_id": "--request-id",
    "batch_id": "BATCH",
    "revert_id": "--id",
    "reason": "--reason",
    "list": "LIST",
    "until_unix_us": "--until",
    "as_of_version": "--as-of",
    "as_of_unix_us": "--as-of",
    "client": "--client",
    "campaign": "--campaign",
    "region": "--region",
    "at_least": "--at-least",
    "numbers": "NUMBER",
    "prune_prefix": "--prune",
}
LIST_OPTIONS: Mapping[str, str] = {
    "kind": "--kind",
    "title": "--title",
    "countries": "--country",
    "prefixes": "--prefix",
    "max_age": "--max-age",
    "layout": "--layout",
    "tz": "--tz",
    "starts_empty": "--starts-empty",
    "contact": "--contact",
    "shadow": "--shadow",
    "confidential": "--confidential",
    "shown_as": "--shown-as",
    "confidential_ground": "--confidential-ground",
    "confidential_review": "--confidential-review",
    "growth_limit": "--growth-limit",
    "release_limit": "--release-limit",
}
_NAME = re.compile(r'\[(?:".*"|[0-9]+)\]')
_NUMBER = re.compile(r"(?:numbers|e164)\[([0-9]+)\]")
_LIST_FIELD = re.compile(r'lists(?:\[".*"\](?:\.(\w+))?)?')


def general(field: str) -> str:
    """Return a path without what stands in brackets: `lists.kind` for `lists["acme/x"].kind`."""
    return _NAME.sub("", field)


def option_of(field: str) -> str:
    """Return the option or argument of a command for a field; the field where there is none."""
    if place := _NUMBER.fullmatch(field):
        return f"NUMBER {int(place[1]) + 1}"
    return OPTIONS.get(field, field)


def list_option_of(field: str) -> str:
    """Return the option or argument of `dncctl list create` for a field of a policy."""
    found = _LIST_FIELD.fullmatch(field)
    if not found:
        return option_of(field)
    return LIST_OPTIONS.get(found[1], field) if found[1] else "NAME"
