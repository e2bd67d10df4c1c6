"""The ingest child: a process that reads one upload and ends.

It is a process of its own so that reading never holds up an answer, so that a file that brings a
library down brings nothing else down, and so that the memory it took is gone with it.
"""

import gc
import os
import resource
from pathlib import Path

from dncd_server.ingest.frames import ExitCode, FrameError
from dncd_server.ingest.pipes import Pipes
from dncd_server.ingest.work import Work

_NICENESS = 10
_PIPE_BYTES = 1 << 20


def main() -> int:
    """Read one upload from standard input, answer on standard output, return the exit code."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold the upload's numbers
    stdin = os.fdopen(os.dup(0), "rb", _PIPE_BYTES)
    stdout = os.fdopen(os.dup(1), "wb", _PIPE_BYTES)
    # Whatever a library prints must not come between the frames.
    os.dup2(2, 1)
    # Rows hold no cycles, and the collector would walk through each slice of them several times.
    gc.disable()
    try:
        pipes = Pipes(stdin, stdout)
        job = pipes.job()
        limit_memory(job.memory_bytes)
        Work(job, pipes).run()
    except BaseException as error:
        _complain(error)
        return _exit_code(error)
    return ExitCode.DONE


def limit_memory(more_bytes: int) -> None:
    """Limit the address space to what there is and so much more.

    The work decides by itself what it has room for, with much to spare: under this limit pyroaring
    does not raise but dies. The limit is for what nobody thought of, so that it kills the child and
    not its neighbours.
    """
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + more_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _exit_code(error: BaseException) -> ExitCode:
    match error:
        case MemoryError():
            return ExitCode.OUT_OF_MEMORY
        case FrameError():
            return ExitCode.PROTOCOL
        case BrokenPipeError():
            return ExitCode.PROTOCOL
        case OSError():
            return ExitCode.SPOOL_FAILED
        case _:
            return ExitCode.CRASHED


def _complain(error: BaseException) -> None:
    """Say what happened and where, never the text of the error: it may quote the upload."""
    trace = error.__traceback__
    where = "?"
    while trace is not None:
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    os.write(2, f"dncd ingest: {type(error).__name__} at {where}\n".encode())


if __name__ == "__main__":
    # Past the interpreter's own ending: there is nothing to save, and a pipe whose reader has gone
    # would make it print a traceback.
    os._exit(main())
