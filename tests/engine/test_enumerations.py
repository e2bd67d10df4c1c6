"""The engine's words are the protocol's: same names, same values."""

from collections.abc import Sequence
from enum import IntEnum

import pytest

from dncd.v1 import batch_pb2, ledger_pb2, policy_pb2, verdict_pb2
from dncd_engine.model import (
    CampaignDefinition,
    Lift,
    ListDefinition,
    ListKind,
    SourceDefinition,
)
from dncd_engine.numbers import REJECT_BY_CODE, Reject
from dncd_engine.strata import Stratum
from dncd_engine.verdict import Action, Code, Decision
from dncd_files.values import AttributeReject

PAIRS: dict[str, tuple[type[IntEnum], Sequence[tuple[str, int]]]] = {
    "DECISION": (Decision, verdict_pb2.Decision.items()),
    "ACTION": (Action, verdict_pb2.Action.items()),
    "REASON_CODE": (Code, verdict_pb2.ReasonCode.items()),
    "LIST_KIND": (ListKind, verdict_pb2.ListKind.items()),
}


@pytest.mark.parametrize("prefix", PAIRS)
def test_names_and_values_are_those_of_the_protocol(prefix: str) -> None:
    ours, theirs = PAIRS[prefix]
    wanted = dict(theirs)
    assert wanted.pop(f"{prefix}_UNSPECIFIED") == 0
    assert {f"{prefix}_{item.name}": item.value for item in ours} == wanted


def test_reject_codes_have_the_protocols_names_and_the_columns_its_values() -> None:
    """What is wrong with a row's attributes is no fault of its number: those codes are the files' own."""
    wanted = dict(batch_pb2.RejectCode.items())
    assert wanted.pop("REJECT_CODE_UNSPECIFIED") == 0
    of_rows = {wanted.pop(f"REJECT_CODE_{reject.value.upper()}") for reject in AttributeReject}
    assert {f"REJECT_CODE_{reject.value.upper()}" for reject in Reject} == set(wanted)
    assert of_rows.isdisjoint(range(len(REJECT_BY_CODE)))
    assert REJECT_BY_CODE[0] is None
    by_code = {
        f"REJECT_CODE_{reject.value.upper()}": code
        for code, reject in enumerate(REJECT_BY_CODE)
        if reject is not None
    }
    assert by_code == wanted


@pytest.mark.parametrize("kind", ListKind)
def test_a_kind_blocks_or_opens_as_the_contract_says(kind: ListKind) -> None:
    assert kind.blocks == (kind.word in ("do_not_contact", "suspended_use", "registry"))
    assert kind.is_own == (kind.word in ("do_not_contact", "suspended_use"))


def test_definitions_have_the_fields_that_the_protocol_has() -> None:
    renamed = {
        "excluded": "except",
        "effective_us": "effective_unix_us",
        "expires_us": "expires_unix_us",
        "published_us": "published_unix_us",
    }
    for ours, theirs in (
        (ListDefinition, policy_pb2.ListDefinition),
        (CampaignDefinition, policy_pb2.CampaignDefinition),
        (SourceDefinition, policy_pb2.SourceDefinition),
        (Lift, policy_pb2.Lift),
        (Stratum, ledger_pb2.Stratum),
    ):
        known = {field.name for field in theirs.DESCRIPTOR.fields}
        assert {renamed.get(name, name) for name in ours.__slots__} == known
