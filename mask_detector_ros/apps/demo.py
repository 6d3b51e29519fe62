# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo: a clip as camera, the detector and a recorder, as real ROS 2 processes."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

from mask_detector_ros.apps.processes import ProcessError, Processes, termination_as_interrupt
from mask_detector_ros.perception.settings import BLUR_MODES
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import SourceError, open_source

NODES = "mask_detector_ros.nodes"
CLIP = "demo/patrol.mp4"
PROFILE = "config/fastdds_images.xml"
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


def add_subcommand(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register ``mask_detector demo``."""
    parser = subparsers.add_parser(
        "demo",
        help="run player, detector and recorder over real ROS 2 and look at the result",
        description="Plays a clip as a camera through the real mask_detector node, as separate "
        "processes over DDS, and leaves an annotated video, a contact sheet, all messages and "
        "a summary in a folder.",
    )
    parser.add_argument("--out", type=Path, default=Path("demo_output"), help="output folder")
    parser.add_argument("--source", default="", help="what to play instead of the demo clip")
    parser.add_argument("--blur", choices=BLUR_MODES, default="eyes", help="what is blurred")
    parser.add_argument("--models", default="", help="folder with other models")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; the exit code is 0 only if everything went well."""
    out: Path = arguments.out
    try:
        source = arguments.source or str(find_resource(CLIP))
        with open_source(source) as clip:
            expected, rate = clip.length, clip.rate or 30.0
        out.mkdir(parents=True, exist_ok=True)
        for stale in OUTPUTS:
            (out / stale).unlink(missing_ok=True)
        with termination_as_interrupt():
            return _play(source, expected or 0, rate, out, arguments)
    except KeyboardInterrupt:
        print("\ninterrupted; all processes were ended", file=sys.stderr)
        return 130
    except (ProcessError, SourceError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _play(source: str, expected: int, rate: float, out: Path, arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    with Processes(out / "logs", _environment()) as processes:
        print("starting detector and recorder …", flush=True)
        processes.start(
            "mask_detector",
            f"{NODES}.mask_detector_node",
            *_ros(
                parameters={
                    "annotate.max_rate": 0.0,
                    "annotate.blur": arguments.blur,
                    "models": arguments.models,
                },
            ),
        )
        recorder_parameters = {"output": str(out), "expected": expected, "rate": float(rate)}
        topics = ("detections", "events", "image_annotated")
        remaps = {topic: f"/mask_detector/{topic}" for topic in topics}
        processes.start(
            "recorder", f"{NODES}.recorder", *_ros(recorder_parameters, remaps), progress=True
        )
        processes.wait_for_line("recorder", "ready", START_SECONDS)
        audience = {"wait_for.images": 1, "wait_for.infos": 2}
        processes.start(
            "image_player", f"{NODES}.image_player", *_ros({"source": source, **audience})
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


def _environment() -> dict[str, str]:
    """A ROS domain of its own on this machine alone, and room for images in shared memory."""
    profile = str(find_resource(PROFILE))
    return {
        **os.environ,
        "ROS_DOMAIN_ID": str(random.randint(1, 100)),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "FASTRTPS_DEFAULT_PROFILES_FILE": profile,
        "FASTDDS_DEFAULT_PROFILES_FILE": profile,
    }


def _ros(
    parameters: dict[str, Any] | None = None, remaps: dict[str, str] | None = None
) -> list[str]:
    arguments = ["--ros-args"]
    for name, value in (parameters or {}).items():
        arguments += ["-p", f"{name}:={json.dumps(value)}"]
    for name, target in (remaps or {}).items():
        arguments += ["-r", f"{name}:={target}"]
    return arguments


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
