# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo of the patrol: all nodes as processes around a simulated robot and world."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from mask_detector_ros.apps.processes import NODES, Processes, ros_arguments, ros_environment
from mask_detector_ros.patrol.interface import ReminderKind, State
from mask_detector_ros.patrol.plan import load_plan
from mask_detector_ros.resources import find_resource

PLAN = "demo/patrol_plan.yaml"
START_TIMEOUT_S = 90.0
"""Time for the processes to start and discover each other."""
EXTRA_TIME_S = 60.0
"""Time the world may need beyond three times the duration of the patrol."""
LOG = "patrol_log.jsonl"
OUTPUTS = {
    "patrol.mp4": "the robot's camera image beside a map of the world",
    "contact_sheet.png": "a few frames of it",
    LOG: "states, events, reminders and spoken texts, in order",
    "spoken": "spoken texts as WAV files",
}


def run_patrol(out: Path, arguments: argparse.Namespace) -> int:
    """Run the patrol in the simulated world and record it in ``out``; the exit code.

    Raises:
        ProcessError: a process failed.
    """
    # Imported here: it is slow, and --help must be fast.
    from mask_detector_ros.simulation.demo_scenario import demo_scenario

    plan = find_resource(PLAN)
    seconds = arguments.seconds or demo_scenario(load_plan(plan)).duration
    started = time.monotonic()
    with Processes(out / "logs", ros_environment()) as processes:
        print("starting mask_detector, patrol, announcer and recording …", flush=True)
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
        processes.wait_for_line("film", "ready", START_TIMEOUT_S)
        processes.start(
            "patrol_world",
            f"{NODES}.demo.patrol_world",
            *ros_arguments(
                {"duration": float(seconds), "startup_timeout": START_TIMEOUT_S},
                {"reminder": "/patrol/reminder", "state": "/patrol/state"},
            ),
        )
        processes.start(
            "patrol",
            f"{NODES}.patrol.patrol_node",
            *ros_arguments(
                # The simulated world publishes no transforms, even where tf2 is installed.
                {"plan": str(plan), "frames.source": "mount"},
                {"detections": "/mask_detector/detections"},
            ),
        )
        print(f"patrolling the hall for {seconds:.0f} s", flush=True)
        processes.wait("patrol_world", 3 * seconds + START_TIMEOUT_S + EXTRA_TIME_S)
        for name in ("patrol", "announcer", "mask_detector", "film"):
            processes.stop(name)
    return _report(out, time.monotonic() - started)


def _report(out: Path, seconds: float) -> int:
    records = [json.loads(line) for line in (out / LOG).read_text(encoding="utf-8").splitlines()]
    reminders = Counter(r["kind"] for r in records if r["topic"] == "reminder")
    states = [State(r["state"]) for r in records if r["topic"] == "state"]
    spoken = sum(r["topic"] == "spoken" for r in records)
    recorded = len(list((out / "spoken").glob("*.wav")))
    given_up = max((r["given_up"] for r in records if r["topic"] == "state"), default=0)
    lines = [
        "",
        f"reminders   {reminders[int(ReminderKind.REMIND)]}, thanks "
        f"{reminders[int(ReminderKind.THANK)]}, gave up on {given_up} people",
        f"speech      {spoken} phrases, {recorded} of them recorded",
        f"duration    {seconds:.0f} s",
        "",
        f"written to {out}:",
    ]
    lines += [
        f"  {name:18} {description}"
        for name, description in OUTPUTS.items()
        if (out / name).exists()
    ]
    print("\n".join(lines))
    if not states or State.FAULT in states[-1:]:
        print(f"error: the patrol failed; see the log files in {out}/logs", file=sys.stderr)
        return 1
    return 0
