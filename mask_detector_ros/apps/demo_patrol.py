# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The whole product on a simulated robot: detector, patrol and announcer as real processes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from mask_detector_ros.apps.processes import Processes
from mask_detector_ros.apps.ros_processes import NODES, environment, ros_arguments
from mask_detector_ros.patrol.interface import ReminderKind, State
from mask_detector_ros.patrol.plan import load_plan
from mask_detector_ros.resources import find_resource

PLAN = "demo/patrol_plan.yaml"
START_SECONDS = 30.0
"""How long the processes may take to find each other."""
SLACK_SECONDS = 60.0
LOG = "patrol_log.jsonl"
OUTPUTS = {
    "patrol.mp4": "what the robot saw, beside the world from above",
    "contact_sheet.png": "a few frames of it",
    LOG: "states, events, reminders and words, in order",
    "spoken": "what was said, as WAV files",
}


def patrol(out: Path, arguments: argparse.Namespace) -> int:
    """Let the robot do its round and leave a film of it in ``out``; the exit code.

    Raises:
        ProcessError: a process failed.
    """
    # Late: it needs what --help must not wait for.
    from mask_detector_ros.simulation.demo_story import story

    plan = find_resource(PLAN)
    seconds = arguments.seconds or story(load_plan(plan)).duration
    began = time.monotonic()
    with Processes(out / "logs", environment()) as processes:
        print("starting detector, patrol, announcer and film …", flush=True)
        processes.start(
            "mask_detector",
            f"{NODES}.detector.mask_detector_node",
            *ros_arguments({"annotate.blur": arguments.blur, "models": arguments.models}),
        )
        processes.start(
            "announcer",
            f"{NODES}.announcer.announcer_node",
            *ros_arguments(
                {
                    "languages": arguments.languages,
                    "play": arguments.aloud,
                    "wav_folder": str(out / "spoken"),
                },
                {"reminder": "/patrol/reminder"},
            ),
        )
        processes.start(
            "film",
            f"{NODES}.demo.film",
            *ros_arguments(
                {"output": str(out)},
                {
                    "image_annotated": "/mask_detector/image_annotated",
                    "events": "/mask_detector/events",
                    "state": "/patrol/state",
                    "reminder": "/patrol/reminder",
                    "spoken": "/announcer/spoken",
                },
            ),
            progress=True,
        )
        processes.wait_for_line("film", "ready", START_SECONDS)
        processes.start(
            "patrol_world",
            f"{NODES}.demo.patrol_world",
            *ros_arguments(
                {"seconds": float(seconds)},
                {"reminder": "/patrol/reminder", "state": "/patrol/state"},
            ),
        )
        processes.start(
            "patrol",
            f"{NODES}.patrol.patrol_node",
            *ros_arguments(
                # The simulated world has no transforms, even where tf2 is installed.
                {"plan": str(plan), "frames.source": "mount"},
                {"detections": "/mask_detector/detections"},
            ),
        )
        print(f"one round through the hall, {seconds:.0f} s", flush=True)
        processes.wait("patrol_world", 3 * seconds + START_SECONDS + SLACK_SECONDS)
        for name in ("patrol", "announcer", "mask_detector", "film"):
            processes.stop(name)
    return _report(out, time.monotonic() - began)


def _report(out: Path, seconds: float) -> int:
    records = [json.loads(line) for line in (out / LOG).read_text(encoding="utf-8").splitlines()]
    said = Counter(r["kind"] for r in records if r["topic"] == "reminder")
    states = [State(r["state"]) for r in records if r["topic"] == "state"]
    spoken = sum(r["topic"] == "spoken" for r in records)
    recorded = len(list((out / "spoken").glob("*.wav")))
    given_up = max((r["given_up"] for r in records if r["topic"] == "state"), default=0)
    lines = [
        "",
        f"reminders   {said[int(ReminderKind.REMIND)]}, thanks "
        f"{said[int(ReminderKind.THANK)]}, people left be {given_up}",
        f"spoken      {spoken} lines, kept as {recorded} WAV files",
        f"took        {seconds:.0f} s",
        "",
        f"left in {out}:",
    ]
    lines += [f"  {name:18} {what}" for name, what in OUTPUTS.items() if (out / name).exists()]
    print("\n".join(lines))
    if not states or State.FAULT in states[-1:]:
        print("error: the patrol did not work; see the logs beside", file=sys.stderr)
        return 1
    return 0
