# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector demo``: the real nodes over DDS, without a robot."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from mask_detector_ros.apps import demo_clip, demo_patrol
from mask_detector_ros.apps.processes import ProcessError, termination_as_interrupt
from mask_detector_ros.perception.pipeline_settings import BLUR_MODES
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import SourceError

CLIP = "demo/patrol.mp4"

EXAMPLES = """examples:
  mask_detector demo                        a robot patrols a simulated hall and speaks to people
  mask_detector demo --languages ko,en --aloud
  mask_detector demo --clip                 only the detector, on the bundled clip
  mask_detector demo --source walk.mp4      the same on a video, folder, webcam or bag
"""


def add_subcommand(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register ``mask_detector demo``."""
    parser = subparsers.add_parser(
        "demo",
        help="run the real nodes over ROS 2 without a robot and look at the result",
        description="Runs detector, patrol and announcer as separate processes over DDS. A "
        "simulated robot drives through a hall and meets people; a film of it, a log and the "
        "spoken reminders are left in a folder. With --clip or --source only the detector runs, "
        "on a clip played as a camera.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--out", type=Path, default=Path("demo_output"), help="output folder")
    add("--clip", action="store_true", help="the detector alone, on the bundled clip")
    add("--source", default="", help="the detector alone, on what is named")
    add("--blur", choices=BLUR_MODES, default="eyes", help="what is blurred")
    add("--models", default="", help="folder with other models")
    add("--languages", default="en", help="what is spoken, as ko,en (default: en)")
    add("--aloud", action="store_true", help="play what is said, too")
    add("--seconds", type=float, default=0.0, help="end the patrol earlier or later")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; the exit code is 0 only if everything went well."""
    out: Path = arguments.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        for stale in {**demo_clip.OUTPUTS, **demo_patrol.OUTPUTS}:
            if (out / stale).is_dir():
                shutil.rmtree(out / stale)
            (out / stale).unlink(missing_ok=True)
        with termination_as_interrupt():
            if arguments.clip or arguments.source:
                source = arguments.source or str(find_resource(CLIP))
                return demo_clip.play(source, out, arguments)
            return demo_patrol.patrol(out, arguments)
    except KeyboardInterrupt:
        print("\ninterrupted; all processes were ended", file=sys.stderr)
        return 130
    except (ProcessError, SourceError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
