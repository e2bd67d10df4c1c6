"""What each mode, and each kind of list, asks of a header."""

from collections.abc import Iterator

from dncd.v1 import batch_pb2
from dncd_engine.lists import ListState
from dncd_engine.model import ListKind, Policy
from dncd_server.errors import FieldProblem

ADD = batch_pb2.BATCH_MODE_ADD
REMOVE = batch_pb2.BATCH_MODE_REMOVE
REPLACE = batch_pb2.BATCH_MODE_REPLACE
CHANGE = batch_pb2.BATCH_MODE_CHANGE
_TERMS = ("effective", "expires")


def mode_problems(header: batch_pb2.BatchHeader) -> list[FieldProblem]:
    """Return what a header says that its mode cannot mean, or lacks."""
    return [FieldProblem(f"header.{field}", mend) for field, mend in _mode_problems(header)]


def _mode_problems(header: batch_pb2.BatchHeader) -> Iterator[tuple[str, str]]:
    mode = header.mode
    has_base = bool(
        header.base_batch_id or header.base_published_unix_us or header.base_published_date
    )
    if mode == REMOVE:
        yield from _removal_problems(header)
    if mode == CHANGE and not has_base:
        yield (
            "base_batch_id",
            "a change builds on a batch or a publisher's date; name it with --base",
        )
    if mode != CHANGE and has_base:
        yield "base_batch_id", "only a change builds on a base; take it out"
    given = (header.base_batch_id, header.base_published_unix_us, header.base_published_date)
    if sum(map(bool, given)) > 1:
        yield "base_batch_id", "the base is given twice; keep the batch or the date"
    if mode != ADD and header.mends:
        yield "mends", "rejected rows come again with the mode add"
    if mode != REPLACE and header.everything:
        yield "everything", "only a replace can touch everything; take it out"
    if mode != REPLACE and header.expected_releases:
        yield "expected_releases", "only a replace is asked how much it releases; take it out"


def _removal_problems(header: batch_pb2.BatchHeader) -> Iterator[tuple[str, str]]:
    if not header.reason.strip():
        yield "reason", "a removal needs its reason; say it with --reason"
    if header.coverage or header.published_unix_us or header.published_date:
        yield "published_date", "a removal is no publication; take date and coverage out"
    for field in _TERMS:
        if getattr(header.attributes, f"{field}_unix_us") or getattr(header.dates, field):
            yield field, "a removal ends entries now; take it out"
    if header.attributes.purposes:
        yield "attributes.purposes", "a removal ends entries for every purpose; take it out"


def terms_problems(
    settled: batch_pb2.Attributes, policy: Policy, now_us: int
) -> list[FieldProblem]:
    """Return what is wrong with what decides about a batch's entries."""
    found = [
        FieldProblem(
            "header.attributes.purposes",
            f'the purpose "{purpose}" is not declared; add it to purposes or mend the spelling',
        )
        for purpose in settled.purposes
        if purpose not in policy.purposes
    ]
    if len(set(settled.purposes)) != len(settled.purposes):
        found.append(FieldProblem("header.attributes.purposes", "one stands twice; take it out"))
    ends_us = settled.expires_unix_us
    if ends_us and ends_us <= max(settled.effective_unix_us, now_us):
        mend = "the entries would have ended before they begin; mend the dates"
        found.append(FieldProblem("header.attributes.expires_unix_us", mend))
    return found


def list_problems(
    header: batch_pb2.BatchHeader, settled: batch_pb2.Attributes, item: ListState
) -> list[FieldProblem]:
    """Return what a header says that its list cannot take."""
    kind = item.definition.kind
    found = []
    # a date is taken as evidence on every list; coverage decides what is replaced, and a registry's how fresh it is
    if header.coverage and kind is not ListKind.REGISTRY and header.mode != REPLACE:
        told = "only a registry, or a replace, has coverage; take it out"
        found.append(FieldProblem("header.coverage", told))
    if kind is ListKind.REGISTRY and settled.purposes:
        told = "an authority's list holds for every purpose; take it out"
        found.append(FieldProblem("header.attributes.purposes", told))
    return found
