# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes that a demo has started, as the system lists its processes."""

from __future__ import annotations

from pathlib import Path


def running_nodes(folder: Path) -> list[str]:
    """Command lines of this package's running nodes that have a folder in their arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        if str(folder) in line and "mask_detector_ros.nodes" in line:
            found.append(line)
    return found
