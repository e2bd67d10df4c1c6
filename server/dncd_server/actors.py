"""Who makes a change, as every event of the ledger names it."""

from dataclasses import dataclass

MAX_ACTOR_CHARACTERS = 128
UNKNOWN_ACTOR = "unknown"
DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or program, and how it is known.

    Attributes:
        name: What it calls itself.
        proof: ``declared`` until identities are configured.
        peer: The address that it came from.
    """

    name: str
    proof: str
    peer: str


def declared_actor(name: str, peer: str) -> Actor:
    """Return the actor that a caller declares to be, cut to what is fit to keep."""
    kept = "".join(character for character in name if character.isprintable())
    return Actor(kept[:MAX_ACTOR_CHARACTERS] or UNKNOWN_ACTOR, DECLARED, peer)
