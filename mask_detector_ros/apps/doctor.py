# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector doctor``: checks the installation, ROS and a camera topic."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # slow to import; imported when the command runs
    from mask_detector_ros.apps.checks import Finding

EXAMPLES = """examples:
  mask_detector doctor
  mask_detector doctor --topic /camera/image_raw    also check the images of a camera
  mask_detector doctor --topic /camera/image_raw --camera-info /calibration/camera_info
  mask_detector doctor --json                       for scripts; exit code 1 if there is an error
"""

TOPIC_NAME = re.compile(r"/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)

SYMBOLS = {"ok": "✓", "warn": "!", "error": "✗"}
ASCII_SYMBOLS = {"ok": "ok", "warn": "--", "error": "XX"}
"""For terminals without Unicode."""


def add_subcommand(subparsers: Any) -> None:
    """Add ``doctor`` to an argparse parser's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "doctor",
        help="check models, runtimes, ROS and a camera topic, and suggest fixes",
        description="Checks everything the detector needs and suggests how to fix what is wrong.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(func=run)
    add = parser.add_argument
    add("--topic", type=_topic, metavar="TOPIC", help="also check this image topic")
    add(
        "--camera-info",
        type=_topic,
        metavar="TOPIC",
        help="its CameraInfo topic (default: that of the detector which receives the images, or "
        "camera_info beside the image topic)",
    )
    add("--timeout", type=_seconds, default=5.0, metavar="S",
        help="seconds to wait for images (default: %(default)s)")  # fmt: skip
    add(
        "--models",
        type=Path,
        metavar="DIR",
        help="folder of the models (default: those of the package)",
    )
    add("--json", action="store_true", help="print JSON")


def _topic(text: str) -> str:
    if not TOPIC_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"expected a topic, such as /camera/image_raw, got {text}")
    return text


def _seconds(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and 0 < value <= 3600):
        raise argparse.ArgumentTypeError(f"must be a number of seconds up to 3600, got {text}")
    return value


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code: 0, 1 if a check found an error, 2 for wrong arguments."""
    findings = []
    if args.camera_info and not args.topic:
        print("mask_detector doctor: --camera-info needs --topic", file=sys.stderr)
        return 2
    for finding in run_checks(args.topic, args.camera_info, args.timeout, args.models):
        findings.append(finding)
        if not args.json:
            _print(finding)  # at once: some checks take seconds
    errors = sum(finding.level.value == "error" for finding in findings)
    if args.json:
        listed = [{**asdict(finding), "level": finding.level.value} for finding in findings]
        print(json.dumps({"ok": not errors, "findings": listed}, ensure_ascii=False, indent=1))
    elif errors:
        print(f"\n{errors} error{'s' * (errors > 1)} found")
    else:
        print("\nNo errors found.")
    return 1 if errors else 0


def run_checks(
    topic: str | None, camera_info: str | None, timeout: float, models: Path | None
) -> Iterator[Finding]:
    """Run all checks in turn.

    Args:
        topic: image topic to check as well; None for none.
        camera_info: its CameraInfo topic; None for the one beside it.
        timeout: seconds to wait for its images.
        models: folder of the models; those of the package by default.
    """
    from mask_detector_ros.apps.checks import fast_dds, image_topic, inference, ros
    from mask_detector_ros.apps.checks.finding import Level, error, warning

    yield from inference.check_versions()
    yield from inference.check_runtimes()
    yield from inference.check_models(models)
    ros_works = True
    for finding in ros.check_ros():
        ros_works &= finding.check != "ROS" or finding.level != Level.ERROR
        yield finding
    if ros.uses_fast_dds():
        yield from fast_dds.check_profile()
        yield from fast_dds.check_shared_memory()
    if topic is None:
        return
    if not ros_works:
        yield warning("topic", f"{topic} was not checked, because ROS does not work")
        return
    arguments = ["--topic", topic, "--timeout", str(timeout)]
    if camera_info is not None:
        arguments += ["--camera-info", camera_info]
    if models is not None:
        arguments += ["--models", str(models)]
    try:
        report = ros.probe(arguments, timeout + ros.START_TIMEOUT_S)
    except ros.ProbeError as failure:
        yield error("topic", str(failure), "run the doctor again")
        return
    yield from image_topic.check_images(report)


def _print(finding: Finding) -> None:
    symbols = SYMBOLS
    try:
        "✓✗".encode(sys.stdout.encoding or "ascii")
    except UnicodeError:
        symbols = ASCII_SYMBOLS
    symbol = symbols[finding.level.value]
    print(f"{symbol} {finding.text}".replace("\n", "\n  "), flush=True)
    if finding.advice:
        print(f"    → {finding.advice}" if symbols is SYMBOLS else f"    -> {finding.advice}")
