"""What `dncctl load` says of a batch, as its header."""

from collections.abc import Mapping
from typing import Any

from dncd.v1 import batch_pb2
from dncd_client.ctl.batchview import MODES
from dncd_client.ctl.connection import Connection
from dncd_client.ctl.inputs import InputFile
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.times import Clock, Edge, bad_time, is_date

_MAX_NAME_BYTES = 256


def batch_header(
    options: Mapping[str, Any], source: InputFile, connection: Connection, texts: Catalogue
) -> batch_pb2.BatchHeader:
    """Make a header from the options of `dncctl load`.

    Args:
        options: By the names that the command gives them.
        source: The file, for its name and size.
        connection: Where to ask for the list's time zone, where a date needs it.
        texts: The language of messages.

    Raises:
        click.UsageError: A date or time cannot be read.
        CtlError: The list has no time zone to read it in.
        grpc.RpcError: The time zone was needed and could not be asked for.
    """
    clock = Clock(connection, options["list_name"], texts)
    header = batch_pb2.BatchHeader(
        batch_id=options["batch_id"],
        list=options["list_name"],
        mode=MODES[options["mode"]],
        region=options["region"],
        encoding=options["encoding"],
        layout=options["layout"],
        columns=options["columns"],
        file_name=_sendable_name(source.name),
        file_size_bytes=source.size_bytes,
        attributes=_attributes(options, clock),
        coverage=[each.removeprefix("+") for each in options["coverage"]],
        mends=options["mends"],
        reason=options["reason"],
        dry_run=options["dry_run"],
    )
    published, base = options["published"], options["base"]
    if published and not is_date(published):
        raise bad_time("--published", published, texts)
    header.published_date = published or ""
    if base and is_date(base):
        header.base_published_unix_us = clock.unix_us("--base", base)
    else:
        header.base_batch_id = base or ""
    return header


def _attributes(options: Mapping[str, Any], clock: Clock) -> batch_pb2.Attributes:
    return batch_pb2.Attributes(
        effective_unix_us=clock.unix_us("--effective", options["effective"]),
        expires_unix_us=clock.unix_us("--expires", options["expires"], Edge.END),
        review_unix_us=clock.unix_us("--review", options["review"]),
        asked_unix_us=clock.unix_us("--asked", options["asked"]),
        purposes=options["purposes"],
        ground=options["ground"],
        requester=options["requester"],
        reference=options["reference"],
        source=options["source"],
    )


def _sendable_name(name: str) -> str:
    """Return a file name as UTF-8 of at most 256 bytes; it is evidence, so a part will do."""
    whole = name.encode("utf-8", "backslashreplace")
    return whole[-_MAX_NAME_BYTES:].decode("utf-8", "ignore")
