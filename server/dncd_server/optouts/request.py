"""What a caller says of an opt-out: every field that is wrong, with its mend, whatever the ledger holds."""

import hashlib

from dncd.v1 import optout_pb2
from dncd_engine.names import is_batch_id, is_name
from dncd_engine.numbers import is_region
from dncd_server.codec import has_unknown_fields
from dncd_server.errors import FieldProblem
from dncd_server.uploads.header import attribute_problems

MAX_NUMBERS = 100
_ALWAYS = "an opt-out holds at once, for ever and for every purpose; take it out"


def request_problems(request: optout_pb2.OptOutRequest) -> list[FieldProblem]:
    """Return all that is wrong with a request, whatever the ledger holds."""
    found = [FieldProblem(field, mend) for field, sound, mend in _checks(request) if not sound]
    found += attribute_problems(request.attributes, "attributes")
    found += [
        FieldProblem(f"attributes.{field}", _ALWAYS)
        for field in ("effective_unix_us", "expires_unix_us", "purposes")
        if getattr(request.attributes, field)
    ]
    found += [
        FieldProblem(f"dates.{field}", _ALWAYS)
        for field in ("effective", "expires")
        if getattr(request.dates, field)
    ]
    if has_unknown_fields(request):
        told = "it holds a field that this version does not know; take it out or upgrade dncd"
        found.append(FieldProblem("request", told))
    return found


def content_of(request: optout_pb2.OptOutRequest) -> bytes:
    """Return a digest of what the same id must bring again to be the same opt-out.

    It can be found by trial, so it never goes to a disk as it is.
    """
    content = optout_pb2.OptOutRequest()
    content.CopyFrom(request)
    content.ClearField("request_id")
    return hashlib.sha256(b"opt-out\0" + content.SerializeToString(deterministic=True)).digest()


def _checks(request: optout_pb2.OptOutRequest) -> list[tuple[str, bool, str]]:
    size = max(len(request.e164), len(request.numbers))
    attributes, dates = request.attributes, request.dates
    name = "a name has 1 to 64 of a-z, 0-9, '.', '_', '-'"
    once = "say it once: as an instant in attributes, or as a date in dates"
    return [
        (
            "request_id",
            is_batch_id(request.request_id),
            "an id is 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'",
        ),
        ("numbers", size > 0, "give at least one number, as numbers or as e164"),
        ("numbers", not (request.e164 and request.numbers), "give numbers or e164, not both"),
        (
            "numbers" if request.numbers else "e164",
            size <= MAX_NUMBERS,
            f"{size} numbers, the limit is {MAX_NUMBERS}: those of one person; load a file instead",
        ),
        (
            "campaign",
            not request.campaign or is_name(request.campaign),
            f"{name} and at most one slash",
        ),
        (
            "client",
            not request.client or (is_name(request.client) and "/" not in request.client),
            f"{name}: what stands before the slash of its lists",
        ),
        (
            "client",
            not (request.client and request.campaign),
            "name the campaign or the client, not both",
        ),
        (
            "region",
            not request.region or is_region(request.region),
            "a region is two capital letters of ISO 3166, such as JP",
        ),
        ("dates.asked", not (attributes.asked_unix_us and dates.asked), once),
        ("dates.review", not (attributes.review_unix_us and dates.review), once),
    ]
