"""Print the policy in force."""

import re

import click

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.connection import connect
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.output import print_json, print_line
from dncd_client.ctl.policytoml import policy_as_dict, policy_as_toml
from dncd_client.ctl.settings import common_options, confidential_option, settings_of
from dncd_client.ctl.times import Clock

_VERSION = re.compile(r"[1-9][0-9]{0,17}")


@click.command(
    epilog=epilog(
        "dncctl policy > policy.toml",
        "dncctl policy --as-of 41",
        "dncctl policy --as-of 2026-11-20T09:00:00+09:00",
    )
)
@click.option("--as-of", metavar="VERSION|T", help="The policy of that version or instant. [now]")
@confidential_option
@common_options
@click.pass_context
def policy(context: click.Context, as_of: str | None, confidential: bool) -> int:
    """Print the policy in force, now or then, as a policy file that `dncctl apply` takes."""
    settings = settings_of(context)
    request = policy_pb2.GetPolicyRequest(confidential=confidential)
    with connect(settings) as connection:
        if as_of and _VERSION.fullmatch(as_of):
            request.as_of_version = int(as_of)
        elif as_of:
            clock = Clock(connection, "", settings.texts)
            request.as_of_unix_us = clock.unix_us("--as-of", as_of)
        answer = connection.call(connection.policy.GetPolicy, request)
    if settings.json:
        print_json(
            {
                **policy_as_dict(answer.policy),
                "policy_version": answer.policy_version,
                "region": answer.region,
                "version": answer.basis.version,
                "token": answer.basis.token,
            }
        )
    else:
        head = settings.texts.line(
            "policy_head", version=answer.policy_version, region=answer.region
        )
        print_line(f"# {head}")
        for line in policy_as_toml(answer.policy).rstrip("\n").split("\n"):
            print_line(line)
    return exit_codes.FINE
