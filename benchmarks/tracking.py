# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of tracking and of the filtered status, compared with single frames and ablations.

    python benchmarks/tracking.py [--scenes 8] [--demo] [--libraries]

Synthetic patrol sequences with simulated detections and the true ego-rotation with noise. --demo
adds the demo clip with the shipped models and the ego-rotation estimated from its images.
--libraries adds the trackers of supervision and norfair (pip install supervision norfair). Needs
the extra `benchmark` (pip install -e '.[benchmark]').
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import NamedTuple

import numpy as np
from other_trackers import INSTALLED, EgoMotion, Frame, MakeTracker, Track

from mask_detector_ros.perception.camera_motion import CameraMotion
from mask_detector_ros.perception.person_tracker import PersonTracker
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.types import CLASS_LABELS, NO_ID, Detections, WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import open_source
from tracking_sequences.observation_model import ObservationModel
from tracking_sequences.scene_families import DURATION_S, FAMILIES, scenes
from tracking_sequences.sequences import GroundTruth, ground_truth

try:
    from tracking_sequences.hota import HotaScores, hota_scores
    from tracking_sequences.tracking_scores import (
        NO_BOX,
        FaceObservation,
        TrackingCounts,
        count_tracking,
        match_boxes,
    )
except ModuleNotFoundError as error:
    package = (error.name or "").partition(".")[0]
    sys.exit(f"{package} is not installed; install it with: pip install -e '.[benchmark]'")

SETTINGS = PipelineSettings()
CLEAR_WIDTH_PX, CLEAR_VISIBLE_FRACTION, CLEAR_YAW_RAD = 24.0, 0.9, 0.6
"""A face is clear from this width and visible fraction, and up to this yaw."""


def person_tracker(settings: PipelineSettings) -> MakeTracker:
    """The tracker of this package with its filtered status."""

    def make(_: Sequence[Frame]) -> Track:
        people = PersonTracker()

        def track(faces: Detections, stamp: float, ego_motion: EgoMotion) -> Detections:
            association = people.associate(faces, stamp, settings, ego_motion)
            return association.update(faces[association.rows])[0]

        return track

    return make


def single_frames(_: Sequence[Frame]) -> Track:
    """No tracking: the status of each frame alone."""

    def track(detections: Detections, _: float, __: EgoMotion) -> Detections:
        faces = detections[detections.scores >= SETTINGS.detector.score_threshold]
        return faces.with_(status=faces.frame_status)

    return track


def unweighted(frame: Frame) -> Frame:
    """The frame without the weights of its detections' evidence."""
    weights = np.ones(len(frame.detections), np.float32)
    return frame._replace(detections=frame.detections.with_(weights=weights))


def match(truth: GroundTruth, reported: Detections) -> list[FaceObservation]:
    """Ground truth and reported detections of one frame, matched."""
    pairs = dict(match_boxes(truth.boxes, reported.boxes))
    wide = truth.boxes[:, 2] >= CLEAR_WIDTH_PX
    clear = wide & (truth.visible >= CLEAR_VISIBLE_FRACTION) & (truth.yaw <= CLEAR_YAW_RAD)
    ids = [None if number == NO_ID else int(number) for number in reported.ids]
    faces = []
    for row, person in enumerate(truth.people.tolist()):
        at = pairs.get(row)
        faces.append(
            FaceObservation(
                person,
                required=bool(truth.required[row]),
                clear=bool(clear[row]),
                true_status=WearStatus(int(truth.status[row])),
                track_id=None if at is None else ids[at],
                reported_status=WearStatus(0 if at is None else int(reported.status[at])),
                true_box=truth.boxes[row],
                reported_box=NO_BOX if at is None else reported.boxes[at],
            )
        )
    for at in sorted(set(range(len(reported))) - set(pairs.values())):
        unknown, box = WearStatus.UNKNOWN, reported.boxes[at]
        faces.append(
            FaceObservation(None, False, False, unknown, ids[at], unknown, reported_box=box)
        )
    return faces


class Result(NamedTuple):
    """Scores of one tracker over several sequences, and its processor time per frame."""

    counts: TrackingCounts
    hota: HotaScores
    milliseconds: float


def run(sequences: Sequence[Sequence[Frame]], make_tracker: MakeTracker) -> Result:
    """Track each sequence with a new tracker."""
    histories, seconds = [], 0.0
    for sequence in sequences:
        track, history = make_tracker(sequence), []
        for truth, detections, ego_motion in sequence:
            begin = time.process_time()
            reported = track(detections, truth.stamp, ego_motion)
            seconds += time.process_time() - begin
            history.append((truth.stamp, match(truth, reported)))
        histories.append(history)
    counts = reduce(add, map(count_tracking, histories))
    return Result(counts, hota_scores(histories), 1000 * seconds / sum(map(len, histories)))


