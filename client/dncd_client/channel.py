"""How channels to a node are set up."""

from collections.abc import Sequence
from typing import TypeAlias

ChannelOptions: TypeAlias = Sequence[tuple[str, int | str]]

DEFAULT_OPTIONS: ChannelOptions = (
    # Numbers never travel through a proxy that the environment happens to name.
    ("grpc.enable_http_proxy", 0),
    # A frozen node is noticed while calls wait for it: the usual options alone did not notice one
    # in 45 s. Never without calls, which a server may take for abuse.
    ("grpc.keepalive_time_ms", 1000),
    ("grpc.keepalive_timeout_ms", 2000),
    ("grpc.http2.ping_timeout_ms", 2000),
    ("grpc.keepalive_permit_without_calls", 0),
    # After an outage the node is asked again within a second, not within two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


def with_defaults(options: ChannelOptions) -> list[tuple[str, int | str]]:
    """Add the defaults to a caller's options, which win."""
    return list((dict(DEFAULT_OPTIONS) | dict(options)).items())
