# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the Fast DDS profile and of shared memory, which images need.

The default shared-memory segment of Fast DDS is smaller than one 640x480 image, and about
every other image of a camera is lost with it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from mask_detector_ros.apps.checks.finding import Finding, error, ok, warning
from mask_detector_ros.resources import find_resource

SMALL_IMAGE, LARGE_IMAGE = 640 * 480 * 3, 1920 * 1080 * 3
"""Bytes of a bgr8 image."""

SHIPPED_PROFILE = "config/fastdds_images.xml"
PROFILE_VARIABLES = {2: "FASTRTPS_DEFAULT_PROFILES_FILE", 3: "FASTDDS_DEFAULT_PROFILES_FILE"}
"""Environment variable with the profile's path, by major version of Fast DDS."""

SHARED_MEMORY = Path("/dev/shm")
MIN_FREE_BYTES = 128 * 2**20
"""Containers often have 64 MiB, which two participants with the profile use up."""


def major_version() -> int:
    """Major version of Fast DDS: 3 if only its library is found, else 2."""
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    folders = [Path(prefix) / "lib" for prefix in [*prefixes, sys.prefix]]
    three = any(any(folder.glob("libfastdds.so*")) for folder in folders)
    two = any(any(folder.glob("libfastrtps.so*")) for folder in folders)
    return 3 if three and not two else 2


def check_profile() -> Iterator[Finding]:
    """Check that programs started in this shell have enough shared memory for images."""
    major = major_version()
    variable, other = PROFILE_VARIABLES[major], PROFILE_VARIABLES[5 - major]
    advice = f"export {variable}={_shipped()}  (also for the camera driver)"
    value = os.environ.get(variable)
    if value:
        yield _check_file(variable, Path(value), advice)
    elif os.environ.get(other):
        yield error("Fast DDS", f"{other} is set, but Fast DDS {major} reads {variable}", advice)
    elif os.environ.get("FASTDDS_BUILTIN_TRANSPORTS", "").startswith("LARGE_DATA"):
        yield ok("Fast DDS", "FASTDDS_BUILTIN_TRANSPORTS is LARGE_DATA, which carries images")
    else:
        yield warning(
            "Fast DDS",
            f"{variable} is not set in this shell: programs started here lose part of the images "
            "(the launch files and the demo of this package set it themselves)",
            advice,
        )


def _shipped() -> str:
    try:
        return str(find_resource(SHIPPED_PROFILE))
    except FileNotFoundError:
        return f"<this package's {SHIPPED_PROFILE}>"


def _check_file(variable: str, path: Path, advice: str) -> Finding:
    try:
        segment = segment_size(path.read_text(encoding="utf-8"))
    except OSError as failure:
        return error("Fast DDS", f"{variable} is {path}: {failure.strerror}", advice)
    except (ElementTree.ParseError, ValueError) as failure:
        return error("Fast DDS", f"{path} is not a valid Fast DDS profile: {failure}", advice)
    if segment is None:
        return error("Fast DDS", f"{path} does not enlarge the default shared memory",
                   advice)  # fmt: skip
    size = f"{segment / 1e6:.1f} MB of shared memory"
    if segment < SMALL_IMAGE:
        return error("Fast DDS", f"{path} gives {size}, less than one 640x480 image", advice)
    if segment < LARGE_IMAGE:
        return warning("Fast DDS", f"{path} gives {size}, less than one 1920x1080 image", advice)
    return ok("Fast DDS", f"{path} gives {size}, {segment // SMALL_IMAGE} images of 640x480")


def segment_size(xml: str) -> int | None:
    """Size of the default participant's shared-memory segment in a profile file, bytes.

    Returns:
        None if the file does not set it for the default participant.

    Raises:
        ParseError: it is not XML.
        ValueError: a size is not a number.
    """
    root = ElementTree.fromstring(xml)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # the namespace of either version
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
    """Check the free shared memory, and for files left by killed programs."""
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    free_text = f"{free / 2**20:.0f} MiB free in {folder}"
    if free < MIN_FREE_BYTES:
        yield warning("shared memory", f"only {free_text}",
                   "in a container: docker run --ipc=host, or --shm-size=1g")  # fmt: skip
    else:
        yield ok("shared memory", free_text)
    stale = stale_files(folder)
    if stale:
        size = sum(path.stat().st_size for path in stale if path.exists())
        prefix = f"{folder}/fast"
        yield warning(
            "shared memory",
            f"{len(stale)} files ({size / 2**20:.1f} MiB) of killed ROS programs are in {folder}",
            f"when no ROS program is running: rm {prefix}rtps_* {prefix}dds_*",
        )


def stale_files(folder: Path) -> list[Path]:
    """Fast DDS files of processes that have ended: their lock files are not locked."""
    stale = []
    for pattern in ("fastrtps_*_el", "fastdds_*_el"):
        for lock in sorted(folder.glob(pattern)):
            try:
                with lock.open() as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # in use, or of another user
            data = lock.with_name(lock.name.removesuffix("_el"))
            stale += [path for path in (data, lock) if path.exists()]
    return stale
