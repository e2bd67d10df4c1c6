"""Requests as clients send them."""

from dncd.v1 import batch_pb2, optout_pb2, policy_pb2
from dncd_engine.history import Mode
from dncd_engine.model import Policy
from dncd_server.codec import policy_to_message
from model import drawing as draw
from model.files import Clock, Upload
from model.policies import Definitions


def header_of(upload: Upload, batch_id: str, clock: Clock) -> batch_pb2.BatchHeader:
    """Return what an uploader declares."""
    attributes = batch_pb2.Attributes(
        effective_unix_us=clock.at(upload.effective_hours) if upload.effective_hours else 0,
        expires_unix_us=clock.at(upload.expires_hours) if upload.expires_hours else 0,
        asked_unix_us=clock.at(upload.asked_hours) if upload.asked_hours else 0,
        purposes=upload.purposes,
        source="" if upload.mode is Mode.REMOVE else "a fair",
    )
    days = upload.expires_in_days
    return batch_pb2.BatchHeader(
        batch_id=batch_id,
        list=upload.list,
        mode=batch_pb2.BatchMode.ValueType(upload.mode),
        attributes=attributes,
        dates=batch_pb2.LocalDates(expires=clock.day(days) if days else ""),
        published_unix_us=clock.published_us(upload.published_days),
        coverage=upload.coverage,
        base_batch_id=upload.base,
        base_published_unix_us=clock.published_us(upload.base_days),
        mends=upload.mends,
        reason="as asked" if upload.mode is Mode.REMOVE else "",
        everything=upload.everything,
    )


def opt_out_of(
    request_id: str, campaign: str, numbers: tuple[int, ...]
) -> optout_pb2.OptOutRequest:
    """Return a person's word."""
    return optout_pb2.OptOutRequest(request_id=request_id, campaign=campaign, e164=numbers)


def policy_of(change: Definitions) -> policy_pb2.ApplyPolicyRequest:
    """Return a change of policy."""
    return policy_pb2.ApplyPolicyRequest(
        policy=policy_to_message(Policy(draw.PURPOSES, {}, change.lists, change.campaigns)),
        delete_lists=sorted(change.deleted_lists),
        delete_campaigns=sorted(change.deleted_campaigns),
        reason="as agreed",
    )


def override_of(name: str, until_us: int) -> policy_pb2.OverrideListRequest:
    """Return the wish to let a list through."""
    return policy_pb2.OverrideListRequest(
        list=name, until_unix_us=until_us, reason="their site is down"
    )
