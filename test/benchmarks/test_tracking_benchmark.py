# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tracking benchmark: HOTA, the comparison with single frames, missing packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.perception.types import WearStatus
from support.optional import optional

if os.environ.get("ROS_DISTRO"):
    pytest.importorskip("trackeval", reason="not installed on a ROS 2 distribution")
else:
    optional("trackeval")

from other_trackers import Frame
from tracking import SETTINGS, person_tracker, run, single_frames

from tracking_sequences.hota import hota_scores
from tracking_sequences.observation_model import ObservationModel
from tracking_sequences.sequences import Drive, Scene, Walker, ground_truth
from tracking_sequences.tracking_scores import FaceObservation

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
CORRECT = WearStatus.CORRECT
BOX = np.array([100.0, 100.0, 30.0, 36.0])


def observation(person: str | None, track_id: int | None, required: bool = True) -> FaceObservation:
    required = required and person is not None
    return FaceObservation(person, required, required, CORRECT, track_id, CORRECT, BOX, BOX)


def test_hota_is_computed_as_by_hand() -> None:
    # The id changes halfway: of 4 faces each id covers 2, so AssA = 2 / (2 + 2 + 0).
    switch = [(0.1 * i, [observation("a", 1 + i // 2)]) for i in range(4)]
    assert hota_scores([switch]) == pytest.approx((0.5**0.5, 1.0, 0.5))
    # One false negative and one false positive beside three true positives.
    errors = [(0.1 * i, [observation("a", 1)]) for i in range(3)]
    errors += [(0.3, [observation("a", None)]), (0.4, [observation(None, 2)])]
    assert hota_scores([errors]) == pytest.approx((0.6**0.5 * 0.75**0.5, 0.6, 0.75))


def test_hota_leaves_out_ignored_faces_and_counts_returning_people_as_new() -> None:
    perfect = [(0.1 * i, [observation("a", 1)]) for i in range(5)]
    perfect += [(0.5, [observation("a", 7, required=False)])]
    perfect += [(9.0 + 0.1 * i, [observation("a", 2)]) for i in range(5)]
    assert hota_scores([perfect]) == pytest.approx((1.0, 1.0, 1.0))


def test_tracked_status_flips_less_than_that_of_single_frames() -> None:
    places = ((-0.5, 3.0, CORRECT), (0.5, 3.5, WearStatus.NOSE_EXPOSED))
    walkers = tuple(Walker(((0.0, x, z),), ((0.0, status),)) for x, z, status in places)
    model = ObservationModel(1, SETTINGS)
    sequence = [
        Frame(truth, model.detect(truth), None)
        for truth in ground_truth(Scene("", walkers, Drive(speed=0.0), 8.0))
    ]
    single = run([sequence], single_frames)
    tracked = run([sequence], person_tracker(SETTINGS))
    assert tracked.counts.idf1 > 0.9
    assert tracked.counts.id_switches == 0
    assert tracked.hota.hota > 0.6
    assert single.counts.status_flips > 5 * max(1, tracked.counts.status_flips)


@pytest.mark.parametrize("package", ["scipy", "trackeval"])
def test_a_missing_package_is_named(package: str) -> None:
    code = (
        f"import runpy, sys; sys.modules[{package!r}] = None; sys.argv = ['tracking.py'];"
        f"sys.path.insert(0, {str(BENCHMARKS)!r});"
        f"runpy.run_path({str(BENCHMARKS / 'tracking.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"{package} is not installed; install it with: pip install -e '.[benchmark]'"
    )
