"""What stands at the end of each command's help: examples and exit codes."""

_EXIT_CODES = """\b
Exit codes:
  0  fine{fine}
  1  the answer is no{no}
  2  wrong usage; an unknown list, campaign or batch
  3  the server cannot be reached or is not ready
  4  not permitted"""


def epilog(*examples: str, more: str = "", fine: str = "", no: str = "") -> str:
    """Return the end of a command's help.

    Args:
        examples: Whole command lines.
        more: What stands before the examples, line by line as it is.
        fine: What 0 means here, where it is more than that all went well.
        no: What 1 means here.
    """
    shown = "\n".join(f"  {each}" for each in examples)
    codes = _EXIT_CODES.format(fine=fine and f": {fine}", no=no and f": {no}")
    before = more and f"\b\n{more}\n\n"
    return f"{before}\b\nExamples:\n{shown}\n\n{codes}"
