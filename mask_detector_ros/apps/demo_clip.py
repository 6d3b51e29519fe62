# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo of the detector: image_player, mask_detector and recorder as processes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from mask_detector_ros.apps.processes import NODES, Processes, ros_arguments, ros_environment
from mask_detector_ros.sources import open_source

START_TIMEOUT_S = 90.0
"""Time for the processes to start and discover each other on a busy machine."""
EXTRA_TIME_S = 30.0
"""Time the processes may need beyond the duration of the video."""
OUTPUTS = {
    "annotated.mp4": "the annotated images, as received",
    "contact_sheet.png": "a few of its frames",
    "detections.jsonl": "every MaskDetectionArray",
    "events.jsonl": "every MaskEvent",
    "summary.json": "the numbers above",
}


def run_clip(source: str, out: Path, arguments: argparse.Namespace) -> int:
    """Play a source as a camera and record the detector's results in ``out``; the exit code.

    Raises:
        ProcessError: a process failed.
        SourceError: the source cannot be opened.
    """
    with open_source(source) as clip:
        expected, rate = clip.length or 0, clip.rate or 30.0
    started = time.monotonic()
    with Processes(out / "logs", ros_environment()) as processes:
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
        processes.wait_for_line("recorder", "ready", START_TIMEOUT_S)
        wait_for = {
            "wait_for.image_subscribers": 1,
            "wait_for.camera_info_subscribers": 2,
            "wait_for.timeout": START_TIMEOUT_S,
        }
        processes.start(
            "image_player",
            f"{NODES}.tools.image_player",
            *ros_arguments({"source": source, **wait_for}),
        )
        print(f"playing {source} as /image_raw", flush=True)
        processes.wait("image_player", expected / rate + START_TIMEOUT_S + EXTRA_TIME_S)
        processes.wait("recorder", EXTRA_TIME_S)
        processes.stop("mask_detector")
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    print(_report(summary, out, time.monotonic() - started))
    if not summary["frames_processed"]:
        print(f"error: no frame was processed; see the log files in {out}/logs", file=sys.stderr)
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
        f"people      {summary['people']} tracked; status: {statuses}",
        f"duration    {seconds:.0f} s",
        "",
        f"written to {out}:",
    ]
    lines += [
        f"  {name:18} {description}"
        for name, description in OUTPUTS.items()
        if (out / name).exists()
    ]
    return "\n".join(lines)
