# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.filters import FORGET_AFTER_S, PositionFilter
from mask_detector_ros.perception.pipeline_settings import RangingSettings
from mask_detector_ros.perception.ranging import Ranges, place
from mask_detector_ros.perception.types import Detections, RangeSource

SETTINGS = RangingSettings()
FRAME = 1 / 15
JITTER, PRIOR, SENSOR = 0.04, 0.1, 0.02


class Someone:
    """One person before a camera that measures as well as it says it does."""

    def __init__(self, wide: float = 1.0, seed: int = 1) -> None:
        self._rng = np.random.default_rng(seed)
        self._wide = wide
        self._places = PositionFilter()
        self._number = 1

    def seen(
        self, distance: float, stamp: float, by_depth: float | None = None, x: float = 0.0
    ) -> tuple[Detections, Detections]:
        """The frame's own place and the steadied one; depth in meters where there is one."""
        direction = np.array([[x, 0.0, 1.0]]) / np.hypot(x, 1)
        size = distance / self._wide * np.exp(self._rng.normal(0, JITTER))
        ranges = Ranges(
            directions=direction,
            angles=np.array([0.002]),
            by_size=np.array([size]),
            size_deviation=np.array([JITTER]),
            person_deviation=PRIOR,
            by_depth=np.array([np.nan if by_depth is None else by_depth]),
            depth_deviation=np.array([np.nan if by_depth is None else SENSOR]),
        )
        raw = place(Detections.of_boxes(np.array([[0, 0, 30, 36]]), np.ones(1)), ranges)
        return raw, self._places.update(raw, [self._number], ranges, stamp, SETTINGS)


def range_of(face: Detections) -> float:
    return float(np.linalg.norm(face.positions[0]))


def deviation_of(face: Detections) -> float:
    """Relative, along the ray."""
    return float(np.sqrt(np.linalg.eigvalsh(face.covariances[0])[-1])) / range_of(face)


def test_somebody_who_stands_is_twice_as_steady_as_in_single_frames() -> None:
    someone = Someone()
    pairs = [someone.seen(3.0, i * FRAME) for i in range(150)]
    raw, steady = (np.array([range_of(pair[k]) for pair in pairs[30:]]) for k in (0, 1))
    assert steady.std() < raw.std() / 2.3
    assert steady.mean() == pytest.approx(3.0, rel=0.03)


@pytest.mark.parametrize("speed", [-1.4, -0.7, 0.7])
def test_somebody_who_walks_is_not_left_behind(speed: float) -> None:
    someone = Someone()
    start = 6.0 if speed < 0 else 1.5
    lags, spread = [], []
    for i in range(45):
        truth = start + speed * i * FRAME
        raw, steady = someone.seen(truth, i * FRAME)
        if i > 15:
            lags.append(range_of(steady) - truth)
            spread.append(range_of(raw) - truth)
    assert abs(np.mean(lags)) < 0.1 * abs(speed)  # a tenth of a second
    assert np.std(lags) < 0.8 * np.std(spread)


def test_a_turn_of_the_camera_moves_people_at_once() -> None:
    someone = Someone()
    for i in range(30):
        x = 0.0 if i < 20 else 0.4
        _, steady = someone.seen(3.0, i * FRAME, x=x)
        assert steady.positions[0, 0] / steady.positions[0, 2] == pytest.approx(x, abs=1e-5)


def test_many_frames_do_not_make_a_stranger_s_size_known() -> None:
    """What one frame gets wrong by the width of the face, a thousand get wrong as well."""
    someone = Someone(wide=0.85)  # a child
    for i in range(300):
        _, steady = someone.seen(3.0, i * FRAME)
    assert deviation_of(steady) == pytest.approx(PRIOR, rel=0.15)
    assert range_of(steady) == pytest.approx(3.0 / 0.85, rel=0.03)


def test_depth_teaches_the_width_that_later_serves_without_depth() -> None:
    someone = Someone(wide=0.85)
    for i in range(15):
        _, steady = someone.seen(3.0, i * FRAME, by_depth=3.0)
        assert steady.range_source[0] == RangeSource.DEPTH
    for i in range(15, 60):
        _, steady = someone.seen(2.0 + 15 / i, i * FRAME)
    assert steady.range_source[0] == RangeSource.FACE_SIZE
    assert range_of(steady) == pytest.approx(2.0 + 15 / 59, rel=0.04)
    assert deviation_of(steady) < 0.5 * PRIOR


