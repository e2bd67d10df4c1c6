"""Print the policy in force."""

import click

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.connection import connect
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.output import print_json, print_line
from dncd_client.ctl.policytoml import policy_as_dict, policy_as_toml
from dncd_client.ctl.settings import common_options, settings_of


@click.command(epilog=epilog("dncctl policy > policy.toml"))
@common_options
@click.pass_context
def policy(context: click.Context) -> int:
    """Print the policy in force, as a policy file."""
    settings = settings_of(context)
    with connect(settings) as connection:
        answer = connection.call(connection.policy.GetPolicy, policy_pb2.GetPolicyRequest())
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
