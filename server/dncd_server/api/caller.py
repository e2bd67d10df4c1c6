"""Who calls: what the metadata declares and where the call comes from."""

from typing import Any

from dncd_server.actors import Actor, declared_actor

ACTOR_KEY = "dncd-actor"


def actor_of(context: Any) -> Actor:
    """Return the actor that a call declares."""
    declared = ""
    for key, value in context.invocation_metadata() or ():
        if key == ACTOR_KEY and isinstance(value, str):
            declared = value
    return declared_actor(declared, context.peer())
