"""A progress bar on a terminal; nothing anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from dncd.v1 import batch_pb2
from dncd_client.ctl import codes
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.printable import printable


@contextmanager
def upload_progress(
    size_bytes: int, texts: Catalogue
) -> Iterator[Callable[[batch_pb2.UploadProgress], None]]:
    """Show how far an upload has come, on standard error.

    Args:
        size_bytes: The file's size; 0 where it is not known.
        texts: The language of the labels.

    Yields:
        What to call with each progress message.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=size_bytes or None, rows="")

        def show(progress: batch_pb2.UploadProgress) -> None:
            bar.update(
                task,
                completed=progress.bytes_received,
                description=printable(texts.meaning(codes.STAGES, progress.stage)),
                rows=texts.line(
                    "progress_rows",
                    read=f"{progress.rows_read:,}",
                    rejected=f"{progress.rows_rejected:,}",
                ),
            )

        yield show
