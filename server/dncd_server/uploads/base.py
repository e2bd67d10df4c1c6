"""The base of a change: the batch that its adds and deletes build on, which must be the newest load of its list."""

from dncd.v1 import batch_pb2
from dncd_server.changes.past import check_base, newest_load, read_past
from dncd_server.errors import NotFoundError
from dncd_server.ledger.follower import LedgerThread
from dncd_server.uploads.plan import UploadPlan


async def base_of(ledger: LedgerThread, plan: UploadPlan) -> str:
    """Return the id of the batch that a change builds on, "" for every other mode.

    Raises:
        NotFoundError: There is no such batch.
        ConflictError: It is not the newest load of the list (BASE_OUT_OF_ORDER).
    """
    if plan.header.mode != batch_pb2.BATCH_MODE_CHANGE:
        return ""
    standing = (await read_past(ledger, plan.list)).standing()
    base = plan.header.base_batch_id
    if base and await ledger.run(ledger.store.batch, base) is None:
        raise NotFoundError(
            "BATCH_NOT_FOUND",
            "there is no batch with the id that the base names",
            {"batch_id": base},
        )
    newest = newest_load(standing)
    if not base and newest is not None and newest.published_us == plan.base_published_us:
        base = newest.batch_id
    check_base(plan.list.name, standing, base)
    return base
