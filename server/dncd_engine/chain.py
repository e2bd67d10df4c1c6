"""The ledger's hash chain: what an event's header is, how it and its bodies are digested.

A digest of a body is HMAC-SHA-256 under a random salt of that body. Erasure deletes salt and body together, so what
stays in the chain can be neither turned back nor tried out, and the chain still verifies.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass

SALT_BYTES = 32
DIGEST_BYTES = 32
GENESIS_HASH = bytes(DIGEST_BYTES)
LEDGER_FORMAT = 1
"""What a reader must know to follow events of this version of dncd; an event that needs more stops a reader."""

_HEADER = struct.Struct(">QQqHH32s32s32s")


@dataclass(frozen=True, slots=True)
class EventHeader:
    """One link of the chain.

    Attributes:
        version: Position in the ledger, from 1, without gaps.
        epoch: 64 random bits, drawn when the ledger is created and again when versions may have been lost.
        at_us: Instant of the commit, microseconds since 1970, strictly growing.
        kind: An ``EventKind`` of the protocol.
        needs: The ledger format that a reader must know.
        effect_digest: Salted digest of all that a verdict needs.
        evidence_digest: Salted digest of who, whence and why.
        prev_hash: Hash of the version before.
    """

    version: int
    epoch: int
    at_us: int
    kind: int
    needs: int
    effect_digest: bytes
    evidence_digest: bytes
    prev_hash: bytes

    def hash(self) -> bytes:
        """Return SHA-256 of the header in fixed width.

        Raises:
            ValueError: A field does not have its width; padded or cut, two headers could have one hash.
        """
        digests = (self.effect_digest, self.evidence_digest, self.prev_hash)
        if any(len(digest) != DIGEST_BYTES for digest in digests):
            raise ValueError("a digest of the header is out of range")
        try:
            packed = _HEADER.pack(
                self.version, self.epoch, self.at_us, self.kind, self.needs, *digests
            )
        except struct.error as error:
            raise ValueError("a number of the header is out of range") from error
        return hashlib.sha256(packed).digest()


def salted_digest(salt: bytes, body: bytes) -> bytes:
    """Return HMAC-SHA-256 of a body under its salt.

    Raises:
        ValueError: The salt is not of ``SALT_BYTES``.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    return hmac.digest(salt, body, "sha256")


def digests_equal(one: bytes, other: bytes) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(one, other)
