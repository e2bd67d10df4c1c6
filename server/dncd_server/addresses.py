"""Addresses to bind: host and port, and whether others than this machine can reach them."""

import ipaddress
from dataclasses import dataclass

MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; port 0 lets the system choose one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the address as it is written."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read ``HOST:PORT`` or ``[IPV6]:PORT``.

    Raises:
        ValueError: The text is neither.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        is_host = ":" in host
    else:
        is_host = not any(mark in host for mark in "[]:")
    is_host = is_host and host != "" and not any(map(str.isspace, host))
    if not (colon and is_host and port.isascii() and port.isdigit() and int(port) <= MAX_PORT):
        raise ValueError("an address is HOST:PORT, such as 127.0.0.1:50051")
    return Address(host, int(port))


def is_loopback(address: Address) -> bool:
    """Tell whether only this machine can reach an address."""
    if address.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.host).is_loopback
    except ValueError:
        return False
