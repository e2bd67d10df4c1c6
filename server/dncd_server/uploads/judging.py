"""Why a file that could be read is not taken after all: it is not what it says."""

from collections.abc import Callable

from dncd.v1 import batch_pb2
from dncd_server.changes.guard import looks_like_a_mistake
from dncd_server.changes.work import Difference, Turndown
from dncd_server.errors import ConflictError
from dncd_server.ingest.messages import Done
from dncd_server.uploads.plan import UploadPlan, is_older_than
from dncd_server.uploads.reports import region_of

REPLACE = batch_pb2.BATCH_MODE_REPLACE
CHANGE = batch_pb2.BATCH_MODE_CHANGE
REMOVE = batch_pb2.BATCH_MODE_REMOVE


def unreadable_rows(plan: UploadPlan, done: Done) -> Turndown | None:
    """Say why a file with rows that could not be read is not taken: what they were meant for, nobody knows.

    On a list that blocks, readable rows never wait for others; but a replace would release whom an unreadable row
    names, and on a list that opens the row may have been a narrower one.
    """
    if not done.rows.rejected:
        return None
    opens = plan.list.definition.kind.opens and plan.header.mode != REMOVE
    if plan.header.mode != REPLACE and not opens:
        return None
    what = "a replace" if plan.header.mode == REPLACE else "a list that opens"
    return Turndown(
        "UNREADABLE_ROWS",
        f"{done.rows.rejected} rows cannot be read, and {what} takes a file whole or not at all; mend them and "
        "load the whole file again",
    )


def judging(
    plan: UploadPlan, done: Done, must_hold: bool
) -> Callable[[Difference], Turndown | None]:
    """Return what judges a file once its difference is known.

    Args:
        plan: What the upload does.
        done: How its file was read.
        must_hold: Whether what it opens waits for another person anyway.
    """

    def judge(difference: Difference) -> Turndown | None:
        if plan.header.mode != REMOVE and difference.is_mostly_foreign:
            return _wrong_country(plan, done, difference)
        if difference.is_mostly_outside:
            return _wrong_coverage(difference)
        if plan.header.mode in (REPLACE, CHANGE) and is_older_than(plan, difference.list):
            raise ConflictError(
                "BASE_OUT_OF_ORDER",
                "the list holds a newer publication than this file; revert that first, or mend --published",
                {"list": plan.list.name},
            )
        meant = plan.header.expected_releases
        is_asked = plan.header.mode == REPLACE and not must_hold and not plan.header.dry_run
        if is_asked and looks_like_a_mistake(difference, meant):
            return _mostly_releases(difference)
        return None

    return judge


def _wrong_country(plan: UploadPlan, done: Done, difference: Difference) -> Turndown:
    countries = ", ".join(plan.list.definition.countries)
    region = region_of(plan, done.layout)
    return Turndown(
        "WRONG_COUNTRY",
        f"{difference.foreign} of {difference.named} numbers, as read in {region}, are not of {countries}, of "
        "which this list speaks; name the region with --region, or load the file to another list",
    )


def _wrong_coverage(difference: Difference) -> Turndown:
    return Turndown(
        "WRONG_COVERAGE",
        f"{difference.outside} of {difference.named} numbers are outside what --coverage says that the file speaks "
        "about; mend --coverage, or load the right file",
    )


def _mostly_releases(difference: Difference) -> Turndown:
    return Turndown(
        "MOSTLY_RELEASES",
        f"it would release {difference.released} of {difference.list.entries.count} numbers, as a file of another "
        f"list would; look with --dry-run, and if you mean it, say so with --releases {difference.released}",
    )