def synthetic(count: int, seed: int) -> dict[str, list[list[Frame]]]:
    """Sequences of each family."""
    sequences: dict[str, list[list[Frame]]] = {family: [] for family in FAMILIES}
    for number, scene in enumerate(scenes(count, seed)):
        model = ObservationModel(seed + number, SETTINGS)
        frames = [
            Frame(truth, model.detect(truth), model.ego_rotation(truth))
            for truth in ground_truth(scene, seed)
        ]
        sequences[scene.name.split("-")[0]].append(frames)
    return sequences


def demo_clip() -> list[Frame]:
    """The demo clip with detections of the shipped models. No person is in two of its scenes."""
    labels = json.loads(find_resource("demo/patrol.json").read_text(encoding="utf-8"))
    with open_source(find_resource("demo/patrol.mp4")) as clip:
        images = [frame.image for frame in clip]
    pipeline = MaskPipeline(find_resource("models"))
    # The pipeline classifies and returns low-confidence detections only with a lower threshold.
    detector = replace(
        SETTINGS.detector, score_threshold=SETTINGS.detector.low_confidence_threshold
    )
    pipeline.settings = replace(SETTINGS, detector=detector)
    motion = CameraMotion()
    numbers: dict[str, int] = {}
    frames = []
    for index, (people, image) in enumerate(zip(labels["frames"], images, strict=True)):
        names = [p["status"] if p["status"] in CLASS_LABELS else "unknown" for p in people]
        status = np.array([WearStatus[name.upper()] for name in names], np.int8)
        truth = GroundTruth(
            stamp=index / labels["fps"],
            people=np.array([numbers.setdefault(p["person"], len(numbers)) for p in people]),
            boxes=np.array([p["box"] for p in people], float).reshape(-1, 4),
            status=status,
            visible=np.where(status == WearStatus.UNKNOWN, 0.0, 1.0),
            yaw=np.zeros(len(people)),
        )
        faces = pipeline.process(image).faces
        confident = faces.scores >= SETTINGS.detector.score_threshold
        ego_motion = motion.estimate(image, truth.stamp, faces.boxes[confident])
        frames.append(Frame(truth, faces, ego_motion))
    return frames


COLUMNS = (
    ("HOTA", 6), ("DetA", 6), ("AssA", 6), ("IDF1", 6), ("switches", 8), ("transfers", 9),
    ("flips/min", 9), ("decide p50", 10), ("p90", 5), ("false alarms/h", 14), ("missed", 6),
    ("ms/frame", 8),
)  # fmt: skip
"""Headings and their widths."""


def row(name: str, result: Result, with_ids: bool = True) -> str:
    """A line of the table; without ids there are no tracking scores."""
    counts = result.counts
    tracking = [f"{value:.3f}" for value in (*result.hota, counts.idf1)]
    tracking += [str(counts.id_switches), str(counts.id_transfers)]
    status = (
        f"{counts.flips_per_minute:.2f}",
        f"{counts.decision_time(0.5):.2f}",
        f"{counts.decision_time(0.9):.2f}",
        f"{counts.false_alarms_per_hour:.1f}",
        f"{counts.missed_fraction:.1%}",
        f"{result.milliseconds:.3f}",
    )
    cells = (*(tracking if with_ids else "–" * len(tracking)), *status)
    aligned = (f"{cell:>{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))
    return " ".join([f"{name:34}", *aligned])


def table(title: str, sequences: list[list[Frame]], libraries: bool) -> None:
    """Print one line per tracker."""
    tracker = SETTINGS.tracker
    ablations = {
        "low-confidence detections": replace(tracker, use_low_confidence=False),
        "ego-rotation": replace(tracker, camera_motion=False),
    }
    print(f"\n{title}\n{'':34}", *(f"{heading:>{width}}" for heading, width in COLUMNS))
    print(row("single frames", run(sequences, single_frames), with_ids=False))
    print(row("filtered", run(sequences, person_tracker(SETTINGS))))
    for name, settings in ablations.items():
        without = person_tracker(replace(SETTINGS, tracker=settings))
        print(row(f"  without {name}", run(sequences, without)))
    equal = [list(map(unweighted, sequence)) for sequence in sequences]
    print(row("  without evidence weights", run(equal, person_tracker(SETTINGS))))
    for name, make in INSTALLED.items() if libraries else ():
        print(row(f"ids of {name}", run(sequences, make)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=8, help="sequences of each family")
    parser.add_argument("--seed", type=int, default=0, help="of the random scenes")
    parser.add_argument("--families", action="store_true", help="print a table per family, too")
    parser.add_argument("--demo", action="store_true", help="add the demo clip")
    parser.add_argument("--libraries", action="store_true", help="add trackers of other libraries")
    arguments = parser.parse_args()
    families = synthetic(arguments.scenes, arguments.seed)
    every = [sequence for family in families.values() for sequence in family]
    title = f"{len(every)} synthetic patrol sequences of {DURATION_S:.0f} s"
    table(title, every, arguments.libraries)
    if arguments.families:
        for family, sequences in families.items():
            table(family, sequences, arguments.libraries)
    if arguments.demo:
        table("demo clip, shipped models", [demo_clip()], arguments.libraries)


if __name__ == "__main__":
    main()
