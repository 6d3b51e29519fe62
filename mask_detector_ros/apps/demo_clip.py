# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A clip as camera, the detector and a recorder, as real ROS 2 processes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from mask_detector_ros.apps.processes import Processes
from mask_detector_ros.apps.ros_processes import NODES, environment, ros_arguments
from mask_detector_ros.sources import open_source

START_SECONDS = 30.0
"""How long the processes may take to find each other."""
SLACK_SECONDS = 30.0
"""How much longer than the clip everything may take."""
OUTPUTS = {
    "annotated.mp4": "the annotated video, as subscribed",
    "contact_sheet.png": "a few of its frames",
    "detections.jsonl": "every MaskDetectionArray",
    "events.jsonl": "every MaskEvent",
    "summary.json": "the figures above",
}


def play(source: str, out: Path, arguments: argparse.Namespace) -> int:
    """Play it and leave a recording in ``out``; the exit code.

    Raises:
        ProcessError: a process failed.
        SourceError: the source cannot be played.
    """
    with open_source(source) as clip:
        expected, rate = clip.length or 0, clip.rate or 30.0
    began = time.monotonic()
    with Processes(out / "logs", environment()) as processes:
        print("starting detector and recorder …", flush=True)
        processes.start(
            "mask_detector",
            f"{NODES}.detector.mask_detector_node",
            *ros_arguments(
                parameters={
                    "annotate.max_rate": 0.0,
                    "annotate.blur": arguments.blur,
                    "models": arguments.models,
                },
            ),
        )
        recorder_parameters = {"output": str(out), "expected_frames": expected, "rate": float(rate)}
        topics = ("detections", "events", "image_annotated")
        remaps = {topic: f"/mask_detector/{topic}" for topic in topics}
        processes.start(
            "recorder",
            f"{NODES}.tools.recorder",
            *ros_arguments(recorder_parameters, remaps),
            progress=True,
        )
        processes.wait_for_line("recorder", "ready", START_SECONDS)
        wait_for = {"wait_for.image_subscribers": 1, "wait_for.camera_info_subscribers": 2}
        processes.start(
            "image_player",
            f"{NODES}.tools.image_player",
            *ros_arguments({"source": source, **wait_for}),
        )
        print(f"playing {source} as /image_raw", flush=True)
        processes.wait("image_player", expected / rate + START_SECONDS + SLACK_SECONDS)
        processes.wait("recorder", SLACK_SECONDS)
        processes.stop("mask_detector")
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    print(_report(summary, out, time.monotonic() - began))
    if not summary["frames_processed"]:
        print("error: no frame came through; see the logs beside", file=sys.stderr)
        return 1
    return 0


def _report(summary: dict[str, Any], out: Path, seconds: float) -> str:
    latency = summary["latency_ms"]
    statuses = ", ".join(
        f"{count} {status}" for status, count in summary["people_by_status"].items()
    )
    lines = [
        "",
        f"frames      {summary['frames_in']} in, {summary['frames_processed']} processed, "
        f"{summary['frames_dropped']} dropped",
        f"latency     p50 {latency['p50']} ms, p99 {latency['p99']} ms (image published → "
        "detections received)",
        f"people      {summary['people']} followed; seen as: {statuses}",
        f"took        {seconds:.0f} s",
        "",
        f"left in {out}:",
    ]
    lines += [f"  {name:18} {what}" for name, what in OUTPUTS.items() if (out / name).exists()]
    return "\n".join(lines)
