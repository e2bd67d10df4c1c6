"""Names that could be numbers, and the answers that a policy gives to reason codes."""

from pathlib import Path

import grpc

from dncd.v1 import policy_pb2
from e2e.numbering import e164, yokohama
from e2e.planes import SECONDS, STARTS_EMPTY, apply, failure_of, version_of
from e2e.uploads import file_with
from harness.daemon import Daemon


def test_a_name_that_could_be_a_number_is_none(shared: Daemon, tmp_path: Path) -> None:
    path = file_with(tmp_path, "file.txt", yokohama(630))
    name = str(e164(630))
    with shared.stubs() as stubs:
        version = version_of(stubs)
        for made in (name, f"acme/{name}", f"optout-{name[:9]}"):
            failed = failure_of(lambda: apply(stubs, {made: STARTS_EMPTY}))  # noqa: B023
            assert failed.code is grpc.StatusCode.INVALID_ARGUMENT
            assert name[:9] not in failed.text
            assert shared.ctl("list", "create", made, "--kind", "do_not_contact").returncode == 2
            assert shared.load(made, path).code == 2
        assert version_of(stubs) == version


def test_an_answer_stands_under_a_reason_code(shared: Daemon, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    with shared.stubs() as stubs:
        version = version_of(stubs)
        for answers in ('WHY = "because"', 'listed = "no"', f'LISTED = "{"x" * 257}"'):
            policy.write_text(f"[answers]\n{answers}\n", encoding="utf-8")
            assert shared.ctl("apply", "-f", str(policy)).returncode == 2
        assert version_of(stubs) == version
        policy.write_text('[answers]\nLISTED = "二度とおかけしません"\n', encoding="utf-8")
        assert shared.ctl("apply", "-f", str(policy)).returncode == 0
        got = stubs.policy.GetPolicy(policy_pb2.GetPolicyRequest(), timeout=SECONDS)
        assert dict(got.policy.answers) == {"LISTED": "二度とおかけしません"}
