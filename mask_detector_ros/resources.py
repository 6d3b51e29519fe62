# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where files that come with the package lie: models, configuration, the demo clip."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PACKAGE = "mask_detector_ros"


def share_directories() -> list[Path]:
    """Folders that may hold the package's files, the source tree first."""
    roots = [Path(__file__).resolve().parent.parent]
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    roots += [Path(prefix) / "share" / PACKAGE for prefix in [*prefixes, sys.prefix]]
    return roots


def find_resource(relative: str) -> Path:
    """The path of a file or folder that comes with the package, ``models`` for example.

    Raises:
        FileNotFoundError: it is nowhere; the message lists where it was looked for.
    """
    tried = [root / relative for root in share_directories()]
    for path in tried:
        if path.exists():
            return path
    places = "\n  ".join(map(str, tried))
    raise FileNotFoundError(
        f"{relative!r}, which comes with {PACKAGE}, was not found. Looked for:\n  {places}\n"
        "Install the package again, or give the path as a parameter."
    )
