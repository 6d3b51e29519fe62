# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector demo``: the real nodes over DDS, in a simulated world or on a video."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from mask_detector_ros.apps import demo_clip, demo_patrol
from mask_detector_ros.apps.processes import ProcessError
from mask_detector_ros.apps.signals import termination_as_interrupt
from mask_detector_ros.perception.pipeline_settings import BLUR_MODES, AnnotateSettings
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import SourceError

DEMO_CLIP = "demo/patrol.mp4"

EXAMPLES = """examples:
  mask_detector demo                        patrol of a simulated hall, with reminders
  mask_detector demo --languages ko,en --aloud
  mask_detector demo --clip                 only the detector, on the bundled video
  mask_detector demo --source walk.mp4      only the detector, on your own video
"""


def add_subcommand(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``demo`` to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "demo",
        help="run the ROS 2 nodes without a robot and record the result",
        description=(
            "Runs the nodes mask_detector, patrol and announcer as separate processes over\n"
            "DDS. A simulated robot patrols a hall with people. A video, a log and the spoken\n"
            "reminders are written to a folder. With --clip or --source only the detector\n"
            "runs, on images that are published like those of a camera."
        ),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--out",
        type=Path,
        default=Path("demo_output"),
        metavar="DIR",
        help="output folder (default: %(default)s)",
    )
    add("--clip", action="store_true", help="run only the detector, on the bundled video")
    add(
        "--source",
        default="",
        metavar="SOURCE",
        help="run only the detector, on this video, folder of images, webcam:N or ROS bag",
    )
    add(
        "--blur",
        choices=BLUR_MODES,
        default=AnnotateSettings().blur,
        help="what is hidden in the annotated images (default: face)",
    )
    add(
        "--models",
        default="",
        metavar="DIR",
        help="folder of the models (default: those of the package)",
    )
    add("--languages", default="en", help="languages to speak, such as ko,en (default: en)")
    add("--aloud", action="store_true", help="also play the reminders")
    add(
        "--seconds",
        type=float,
        default=0.0,
        metavar="S",
        help="duration of the patrol in seconds (default: one round)",
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    out: Path = arguments.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        for stale in {**demo_clip.OUTPUTS, **demo_patrol.OUTPUTS}:
            if (out / stale).is_dir():
                shutil.rmtree(out / stale)
            (out / stale).unlink(missing_ok=True)
        with termination_as_interrupt():
            if arguments.clip or arguments.source:
                source = arguments.source or str(find_resource(DEMO_CLIP))
                return demo_clip.run_clip(source, out, arguments)
            return demo_patrol.run_patrol(out, arguments)
    except KeyboardInterrupt:
        print("\ninterrupted; all processes were stopped", file=sys.stderr)
        return 130
    except (ProcessError, SourceError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
