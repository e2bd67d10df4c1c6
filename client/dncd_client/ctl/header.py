"""What `dncctl load` says of a batch, as its header."""

from collections.abc import Iterator, Mapping
from typing import Any

from dncd.v1 import batch_pb2
from dncd_client.ctl.batchview import UPLOAD_MODES
from dncd_client.ctl.inputs import InputFile
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.times import bad_time, check_form, is_date

_MAX_NAME_BYTES = 256


def batch_header(
    options: Mapping[str, Any], source: InputFile, texts: Catalogue
) -> batch_pb2.BatchHeader:
    """Make a header from the options of `dncctl load`.

    Dates go as they were typed: the server reads them where the list lives.

    Args:
        options: By the names that the command gives them.
        source: The file, for its name and size.
        texts: The language of messages.

    Raises:
        click.UsageError: A date or time cannot be read.
    """
    header = batch_pb2.BatchHeader(
        batch_id=options["batch_id"],
        list=options["list_name"],
        mode=UPLOAD_MODES[options["mode"]],
        region=options["region"],
        encoding=options["encoding"],
        layout=options["layout"],
        columns=options["columns"],
        file_name=_sendable_name(source.name),
        file_size_bytes=source.size_bytes,
        attributes=_attributes(options),
        dates=_dates(options, texts),
        coverage=[each.removeprefix("+") for each in options["coverage"]],
        mends=options["mends"],
        reason=options["reason"],
        everything=options["everything"],
        expected_releases=options["releases"],
        dry_run=options["dry_run"],
    )
    published, base = options["published"] or "", options["base"] or ""
    if published and not is_date(published):
        raise bad_time("--published", published, texts)
    header.published_date = published
    if is_date(base):
        header.base_published_date = base
    else:
        header.base_batch_id = base
    return header


def mending_command(header: batch_pb2.BatchHeader, file: str) -> list[str]:
    """Return the command that brings the mended rows of a batch, saying the same of them.

    Rows of a removal come again as another one; empty for a mode in which the number alone does not
    say what the row meant.
    """
    words = ["dncctl", "load", header.list, file, "--column", "raw"]
    if header.mode == batch_pb2.BATCH_MODE_ADD:
        return [*words, *_said(header), "--mends", header.batch_id]
    if header.mode == batch_pb2.BATCH_MODE_REMOVE:
        return [*words, "--mode", "remove", *_said(header)]
    return []


def _said(header: batch_pb2.BatchHeader) -> Iterator[str]:
    """Yield the options that say something of every row."""
    given, dates = header.attributes, header.dates
    values = {
        "--region": header.region,
        "--source": given.source,
        "--ground": given.ground,
        "--asked": dates.asked,
        "--effective": dates.effective,
        "--expires": dates.expires,
        "--review": dates.review,
        "--ref": given.reference,
        "--requester": given.requester,
        "--reason": header.reason,
    }
    for option, value in values.items():
        if value:
            yield from (option, value)
    for purpose in given.purposes:
        yield from ("--purpose", purpose)


def _attributes(options: Mapping[str, Any]) -> batch_pb2.Attributes:
    return batch_pb2.Attributes(
        purposes=options["purposes"],
        ground=options["ground"],
        requester=options["requester"],
        reference=options["reference"],
        source=options["source"],
    )


def _dates(options: Mapping[str, Any], texts: Catalogue) -> batch_pb2.LocalDates:
    return batch_pb2.LocalDates(
        effective=check_form("--effective", options["effective"], texts),
        expires=check_form("--expires", options["expires"], texts),
        review=check_form("--review", options["review"], texts),
        asked=check_form("--asked", options["asked"], texts),
    )


def _sendable_name(name: str) -> str:
    """Return a file name as UTF-8 of at most 256 bytes; it is evidence, so a part will do."""
    whole = name.encode("utf-8", "backslashreplace")
    return whole[-_MAX_NAME_BYTES:].decode("utf-8", "ignore")