def test_what_depth_taught_fades() -> None:
    someone = Someone(wide=0.85)
    for i in range(15):
        someone.seen(3.0, i * FRAME, by_depth=3.0)
    spreads = []
    for i in range(15, 15 + 2000):
        _, steady = someone.seen(3.0, i * FRAME)
        spreads.append(deviation_of(steady))
    assert spreads[-1] > 2 * spreads[0]
    assert spreads[-1] < PRIOR * 1.05


def test_the_covariance_is_honest() -> None:
    """Over many people the errors are as large as the filters say."""
    rng = np.random.default_rng(3)
    scores = []
    for k in range(60):
        someone = Someone(wide=float(np.exp(rng.normal(0, PRIOR))), seed=k)
        for i in range(40):
            _, steady = someone.seen(4.0 - 0.05 * i, i * FRAME)
        scores.append(np.log(range_of(steady) / (4.0 - 0.05 * 39)) / deviation_of(steady))
    assert 0.7 < np.std(scores) < 1.3


def test_one_depth_that_hit_the_wall_behind_hardly_moves_a_person() -> None:
    someone = Someone()
    for i in range(30):
        someone.seen(2.0, i * FRAME, by_depth=2.0)
    _, steady = someone.seen(2.0, 30 * FRAME, by_depth=3.8)
    assert range_of(steady) == pytest.approx(2.0, rel=0.1)


def test_a_box_around_the_whole_head_now_and_then_brings_nobody_nearer() -> None:
    """As a hood made it in the demo: boxes now of the face, now half as large again each way."""
    someone = Someone()
    for i in range(30):
        someone.seen(2.6, i * FRAME)
    told = [range_of(someone.seen(1.6 if i % 3 else 2.6, (30 + i) * FRAME)[1]) for i in range(30)]
    assert told == pytest.approx([2.6] * 30, rel=0.15)
    # What stays is believed: the first boxes may have been the wrong ones.
    for i in range(60, 90):
        _, steady = someone.seen(1.6, i * FRAME)
    assert range_of(steady) == pytest.approx(1.6, rel=0.1)


def test_depth_is_believed_at_once_though_the_size_says_otherwise() -> None:
    child = Someone(wide=0.7)
    _, steady = child.seen(2.0, 0.0, by_depth=2.0)
    _, steady = child.seen(2.0, FRAME, by_depth=2.0)
    assert range_of(steady) == pytest.approx(2.0, rel=0.05)


def test_a_person_hidden_for_a_while_is_less_sure_and_found_again() -> None:
    someone = Someone()
    for i in range(30):
        _, before = someone.seen(3.0, i * FRAME, by_depth=3.0)
    _, after = someone.seen(2.0, 30 * FRAME + 1.5, by_depth=2.0)
    assert range_of(after) == pytest.approx(2.0, rel=0.05)
    assert deviation_of(after) > deviation_of(before)


def test_people_do_not_mix_and_are_forgotten_in_time() -> None:
    places, stamps = PositionFilter(), (0.0, 0.1, FORGET_AFTER_S + 1)
    for stamp in stamps:
        ranges = Ranges(
            directions=np.array([[0, 0, 1.0], [0, 0, 1.0]]),
            angles=np.full(2, 0.002),
            by_size=np.array([1.0, 5.0]),
            size_deviation=np.full(2, JITTER),
            person_deviation=PRIOR,
            by_depth=np.full(2, np.nan),
            depth_deviation=np.full(2, np.nan),
        )
        faces = place(Detections.of_boxes(np.ones((2, 4)), np.ones(2)), ranges)
        numbers = [1, 2] if stamp < 1 else [3, 4]
        faces = places.update(faces, numbers, ranges, stamp, SETTINGS)
        assert faces.positions[:, 2] == pytest.approx([1.0, 5.0], rel=0.01)
    assert len(places) == 2
    places.reset()
    assert len(places) == 0


def test_a_face_without_a_place_stays_without() -> None:
    places = PositionFilter()
    ranges = Ranges(
        directions=np.array([[0, 0, 1.0]]),
        angles=np.full(1, 0.002),
        by_size=np.full(1, np.nan),
        size_deviation=np.full(1, JITTER),
        person_deviation=PRIOR,
        by_depth=np.full(1, np.nan),
        depth_deviation=np.full(1, np.nan),
    )
    faces = place(Detections.of_boxes(np.ones((1, 4)), np.ones(1)), ranges)
    steady = places.update(faces, [1], ranges, 0.0, SETTINGS)
    assert np.isnan(steady.positions).all() and steady.range_source[0] == RangeSource.NONE
