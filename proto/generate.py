"""Make the Python stubs from the .proto files, or check that they are fresh.

Run it through ``make proto`` and ``make proto-check``: it needs the ``codegen`` dependency group in an
environment of its own, because the generator and the program need different versions of protobuf.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
STUB_PATTERNS = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*_pb2_grpc.pyi")


def protoc(out: Path, protos: list[Path], *plugins: str) -> None:
    """Run protoc with the plugins of this interpreter's own environment."""
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={ROOT}"]
    command += [f"--{plugin}{out}" for plugin in plugins]
    command += [str(proto.relative_to(ROOT)) for proto in protos]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def generate(out: Path) -> None:
    """Write all stubs below ``out``; gRPC stubs only for files that declare a service."""
    protos = sorted(ROOT.glob("dncd/**/*.proto"))
    services = [proto for proto in protos if "\nservice " in proto.read_text(encoding="utf-8")]
    protoc(out, protos, "python_out=", "mypy_out=quiet:")
    protoc(out, services, "grpc_python_out=", "mypy_grpc_out=quiet:")


def stubs_below(folder: Path) -> dict[str, Path]:
    """Return the stubs below a folder by their path relative to it."""
    found = (path for pattern in STUB_PATTERNS for path in folder.glob(f"dncd/**/{pattern}"))
    return {str(path.relative_to(folder)): path for path in found}


def stale_stubs(fresh: dict[str, Path], committed: dict[str, Path]) -> list[str]:
    """Name every stub that is missing, orphaned or differs."""
    return sorted(
        name
        for name in fresh.keys() | committed.keys()
        if name not in fresh
        or name not in committed
        or fresh[name].read_bytes() != committed[name].read_bytes()
    )


def main() -> int:
    """Replace the stubs, or with ``--check`` only compare; exit 1 where any is stale."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="compare, change nothing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh, committed = stubs_below(Path(scratch)), stubs_below(ROOT)
        stale = stale_stubs(fresh, committed)
        if arguments.check:
            for name in stale:
                print(f"stale: proto/{name} (run: make proto)", file=sys.stderr)
            return 1 if stale else 0
        for name in stale:
            if name in fresh:
                shutil.copyfile(fresh[name], ROOT / name)
            else:
                committed[name].unlink()
        print(f"{len(fresh)} stubs, {len(stale)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
