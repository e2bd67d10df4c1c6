"""A Policy message as a policy file (TOML), and as the JSON that mirrors it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from dncd.v1 import policy_pb2
from dncd_client.ctl import policyfields
from dncd_client.ctl.policyfields import Field, Value
from dncd_client.ctl.printable import as_toml, printable

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def definition_as_dict(definition: Message, fields: Mapping[str, Field]) -> dict[str, Value]:
    """Return what a definition says, by the keys of the policy file; defaults are left out."""
    found = {}
    for name, field in fields.items():
        attribute = field.attribute or name
        if _is_said(definition, attribute):
            found[name] = field.write(getattr(definition, attribute))
    return found


def _is_said(definition: Message, attribute: str) -> bool:
    """Say whether a field is; of one that tells 0 from nothing, 0 is something."""
    if definition.DESCRIPTOR.fields_by_name[attribute].has_presence:
        return definition.HasField(attribute)
    return bool(getattr(definition, attribute))


def policy_as_dict(policy: policy_pb2.Policy) -> dict[str, Any]:
    """Return a policy by the keys of the policy file, every section present, names in order."""
    return {
        "purposes": list(policy.purposes),
        "sources": _section(policy.sources, policyfields.SOURCE),
        "lists": _section(policy.lists, policyfields.LIST),
        "campaigns": _section(policy.campaigns, policyfields.CAMPAIGN),
        "answers": dict(sorted(policy.answers.items())),
    }


def policy_as_toml(policy: policy_pb2.Policy) -> str:
    """Write a policy so that reading it gives the same policy."""
    return "\n".join(_lines(policy_as_dict(policy))) + "\n"


def key(name: str) -> str:
    """Write a key, in quotes where TOML wants them."""
    return name if _BARE_KEY.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """Write a text as TOML's basic string; JSON's escapes of what it must escape are TOML's too."""
    return printable(json.dumps(text, ensure_ascii=False), escape=as_toml)


def _section(
    definitions: Mapping[str, Message], fields: Mapping[str, Field]
) -> dict[str, dict[str, Value]]:
    return {name: definition_as_dict(definitions[name], fields) for name in sorted(definitions)}


def _lines(policy: Mapping[str, Any]) -> Iterator[str]:
    if policy["purposes"]:
        yield f"purposes = {_value(policy['purposes'])}"
    for section in ("sources", "lists", "campaigns"):
        for name, definition in policy[section].items():
            yield ""
            yield f"[{section}.{key(name)}]"
            yield from _pairs(definition)
    if policy["answers"]:
        yield ""
        yield "[answers]"
        yield from _pairs(policy["answers"])


def _pairs(table: Mapping[str, Value]) -> Iterator[str]:
    for name, value in table.items():
        yield f"{key(name)} = {_value(value)}"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(each) for each in value)}]"
    return str(value)
