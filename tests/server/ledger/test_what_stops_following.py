"""A ledger that is not wholly understood is followed no further, and nothing is answered from it."""

from pathlib import Path

import pytest

from dncd.v1 import batch_pb2, ledger_pb2, policy_pb2
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger.records import NewBatch, NewEvent
from server.building import Office, a_list, office, policy_request, run

NEWER = b"\xf8\x3f\x01"
"""A field that this version has no name for."""


def test_nothing_is_answered_before_the_ledger_is_read(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            with pytest.raises(UnavailableError) as caught:
                _ = it.replica.state
            assert caught.value.reason == "STARTING"

            await it.catch_up()
            assert it.replica.state.version == 1

    run(scene())


@pytest.mark.parametrize("kind", [0, 8, 10, 99])
def test_a_kind_of_event_that_is_not_known_stops(tmp_path: Path, kind: int) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.catch_up()
            it.store.append(NewEvent(kind, b"", b""))
            with pytest.raises(LedgerError, match=f"version 2 is of kind {kind}, which needs a ne"):
                await it.catch_up()
            _is_unusable(it)

    run(scene())


def test_a_newer_ledger_format_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.catch_up()
            monkeypatch.setattr("dncd_server.ledger.store.LEDGER_FORMAT", 2)
            kind = ledger_pb2.EVENT_KIND_POLICY_APPLIED
            it.store.append(NewEvent(kind, b"", b""))
            with pytest.raises(LedgerError, match="version 2 needs ledger format 2"):
                await it.catch_up()
            _is_unusable(it)

    run(scene())


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        (b"\xff\xff", "the effect of version 3 cannot be read"),
        (
            ledger_pb2.BatchEffect(
                list="house", mode=batch_pb2.BATCH_MODE_POLICY, strata=[ledger_pb2.Stratum()]
            ).SerializeToString(),
            "the batch of version 3 needs a newer dncd",
        ),
        (
            ledger_pb2.BatchEffect(
                list="house",
                mode=batch_pb2.BATCH_MODE_ADD,
                strata=[ledger_pb2.Stratum.FromString(NEWER)],
            ).SerializeToString(),
            "the batch of version 3 needs a newer dncd",
        ),
        (
            ledger_pb2.BatchEffect(
                list="gone", mode=batch_pb2.BATCH_MODE_ADD, strata=[ledger_pb2.Stratum()]
            ).SerializeToString(),
            "version 3 changes a list that does not exist",
        ),
    ],
    ids=["unreadable", "other_mode", "other_stratum", "no_such_list"],
)
def test_a_batch_that_cannot_be_applied_stops(tmp_path: Path, effect: bytes, told: str) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            batch = NewBatch("b1", "x", 0, batch_pb2.BATCH_STATE_ACTIVE, 7, bytes(32), 0, b"")
            it.store.append(NewEvent(ledger_pb2.EVENT_KIND_BATCH_APPLIED, effect, b""), batch)
            with pytest.raises(LedgerError, match=told):
                await it.catch_up()
            _is_unusable(it)

    run(scene())


def test_a_policy_that_is_half_understood_stops(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.catch_up()
            house = policy_pb2.ListDefinition.FromString(a_list().SerializeToString() + NEWER)
            put = policy_request({"house": house}).policy
            effect = ledger_pb2.PolicyEffect(put=put).SerializeToString()
            it.store.append(NewEvent(ledger_pb2.EVENT_KIND_POLICY_APPLIED, effect, b""))
            told = "the ledger's policy needs a newer dncd: it holds a field without a name"
            with pytest.raises(LedgerError, match=told):
                await it.catch_up()
            _is_unusable(it)

    run(scene())


def _is_unusable(it: Office) -> None:
    with pytest.raises(UnavailableError) as caught:
        _ = it.replica.state
    assert caught.value.reason == "LEDGER_UNUSABLE"
