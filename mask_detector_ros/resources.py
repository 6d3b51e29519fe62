# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Paths of files that are part of the package: models, configuration, the demo clip."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PACKAGE = "mask_detector_ros"


def share_directories() -> list[Path]:
    """Folders in which the package's files are looked for: source tree, overlays, prefix."""
    roots = [Path(__file__).resolve().parent.parent]
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    roots += [Path(prefix) / "share" / PACKAGE for prefix in [*prefixes, sys.prefix]]
    return roots


def find_resource(relative: str) -> Path:
    """Path of a file or folder of the package, such as ``models``.

    Raises:
        FileNotFoundError: it was not found; the message lists the paths tried.
    """
    tried = [root / relative for root in share_directories()]
    for path in tried:
        if path.exists():
            return path
    places = "\n  ".join(map(str, tried))
    raise FileNotFoundError(
        f"{relative!r} of {PACKAGE} was not found. Looked for:\n  {places}\n"
        "Install the package again, or set the path by a parameter."
    )
