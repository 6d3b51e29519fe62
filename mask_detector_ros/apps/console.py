# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a long-running command tells its user: lines, warnings, a progress bar."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm


class Console:
    """Lines go to standard output, or to the error stream where data have the output."""

    def __init__(self, quiet: bool, output_is_data: bool) -> None:
        self._quiet = quiet
        self._to_error = output_is_data
        self._bar: Any = None

    def start(self, total: int | None) -> None:
        """Show progress over ``total`` frames if someone watches and it takes long."""
        hidden = self._quiet or not sys.stderr.isatty()
        self._bar = tqdm(total=total, unit="frame", disable=hidden, delay=1, leave=False)

    def advance(self) -> None:
        """One frame is done."""
        if self._bar is not None:
            self._bar.update()

    def say(self, line: str) -> None:
        """Tell a result."""
        if not self._quiet:
            tqdm.write(line, file=sys.stderr if self._to_error else sys.stdout)

    def warn(self, line: str) -> None:
        """Tell what went wrong; not even ``quiet`` hides that."""
        tqdm.write(f"warning: {line}", file=sys.stderr)

    def error(self, line: str) -> None:
        """Tell what failed."""
        tqdm.write(f"error: {line}", file=sys.stderr)

    def close(self) -> None:
        """Take the progress bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
