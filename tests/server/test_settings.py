"""The daemon's settings come from flags, environment and file, in that order of weight."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from dncd_server.addresses import Address, is_loopback, parse_address
from dncd_server.cli import main
from dncd_server.settings import Settings, load_settings

VALUES = {
    "listen": ("127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003"),
    "control": ("127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003"),
    "http": ("127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003"),
    "data": ("/one", "/two", "/three"),
    "ledger": ("sqlite:////one", "sqlite:////two", "sqlite:////three"),
    "region": ("US", "KR", "GB"),
    "insecure": (True, True, True),
    "max_staleness": (1.0, 2.0, 3.0),
    "grace": (1.0, 2.0, 3.0),
    "two_persons": ("always", "proved", "always"),
    "threads": (3, 4, 5),
    "log_level": ("debug", "warning", "error"),
    "upload_memory_mib": (512, 1024, 2048),
    "workers": (1, 1, 1),
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing of whoever runs the tests, and nothing that stays; and no daemon is started here."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DNCD_{name.upper()}", raising=False)
    monkeypatch.delenv("DNCD_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    def started(_settings: Settings) -> int:
        pytest.fail("what was to be refused was started")

    monkeypatch.setattr("dncd_server.run.run", started)
    monkeypatch.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")
    umask = os.umask(0o022)
    yield
    os.umask(umask)


def toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def serve(*args: str, **environment: str) -> Result:
    """Run ``dncd serve`` up to where it would start."""
    return CliRunner().invoke(main, ["serve", *args], env=environment)


def told(result: Result) -> str:
    """Return the message of wrong usage."""
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    return result.stderr.rpartition("Error: ")[2].strip()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_flag_outweighs_the_environment_and_that_the_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag, environment, file = VALUES[name]
    config = tmp_path / "dncd.toml"
    config.write_text(f"{name} = {toml(file)}\n")

    def value(**flags: Any) -> object:
        found = getattr(load_settings(flags, config), name)
        return str(found) if isinstance(found, Path) else found

    assert value() == file
    monkeypatch.setenv(f"DNCD_{name.upper()}", str(environment))
    assert value() == environment
    assert value(**{name: str(flag)}) == flag


def test_without_any_all_is_bound_to_this_machine() -> None:
    settings = load_settings({}, None)

    assert (settings.listen, settings.control, settings.http) == (
        "127.0.0.1:50051",
        "127.0.0.1:50052",
        "127.0.0.1:9464",
    )
    assert settings.exposed == []
    assert (settings.region, settings.workers, settings.max_staleness) == ("JP", 1, 300.0)


def test_the_ledger_lies_in_the_data_folder_unless_told_otherwise() -> None:
    assert load_settings({"data": "/var/dncd"}, None).ledger_url == (
        "sqlite:////var/dncd/ledger.sqlite3"
    )
    relative = load_settings({"data": "here"}, None).ledger_url
    assert relative == f"sqlite:///{Path('here').absolute() / 'ledger.sqlite3'}"
    assert load_settings({"ledger": "sqlite:////x"}, None).ledger_url == "sqlite:////x"


def test_an_unknown_key_of_the_file_is_named(tmp_path: Path) -> None:
    config = tmp_path / "dncd.toml"
    config.write_text('regoin = "US"\nlisten = "127.0.0.1:1"\n')

    message = told(serve("--config", str(config)))
    assert message == f"{config}: unknown key regoin; mend the spelling"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--listen", "nonsense"], "--listen: an address is HOST:PORT, such as 127.0.0.1:50051"),
        (["--http", ":9464"], "--http: an address is HOST:PORT, such as 127.0.0.1:50051"),
        (["--region", "jp"], "--region: a region is two capital letters of ISO 3166, such as JP"),
        (["--workers", "2"], "--workers: this version runs one worker"),
        (["--workers", "0"], "--workers: Input should be greater than or equal to 1"),
        (["--log-level", "loud"], "--log-level: a level is debug, info, warning or error"),
        (["--max-staleness", "0"], "--max-staleness: Input should be greater than 0"),
        (["--max-staleness", "nan"], "--max-staleness: Input should be a finite number"),
        (["--max-staleness", "inf"], "--max-staleness: Input should be a finite number"),
        (["--grace", "inf"], "--grace: Input should be a finite number"),
        (["--grace", "-1"], "--grace: Input should be greater than or equal to 0"),
        (["--threads", "33"], "--threads: Input should be less than or equal to 32"),
        (
            ["--threads", "many"],
            "--threads: Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            ["--upload-memory-mib", "511"],
            "--upload-memory-mib: Input should be greater than or equal to 512",
        ),
        (["--config", "none.toml"], "there is no file none.toml"),
        (["--regoin", "US"], "No such option '--regoin'. Did you mean '--region'?"),
    ],
)
def test_a_bad_value_is_told_with_its_flag(flags: list[str], message: str) -> None:
    assert told(serve(*flags)).replace("option: ", "option ").startswith(message)


def test_all_bad_values_are_told() -> None:
    message = told(serve("--region", "jp", "--workers", "2"))

    assert message.count("; ") == 1
    assert "--region: " in message
    assert "--workers: " in message


def test_a_bad_value_of_the_environment_is_told() -> None:
    assert told(serve(DNCD_REGION="jp")).startswith("--region: ")


@pytest.mark.parametrize("content", [b"listen = ", b"\xff\xfe", b"[listen]\nx = 1\n"])
def test_a_file_that_cannot_be_read_is_told(content: bytes, tmp_path: Path) -> None:
    config = tmp_path / "dncd.toml"
    config.write_bytes(content)

    message = told(serve("--config", str(config)))
    assert message.startswith((str(config), "--listen: "))


def test_the_file_can_be_named_by_the_environment(tmp_path: Path) -> None:
    config = tmp_path / "dncd.toml"
    config.write_text('region = "jp"\n')

    assert told(serve(DNCD_CONFIG=str(config))).startswith("--region: ")


@pytest.mark.parametrize("flag", ["--listen", "--control", "--http"])
@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.0.2.1:0", "[::]:0", "example.org:0"])
def test_beyond_loopback_nothing_is_bound_by_accident(flag: str, address: str) -> None:
    assert told(serve(flag, address)) == (
        f"{address} can be reached from other machines, and this version does not ask who calls; "
        "bind 127.0.0.1, or accept it with --insecure"
    )


def test_the_help_shows_every_setting() -> None:
    result = CliRunner().invoke(main, ["serve", "--help"], terminal_width=200)
    text = " ".join(result.output.split())

    assert result.exit_code == 0
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')} " in text
        assert field.description is not None
        assert " ".join(field.description.split()) in text
        if field.default_factory is None and field.default != "":
            assert f"[default: {field.default}]" in text
    assert "--config" in text


def test_every_command_has_help() -> None:
    def commands(command: click.Command, *path: str) -> list[tuple[str, ...]]:
        found = [path]
        for name, part in getattr(command, "commands", {}).items():
            found += commands(part, *path, name)
        return found

    for path in commands(main):
        result = CliRunner().invoke(main, [*path, "--help"])
        assert result.exit_code == 0
        assert result.output.startswith("Usage: ")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:50051", Address("127.0.0.1", 50051)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:9464", Address("::1", 9464)),
        ("0.0.0.0:65535", Address("0.0.0.0", 65535)),  # noqa: S104 - only read
    ],
)
def test_an_address_is_read_and_written(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "x",
        "x:",
        ":1",
        "x:65536",
        "x:-1",
        "x:１",
        "x:1:",
        "x: 1",
        "::1:1",
        "[::1:1",
        "a b:1",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"an address is HOST:PORT"):
        parse_address(text)


def test_only_this_machines_addresses_are_loopback() -> None:
    mine = ("127.0.0.1", "127.9.9.9", "::1", "localhost")
    others = ("0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "example.org", "", "127.0.0.1.nip.io")  # noqa: S104

    assert all(is_loopback(Address(host, 1)) for host in mine)
    assert not any(is_loopback(Address(host, 1)) for host in others)


def test_every_setting_is_tried() -> None:
    assert VALUES.keys() == Settings.model_fields.keys()
    assert all(len(set(itertools.chain(values))) in (1, 2, 3) for values in VALUES.values())
