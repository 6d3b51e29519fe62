# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector scenarios``: the command's options. The work is in ``trials``.

Imports nothing heavy, so that ``mask_detector --help`` is quick.
"""

from __future__ import annotations

import argparse
from typing import Any

PERFECT, REAL = "perfect", "real"

EXAMPLES = """examples:
  mask_detector scenarios                        all, with perfect detections: a minute or so
  mask_detector scenarios --list                 what there is
  mask_detector scenarios group child --out trials
  mask_detector scenarios --detector real        pictures are rendered and really looked at
  mask_detector scenarios --seed 7               people stand and react a little differently
"""


def add_subcommand(subparsers: Any) -> None:
    """Add ``scenarios`` to an argparse parser's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "scenarios",
        help="try the patrol in a simulated world and score it",
        description=(
            "Runs the patrol through a suite of small scenes, faster than real time, and says "
            "who was reminded, how often, how soon and from how far. The exit code is 1 if the "
            "target is missed."
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
        help="faces given perfectly, or found by the real networks in rendered pictures "
        "(default: %(default)s)",
    )
    add("--list", action="store_true", help="name the scenarios and end")
    add("--out", metavar="DIR", help="write a picture and a JSON timeline per scenario, and a grid")
    add(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="other places, faces and reaction times; 0 is as designed (default: %(default)s)",
    )
    add("--models", metavar="DIR", help="folder of models (default: those of the package)")
    add("--quiet", "-q", action="store_true", help="no table, only the target's verdict")


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must not be negative, got {text}")
    return value


def run(args: argparse.Namespace) -> int:
    """Carry the command out; the exit code.

    Raises:
        ModelError: the models cannot be used.
        OSError: a result cannot be written.
        ValueError: there is no scenario of such a name.
    """
    from mask_detector_ros.apps.trials import Trials

    return Trials(args).run()
