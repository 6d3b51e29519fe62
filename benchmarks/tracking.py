# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well people are followed and told: raw frames against steadied people, part by part.

    python benchmarks/tracking.py [--scenes 8] [--demo] [--libraries]

Synthetic patrol sequences with a model of the detector's errors, whose turns of the camera are
the true ones with noise; --demo adds the real models and the turns told from the pictures on the
demo clip. --libraries adds the trackers of supervision and norfair where these are
installed (pip install supervision norfair; no part of the project needs them).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial, reduce
from operator import add

import cv2
import numpy as np
from other_trackers import LIBRARIES

from mask_detector_ros.perception.camera_motion import CameraMotion, Cut, Turn
from mask_detector_ros.perception.person_tracker import People
from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.types import CLASS_LABELS, NO_ID, Detections, WearStatus
from mask_detector_ros.resources import find_resource
from tracking_sequences.detector_model import Observer
from tracking_sequences.scene_families import FAMILIES, scenes
from tracking_sequences.sequences import Truth, truths
from tracking_sequences.tracking_scores import Counts, Seen, pair_boxes, score

SETTINGS = PipelineSettings()
WELL_WIDTH, WELL_VISIBLE, WELL_TURN = 24.0, 0.9, 0.6
"""A face is seen well from this width (pixels), visible part, and up to this turn (radians)."""

Frame = tuple[Truth, Detections, Turn | Cut | None]
"""What is, what was found, and how the camera turned."""
Follow = Callable[[Detections, float, Turn | Cut | None], Detections]


def steadied(settings: PipelineSettings) -> Follow:
    """The project's own people."""
    people = People()
    return lambda found, stamp, turn: people.update(found, stamp, settings, turn)[0]


def raw(found: Detections, _: float, __: Turn | Cut | None) -> Detections:
    """Every frame for itself."""
    faces = found[found.scores >= SETTINGS.detector.score_threshold]
    return faces.with_(status=faces.frame_status)


def unweighted(found: Detections) -> Detections:
    return found.with_(weights=np.ones(len(found), np.float32))


def seen(truth: Truth, reported: Detections) -> list[Seen]:
    """Truth and report of one frame, face by face."""
    pairs = dict(pair_boxes(truth.boxes, reported.boxes))
    wide = truth.boxes[:, 2] >= WELL_WIDTH
    well = wide & (truth.visible >= WELL_VISIBLE) & (truth.turn <= WELL_TURN)
    ids = [None if number == NO_ID else int(number) for number in reported.ids]
    faces = []
    for row, person in enumerate(truth.people.tolist()):
        at = pairs.get(row)
        faces.append(
            Seen(
                person,
                bool(truth.shown[row]),
                bool(well[row]),
                WearStatus(int(truth.status[row])),
                None if at is None else ids[at],
                WearStatus.UNKNOWN if at is None else WearStatus(int(reported.status[at])),
            )
        )
    unknown = WearStatus.UNKNOWN
    spare = set(range(len(reported))) - set(pairs.values())
    return faces + [Seen(None, False, False, unknown, ids[at], unknown) for at in sorted(spare)]


def takeovers(history: list[tuple[float, list[Seen]]]) -> int:
    """How often an id went from one person to another who has to be followed."""
    owner: dict[object, object] = {}
    count = 0
    for face in (face for _, faces in history for face in faces):
        if face.person is None or face.id is None:
            continue
        count += face.shown and owner.get(face.id, face.person) != face.person
        if face.shown or face.id not in owner:
            owner[face.id] = face.person
    return count


def run(
    sequences: Iterable[list[Frame]], follower: Callable[[], Follow], plain: bool = False
) -> tuple[Counts, int, float]:
    """Counts and takeovers over all sequences, milliseconds of processor time per frame."""
    total, taken_over, taken, frames = Counts(), 0, 0.0, 0
    for sequence in sequences:
        follow, history = follower(), []
        for truth, found, turn in sequence:
            given = unweighted(found) if plain else found
            begin = time.process_time()
            reported = follow(given, truth.stamp, turn)
            taken += time.process_time() - begin
            history.append((truth.stamp, seen(truth, reported)))
        total, frames = total + score(history), frames + len(sequence)
        taken_over += takeovers(history)
    return total, taken_over, 1000 * taken / max(frames, 1)


