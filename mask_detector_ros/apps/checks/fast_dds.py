# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether images get through Fast DDS: its profile and the machine's shared memory.

By default its shared-memory segment is smaller than one 640x480 image, and a camera then
loses about every other one on the way.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from mask_detector_ros.apps.checks.finding import Finding, bad, good, note
from mask_detector_ros.resources import find_resource

SMALL_IMAGE, LARGE_IMAGE = 640 * 480 * 3, 1920 * 1080 * 3
"""Bytes of a bgr8 image."""

SHIPPED = "config/fastdds_images.xml"
VARIABLES = {2: "FASTRTPS_DEFAULT_PROFILES_FILE", 3: "FASTDDS_DEFAULT_PROFILES_FILE"}
"""What names the profile, by major version of Fast DDS."""

SHARED_MEMORY = Path("/dev/shm")
LITTLE_MEMORY = 128 * 2**20
"""Bytes; containers often have 64 MiB, which two participants with the profile use up."""


def major_version() -> int:
    """2, or 3 where only the library of Fast DDS 3 is found."""
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    folders = [Path(prefix) / "lib" for prefix in [*prefixes, sys.prefix]]
    three = any(any(folder.glob("libfastdds.so*")) for folder in folders)
    two = any(any(folder.glob("libfastrtps.so*")) for folder in folders)
    return 3 if three and not two else 2


def check_profile() -> Iterator[Finding]:
    """Whether programs started from here give images enough shared memory."""
    major = major_version()
    variable, other = VARIABLES[major], VARIABLES[5 - major]
    advice = f"export {variable}={_shipped()}  (for the camera's program, too)"
    value = os.environ.get(variable)
    if value:
        yield _judge(variable, Path(value), advice)
    elif os.environ.get(other):
        yield bad("Fast DDS", f"{other} is set, but Fast DDS {major} reads {variable}", advice)
    elif os.environ.get("FASTDDS_BUILTIN_TRANSPORTS", "").startswith("LARGE_DATA"):
        yield good("Fast DDS", "FASTDDS_BUILTIN_TRANSPORTS is LARGE_DATA, which carries images")
    else:
        yield note(
            "Fast DDS",
            f"{variable} is not set in this shell: images between programs started from here are "
            "partly lost (the launch files of this package and the demo set it themselves)",
            advice,
        )


def _shipped() -> str:
    try:
        return str(find_resource(SHIPPED))
    except FileNotFoundError:
        return f"<this package's {SHIPPED}>"


def _judge(variable: str, path: Path, advice: str) -> Finding:
    try:
        segment = segment_size(path.read_text(encoding="utf-8"))
    except OSError as error:
        return bad("Fast DDS", f"{variable} names {path}: {error.strerror}", advice)
    except (ElementTree.ParseError, ValueError) as error:
        return bad("Fast DDS", f"{path} is not a profile Fast DDS can use: {error}", advice)
    if segment is None:
        return bad("Fast DDS", f"{path} leaves the shared memory as small as it is by default",
                   advice)  # fmt: skip
    size = f"{segment / 1e6:.1f} MB of shared memory"
    if segment < SMALL_IMAGE:
        return bad("Fast DDS", f"{path} gives {size}, less than one 640x480 image", advice)
    if segment < LARGE_IMAGE:
        return note("Fast DDS", f"{path} gives {size}, less than one 1920x1080 image", advice)
    return good("Fast DDS", f"{path} gives {size}, {segment // SMALL_IMAGE} images of 640x480")


def segment_size(xml: str) -> int | None:
    """Bytes of shared memory that the default participant of a profile file gets.

    Returns:
        None if the file does not set it for the default participant.

    Raises:
        ParseError: it is not XML.
        ValueError: a size is not a number.
    """
    root = ElementTree.fromstring(xml)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # either version's namespace
    sizes: dict[str, int] = {}
    for transport in root.iter("transport_descriptor"):
        if (transport.findtext("type") or "").strip() == "SHM":
            name = (transport.findtext("transport_id") or "").strip()
            sizes[name] = int(transport.findtext("segment_size") or 0)
    for participant in root.iter("participant"):
        if participant.get("is_default_profile") == "true":
            used = [(e.text or "").strip() for e in participant.iter("transport_id")]
            return max((sizes[name] for name in used if sizes.get(name)), default=None)
    return None


def check_shared_memory(folder: Path = SHARED_MEMORY) -> Iterator[Finding]:
    """Whether there is room, and what killed programs have left."""
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    room = f"{free / 2**20:.0f} MiB free in {folder}"
    if free < LITTLE_MEMORY:
        yield note("shared memory", f"only {room}",
                   "in a container: docker run --ipc=host, or --shm-size=1g")  # fmt: skip
    else:
        yield good("shared memory", room)
    stale = stale_files(folder)
    if stale:
        size = sum(path.stat().st_size for path in stale if path.exists())
        prefix = f"{folder}/fast"
        yield note(
            "shared memory",
            f"{len(stale)} files ({size / 2**20:.1f} MiB) of ROS programs that were killed are "
            f"left in {folder}",
            f"when no ROS program runs: rm {prefix}rtps_* {prefix}dds_*",
        )


def stale_files(folder: Path) -> list[Path]:
    """Fast DDS files whose owner has died: it no longer holds the lock beside them."""
    stale = []
    for pattern in ("fastrtps_*_el", "fastdds_*_el"):
        for lock in sorted(folder.glob(pattern)):
            try:
                with lock.open() as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # in use, or another user's
            data = lock.with_name(lock.name.removesuffix("_el"))
            stale += [path for path in (data, lock) if path.exists()]
    return stale
