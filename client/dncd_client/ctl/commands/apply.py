"""Put a policy file in place."""

from typing import Any

import click

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.batchview import held_lines
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import print_json, print_line, print_note, print_table
from dncd_client.ctl.policyfile import PolicyFileError, read_policy
from dncd_client.ctl.settings import common_options, settings_of


@click.command(
    epilog=epilog(
        "dncctl apply -f policy.toml --dry-run",
        'dncctl apply -f policy.toml --reason "the client ended its campaign"',
        "dncctl apply -f acme.toml --prune acme/",
        fine="in force, or nothing to change",
        no="held for another person; the policy moved meanwhile",
    )
)
@click.option(
    "-f", "--file", "file", type=click.File("rb"), required=True, help="Policy file; - is stdin."
)
@click.option("--prune", metavar="CLIENT/", default="", help="Delete what else is under CLIENT/.")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
@common_options
@click.pass_context
def apply(context: click.Context, file: Any, prune: str, dry_run: bool, reason: str) -> int:
    """Put a policy file in place: all of it as one change, or nothing.

    Shows what changes and what opens before it does so. What opens may wait for another person.
    Twice is the same as once. Touches only what the file names.
    """
    settings = settings_of(context)
    request = policy_pb2.ApplyPolicyRequest(
        policy=_read(file, settings.texts),
        prune_prefix=prune,
        validate_only=dry_run,
        reason=reason,
    )
    with connect(settings) as connection:
        if not (settings.json or dry_run):
            request.base_version = _preview(connection, request, settings.texts)
        answer = connection.call(connection.policy.ApplyPolicy, request)
    if settings.json:
        print_json(_view(answer, dry_run))
    else:
        if dry_run:
            _show_changes(answer, settings.texts)
        _show_outcome(answer, dry_run, settings.texts)
    return exit_codes.NO if answer.held_id else exit_codes.FINE


def _preview(
    connection: Connection, request: policy_pb2.ApplyPolicyRequest, texts: Catalogue
) -> int:
    """Show what would change; return the version that it was worked out against.

    What is then put in place is what was shown, or it is refused because the policy moved.
    """
    seen = connection.call(connection.policy.GetPolicy, policy_pb2.GetPolicyRequest())
    asked = policy_pb2.ApplyPolicyRequest()
    asked.CopyFrom(request)
    asked.validate_only = True
    asked.base_version = seen.policy_version
    _show_changes(connection.call(connection.policy.ApplyPolicy, asked), texts)
    return seen.policy_version


def _read(file: Any, texts: Catalogue) -> policy_pb2.Policy:
    try:
        return read_policy(file.read().decode("utf-8-sig"), file.name)
    except UnicodeDecodeError:
        raise click.UsageError(texts.line("policy_utf8", file=file.name)) from None
    except PolicyFileError as error:
        raise click.UsageError(str(error)) from None


def _verb(change: policy_pb2.PolicyChange) -> str:
    for name, value in policy_pb2.PolicyChange.Verb.items():
        if value == change.verb:
            return name.removeprefix("VERB_").lower()
    return f"verb_{change.verb}"


def _view(answer: policy_pb2.ApplyPolicyResponse, dry_run: bool) -> dict[str, Any]:
    return {
        "applied": answer.applied,
        "dry_run": dry_run,
        "changes": [
            {
                "verb": _verb(each),
                "object": each.object,
                "name": each.name,
                "fields": list(each.fields),
                "opens": each.opens,
            }
            for each in answer.changes
        ],
        "version": answer.basis.version,
        "token": answer.basis.token,
        "unused_lists": list(answer.unused_lists),
        "flags": list(answer.flags),
        "held_id": answer.held_id or None,
    }


def _show_changes(answer: policy_pb2.ApplyPolicyResponse, texts: Catalogue) -> None:
    if not answer.changes:
        print_line(texts.line("no_changes"))
        return
    print_table(
        [texts.line(each) for each in ("col_change", "col_object", "col_fields")] + [""],
        [
            (
                _verb(each),
                f"{each.object} {each.name}",
                ", ".join(each.fields),
                texts.line("opens") if each.opens else "",
            )
            for each in answer.changes
        ],
    )


def _show_outcome(answer: policy_pb2.ApplyPolicyResponse, dry_run: bool, texts: Catalogue) -> None:
    for flag in answer.flags:
        print_note(texts.flag(flag))
    if answer.unused_lists:
        print_note(texts.line("unused_lists", lists=", ".join(answer.unused_lists)))
    if dry_run:
        print_line(texts.line("dry_run"))
    elif answer.held_id:
        print_line(texts.line("apply_held"))
        for line in held_lines(answer.held_id, texts):
            print_line(line)
    elif answer.applied:
        print_line(texts.line("applied", version=answer.basis.version))
