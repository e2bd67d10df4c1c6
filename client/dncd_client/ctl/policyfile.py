"""A policy file (TOML) into a Policy message: strict, and all that is wrong told at once."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from dncd.v1 import policy_pb2, verdict_pb2
from dncd_client.ctl import policyfields
from dncd_client.ctl.policyfields import Field, Value, WrongValueError, read_text, read_texts
from dncd_client.ctl.policytoml import key

_SECTIONS = ("purposes", "sources", "lists", "campaigns", "answers")
_REASONS = tuple(
    name.removeprefix("REASON_CODE_") for name, value in verdict_pb2.ReasonCode.items() if value
)

Definition = TypeVar(
    "Definition",
    policy_pb2.SourceDefinition,
    policy_pb2.ListDefinition,
    policy_pb2.CampaignDefinition,
)


class PolicyFileError(ValueError):
    """Raised when a policy file cannot be taken.

    Attributes:
        problems: Each one names the file, the key and what to do.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_policy(text: str, file: str) -> policy_pb2.Policy:
    """Read a policy.

    Args:
        text: The file's content.
        file: The file's name, for messages.

    Raises:
        PolicyFileError: Something in it is wrong; nothing of it is to be applied.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyFileError([f"{file}: {error}"]) from None
    reader = _Reader(file)
    policy = reader.policy(document)
    if reader.problems:
        raise PolicyFileError(reader.problems)
    return policy


class _Reader:
    """Reads section by section and gathers what is wrong."""

    def __init__(self, file: str) -> None:
        self.problems: list[str] = []
        self._file = file

    def policy(self, document: Mapping[str, Value]) -> policy_pb2.Policy:
        self._known((), document, _SECTIONS)
        policy = policy_pb2.Policy(purposes=self._purposes(document.get("purposes", [])))
        for name, table in self._tables("sources", document):
            source = policy_pb2.SourceDefinition()
            policy.sources[name].CopyFrom(
                self._fill(source, ("sources", name), table, policyfields.SOURCE)
            )
        for name, table in self._tables("lists", document):
            definition = policy_pb2.ListDefinition()
            self._fill(definition, ("lists", name), table, policyfields.LIST)
            if "kind" not in table:
                self._wrong(("lists", name), "needs a kind")
            policy.lists[name].CopyFrom(definition)
        for name, table in self._tables("campaigns", document):
            campaign = policy_pb2.CampaignDefinition()
            policy.campaigns[name].CopyFrom(
                self._fill(campaign, ("campaigns", name), table, policyfields.CAMPAIGN)
            )
        policy.answers.update(self._answers(document))
        return policy

    def _purposes(self, value: Value) -> list[str]:
        return self._read(("purposes",), read_texts, value) or []

    def _answers(self, document: Mapping[str, Value]) -> dict[str, str]:
        table = self._table(("answers",), document.get("answers", {}))
        self._known(("answers",), table, _REASONS)
        return {
            code: self._read(("answers", code), read_text, value) or ""
            for code, value in table.items()
        }

    def _tables(
        self, section: str, document: Mapping[str, Value]
    ) -> Iterable[tuple[str, Mapping[str, Value]]]:
        for name, value in self._table((section,), document.get(section, {})).items():
            yield name, self._table((section, name), value)

    def _table(self, path: tuple[str, ...], value: Value) -> Mapping[str, Value]:
        if isinstance(value, dict):
            return value
        self._wrong(path, "must be a table")
        return {}

    def _fill(
        self,
        definition: Definition,
        path: tuple[str, ...],
        table: Mapping[str, Value],
        fields: Mapping[str, Field],
    ) -> Definition:
        self._known(path, table, fields)
        for name, value in table.items():
            field = fields.get(name)
            read = field and self._read((*path, name), field.read, value)
            if field is None or read is None:
                continue
            if isinstance(read, list):
                getattr(definition, name).extend(read)
            else:
                setattr(definition, field.attribute or name, read)
        return definition

    def _read(self, path: tuple[str, ...], read: Any, value: Value) -> Any:
        try:
            return read(value)
        except WrongValueError as error:
            self._wrong(path, str(error))
            return None

    def _known(self, path: tuple[str, ...], found: Iterable[str], known: Iterable[str]) -> None:
        names = list(known)
        for name in found:
            if name not in names:
                nearest = difflib.get_close_matches(name, names, n=1)
                meant = f"did you mean {nearest[0]}?" if nearest else f"known: {', '.join(names)}"
                self._wrong((*path, name), f"unknown key; {meant}")

    def _wrong(self, path: tuple[str, ...], what: str) -> None:
        self.problems.append(f"{self._file}: {'.'.join(key(each) for each in path)}: {what}")
