# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector scenarios``: the command's options. ``scenarios_run`` does the work.

Imports nothing heavy, so that ``mask_detector --help`` is fast.
"""

from __future__ import annotations

import argparse
from typing import Any

PERFECT, REAL = "perfect", "real"

EXAMPLES = """examples:
  mask_detector scenarios                        all, with perfect detections: about a minute
  mask_detector scenarios --list                 names and descriptions
  mask_detector scenarios group child --out trials
  mask_detector scenarios --detector real        the real models on rendered images
  mask_detector scenarios --seed 7               varied positions, faces and reactions
"""


def add_subcommand(subparsers: Any) -> None:
    """Add ``scenarios`` to an argparse parser's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "scenarios",
        help="test the patrol in a simulated world and score it",
        description=(
            "Runs the patrol through a suite of simulated scenarios, faster than real time, and\n"
            "reports who was reminded, how often, how soon and from what distance. The exit\n"
            "code is 1 if the target is not met."
        ),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(func=run)
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="scenarios to run (default: all)")
    add(
        "--detector",
        choices=(PERFECT, REAL),
        default=PERFECT,
        help="detections from the ground truth, or of the real models in rendered images "
        "(default: %(default)s)",
    )
    add("--list", action="store_true", help="list the scenarios and exit")
    add(
        "--out",
        metavar="DIR",
        help="write an image and a JSON timeline per scenario, and an overview image",
    )
    add(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="vary positions, faces and reaction times; 0: as designed (default: %(default)s)",
    )
    add("--models", metavar="DIR", help="folder of the models (default: those of the package)")
    add("--quiet", "-q", action="store_true", help="no table, only the totals")


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must not be negative, got {text}")
    return value


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code.

    Raises:
        ModelError: the models cannot be used.
        OSError: a result cannot be written.
        ValueError: there is no scenario of this name.
    """
    from mask_detector_ros.apps.scenarios_run import ScenariosRun

    return ScenariosRun(args, perfect_detections=args.detector == PERFECT).run()
