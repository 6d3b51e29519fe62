# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector doctor``: what is in order, what is not, and what to do about it."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # heavy, and so not imported before the command runs
    from mask_detector_ros.apps.checks import Finding

EXAMPLES = """examples:
  mask_detector doctor
  mask_detector doctor --topic /camera/image_raw    why no image arrives, or how they look
  mask_detector doctor --json                       for scripts; exit code 1 if something is wrong
"""

SIGNS = {"good": "✓", "note": "!", "bad": "✗"}
PLAIN_SIGNS = {"good": "ok", "note": "--", "bad": "XX"}
"""For terminals that cannot show the others."""


def add_subcommand(subparsers: Any) -> None:
    """Add ``doctor`` to an argparse parser's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "doctor",
        help="say what is not in order with models, runtimes, ROS or a camera topic",
        description="Looks at everything the detector needs and says what to do.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(func=run)
    add = parser.add_argument
    add("--topic", metavar="TOPIC", help="also look at this image topic")
    add("--timeout", type=_seconds, default=5.0, metavar="S",
        help="seconds to wait for images (default: %(default)s)")  # fmt: skip
    add("--models", type=Path, metavar="DIR", help="folder of models (default: the package's)")
    add("--json", action="store_true", help="print JSON")


def _seconds(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and 0 < value <= 3600):
        raise argparse.ArgumentTypeError(f"must be a number of seconds up to 3600, got {text}")
    return value


def run(args: argparse.Namespace) -> int:
    """Carry the command out: 0 if all that is needed is in order, else 1."""
    findings = []
    for finding in examine(args.topic, args.timeout, args.models):
        findings.append(finding)
        if not args.json:
            _print(finding)  # at once: some checks take seconds
    wrong = sum(finding.state.value == "bad" for finding in findings)
    if args.json:
        listed = [{**asdict(finding), "state": finding.state.value} for finding in findings]
        print(json.dumps({"ok": not wrong, "findings": listed}, ensure_ascii=False, indent=1))
    elif wrong:
        print(f"\n{wrong} thing{'s' * (wrong > 1)} to put right")
    else:
        print("\nAll that is needed is in order.")
    return 1 if wrong else 0


def examine(topic: str | None, timeout: float, models: Path | None) -> Iterator[Finding]:
    """Everything in turn.

    Args:
        topic: image topic to look at as well.
        timeout: seconds to wait for its images.
        models: folder of models; the package's by default.
    """
    from mask_detector_ros.apps.checks import engine, fast_dds, ros
    from mask_detector_ros.apps.checks import topic as topics
    from mask_detector_ros.apps.checks.finding import State, bad, note

    yield from engine.check_versions()
    yield from engine.check_runtimes()
    yield from engine.check_models(models)
    usable = True
    for finding in ros.check_ros():
        usable &= finding.check != "ROS" or finding.state != State.BAD
        yield finding
    if ros.uses_fast_dds():
        yield from fast_dds.check_profile()
        yield from fast_dds.check_shared_memory()
    if topic is None:
        return
    if not usable:
        yield note("topic", f"{topic} was not looked at, for ROS does not work here")
        return
    try:
        report = ros.probe(["--topic", topic, "--timeout", str(timeout)], timeout + 30.0)
    except ros.ProbeError as error:
        yield bad("topic", str(error), "run the doctor again")
        return
    yield from topics.explain(report)


def _print(finding: Finding) -> None:
    signs = SIGNS
    try:
        "✓✗".encode(sys.stdout.encoding or "ascii")
    except UnicodeError:
        signs = PLAIN_SIGNS
    sign = signs[finding.state.value]
    print(f"{sign} {finding.text}".replace("\n", "\n  "), flush=True)
    if finding.advice:
        print(f"    → {finding.advice}" if signs is SIGNS else f"    -> {finding.advice}")