def synthetic(count: int, seed: int) -> dict[str, list[list[Frame]]]:
    """Family -> sequences of truth and observation."""
    found: dict[str, list[list[Frame]]] = {family: [] for family in FAMILIES}
    for number, scene in enumerate(scenes(count, seed)):
        observer = Observer(seed + number, SETTINGS)
        frames = [(t, observer.observe(t), observer.turn(t)) for t in truths(scene, seed)]
        found[scene.name.split("-")[0]].append(frames)
    return found


def demo_clip() -> list[Frame]:
    """The real models on the demo clip; every scene's people are others."""
    known = json.loads(find_resource("demo/patrol.json").read_text(encoding="utf-8"))
    clip = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    pipeline = Pipeline(find_resource("models"))
    # All faint boxes are to be classified: reported as if each were confident.
    detector = replace(SETTINGS.detector, score_threshold=SETTINGS.detector.faint_threshold)
    pipeline.settings = replace(SETTINGS, detector=detector)
    motion = CameraMotion()
    numbers: dict[str, int] = {}
    frames = []
    for index, people in enumerate(known["frames"]):
        labels = [p["status"] if p["status"] in CLASS_LABELS else "unknown" for p in people]
        told = np.array([WearStatus[label.upper()] for label in labels], np.int8)
        truth = Truth(
            stamp=index / known["fps"],
            people=np.array([numbers.setdefault(p["person"], len(numbers)) for p in people]),
            boxes=np.array([p["box"] for p in people], float).reshape(-1, 4),
            status=told,
            visible=np.where(told == WearStatus.UNKNOWN, 0.0, 1.0),
            turn=np.zeros(len(people)),
        )
        image = clip.read()[1]
        found = pipeline.process(image).faces
        sure = found.scores >= SETTINGS.detector.score_threshold
        frames.append((truth, found, motion.measure(image, truth.stamp, found.boxes[sure])))
    return frames


HEADINGS = (
    "IDF1", "switches", "takeovers", "flips/min", "decide p50", "p90", "alarms/h",
    "missed", "ms/frame",
)  # fmt: skip


def row(name: str, counts: Counts, taken_over: int, ms: float, with_ids: bool = True) -> str:
    ids = f"{'–':>8} {'–':>9} {'–':>9}"
    if with_ids:
        ids = f"{counts.idf1:8.3f} {counts.switches:9d} {taken_over:9d}"
    return (
        f"{name:32}{ids} {counts.flips_per_minute:9.2f} {counts.wait(0.5):10.2f} "
        f"{counts.wait(0.9):5.2f} {counts.alarms_per_hour:9.1f} {counts.missed_part:7.1%} "
        f"{ms:8.3f}"
    )


def table(title: str, sequences: list[list[Frame]], libraries: bool) -> None:
    """One line per way of following."""
    tracker = SETTINGS.tracker
    without = {
        "without weak boxes": replace(SETTINGS, tracker=replace(tracker, weak_boxes=False)),
        "without camera motion": replace(SETTINGS, tracker=replace(tracker, camera_motion=False)),
    }
    widths = (8, 9, 9, 9, 10, 5, 9, 7, 8)
    titles = " ".join(f"{h:>{width}}" for h, width in zip(HEADINGS, widths, strict=True))
    print(f"\n{title}\n{'':32}{titles}")
    print(row("raw, every frame for itself", *run(sequences, lambda: raw), with_ids=False))
    print(row("steadied", *run(sequences, partial(steadied, SETTINGS))))
    for name, settings in without.items():
        print(row(f"  {name}", *run(sequences, partial(steadied, settings))))
    print(row("  without weights", *run(sequences, partial(steadied, SETTINGS), plain=True)))
    if libraries:
        for name, make in LIBRARIES.items():
            runs = [run([sequence], partial(make, sequence)) for sequence in sequences]
            total = reduce(add, (counts for counts, _, _ in runs))
            taken_over = sum(count for _, count, _ in runs)
            ms = float(np.mean([ms for _, _, ms in runs]))
            print(row(f"ids by {name}", total, taken_over, ms))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=8, help="sequences of every family")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--families", action="store_true", help="a table for every family, too")
    parser.add_argument("--demo", action="store_true", help="add the demo clip")
    parser.add_argument("--libraries", action="store_true", help="add other trackers")
    arguments = parser.parse_args()
    found = synthetic(arguments.scenes, arguments.seed)
    every = [sequence for family in found.values() for sequence in family]
    table(f"{len(every)} synthetic patrol sequences of 20 s", every, arguments.libraries)
    if arguments.families:
        for family, sequences in found.items():
            table(family, sequences, arguments.libraries)
    if arguments.demo:
        table("demo clip, real models", [demo_clip()], arguments.libraries)


if __name__ == "__main__":
    main()
