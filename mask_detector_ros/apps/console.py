# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Terminal output of long-running commands: results, warnings, errors, a progress bar."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm


class Console:
    """Prints results to standard output, or to standard error where data is written there."""

    def __init__(self, quiet: bool, output_is_data: bool) -> None:
        """Set where results go.

        Args:
            quiet: print only warnings and errors.
            output_is_data: standard output carries data; print results to standard error.
        """
        self._quiet = quiet
        self._to_error = output_is_data
        self._bar: Any = None

    def start(self, total: int | None) -> None:
        """Show the progress over ``total`` frames on a terminal, from the first second on."""
        hidden = self._quiet or not sys.stderr.isatty()
        self._bar = tqdm(total=total, unit="frame", disable=hidden, delay=1, leave=False)

    def advance(self) -> None:
        """Count one frame as done."""
        if self._bar is not None:
            self._bar.update()

    def print(self, line: str) -> None:
        """Print a result."""
        if not self._quiet:
            tqdm.write(line, file=sys.stderr if self._to_error else sys.stdout)

    def warn(self, line: str) -> None:
        """Print a warning, even if quiet."""
        tqdm.write(f"warning: {line}", file=sys.stderr)

    def error(self, line: str) -> None:
        """Print an error, even if quiet."""
        tqdm.write(f"error: {line}", file=sys.stderr)

    def close(self) -> None:
        """Remove the progress bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
