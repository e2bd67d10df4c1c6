"""The channel to the control plane, and what every call on it carries."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import quote

import click
import grpc

from dncd.v1 import batch_pb2_grpc, optout_pb2_grpc, policy_pb2_grpc, screening_pb2_grpc
from dncd_client.channel import with_defaults
from dncd_client.ctl.settings import Settings

ACTOR_KEY = "dncd-actor"
_OPTIONS = (("grpc.max_receive_message_length", 64 << 20),)  # lists may cover many prefixes

Request = TypeVar("Request")
Response = TypeVar("Response")
Metadata = tuple[tuple[str, str], ...]


class Connection:
    """Stubs of the control plane's services, and a way to call them with a deadline.

    Attributes:
        metadata: What every call carries: who acts.
        timeout_seconds: The deadline of a call.
    """

    def __init__(self, channel: grpc.Channel, settings: Settings) -> None:
        self.policy = policy_pb2_grpc.PolicyServiceStub(channel)
        self.batches = batch_pb2_grpc.BatchServiceStub(channel)
        self.opt_outs = optout_pb2_grpc.OptOutServiceStub(channel)
        self.screening = screening_pb2_grpc.ScreeningServiceStub(channel)
        self.metadata: Metadata = ((ACTOR_KEY, actor_of(settings)),)
        self.timeout_seconds = settings.timeout_seconds

    def call(
        self, method: "grpc.UnaryUnaryMultiCallable[Request, Response]", request: Request
    ) -> Response:
        """Call a method under the deadline of `--timeout`.

        Raises:
            grpc.RpcError: There was no answer, or the answer was an error.
        """
        return method(request, timeout=self.timeout_seconds, metadata=self.metadata)


@contextmanager
def connect(settings: Settings) -> Iterator[Connection]:
    """Open a channel for the length of a command."""
    channel = grpc.insecure_channel(settings.server, options=with_defaults(_OPTIONS))
    try:
        yield Connection(channel, settings)
    finally:
        channel.close()


def actor_of(settings: Settings) -> str:
    """Say who acts: `--actor`, DNCCTL_ACTOR, or user@host.

    Raises:
        click.UsageError: A named actor holds anything but printable ASCII.
    """
    named = settings.actor
    if not named:
        return quote(f"{_user()}@{socket.gethostname()}", safe="@._-+ ")
    if not (named.isascii() and named.isprintable()):
        raise click.UsageError(settings.texts.line("actor_ascii"))
    return named


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"uid{os.getuid()}"
