"""The error of the command line."""

from __future__ import annotations


class CliError(Exception):
    """A message for the user and the exit status that goes with it: 1 the program is at fault, 2 the call."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
