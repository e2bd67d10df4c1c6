"""Tokens: a version, its epoch and the beginning of its hash, opaque to whoever carries them."""

import base64
import binascii
import struct
from dataclasses import dataclass

_BODY = struct.Struct(">BQQ8s")
_FORMAT = 1
_TEXT_LENGTH = 34
HASH_PREFIX_BYTES = 8


class TokenMalformedError(ValueError):
    """A text is no token that dncd has made."""


@dataclass(frozen=True, slots=True)
class Token:
    """What an answer rests on: a version of an epoch, with the first bytes of its hash."""

    version: int
    epoch: int
    hash_prefix: bytes

    def text(self) -> str:
        """Return the token as it travels."""
        body = _BODY.pack(_FORMAT, self.version, self.epoch, self.hash_prefix)
        return base64.urlsafe_b64encode(body).rstrip(b"=").decode("ascii")


def parse_token(text: str) -> Token:
    """Read a token strictly: there is one text for each.

    Raises:
        TokenMalformedError: The text is not one that ``Token.text`` makes.
    """
    if len(text) != _TEXT_LENGTH or not text.isascii():
        raise TokenMalformedError("a token has 34 characters")
    try:
        body = base64.b64decode(text + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenMalformedError("a token is base64url text") from error
    if len(body) != _BODY.size:
        raise TokenMalformedError("a token has 25 bytes")
    form, version, epoch, hash_prefix = _BODY.unpack(body)
    token = Token(version, epoch, hash_prefix)
    if form != _FORMAT or token.text() != text:
        raise TokenMalformedError("a token of an unknown form")
    return token
