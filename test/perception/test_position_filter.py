# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.filters import FORGET_AFTER_S, PositionFilter
from mask_detector_ros.perception.ranging import Ranges, place
from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.perception.types import Detections, RangeSource

SETTINGS = RangingSettings()
FRAME = 1 / 15
JITTER, PRIOR, SENSOR = 0.04, 0.1, 0.02


class PersonInView:
    """One person, measured with the standard deviations that the measurements report."""

    def __init__(self, relative_width: float = 1.0, seed: int = 1) -> None:
        self._rng = np.random.default_rng(seed)
        self._width = relative_width
        self._filter = PositionFilter()
        self._number = 1

    def measure(
        self, distance: float, stamp: float, by_depth: float | None = None, x: float = 0.0
    ) -> tuple[Detections, Detections]:
        """Position from this frame alone, and filtered; distances in meters."""
        direction = np.array([[x, 0.0, 1.0]]) / np.hypot(x, 1)
        size = distance / self._width * np.exp(self._rng.normal(0, JITTER))
        ranges = Ranges(
            directions=direction,
            angles=np.array([0.002]),
            by_size=np.array([size]),
            size_std=np.array([JITTER]),
            person_std=PRIOR,
            by_depth=np.array([np.nan if by_depth is None else by_depth]),
            depth_std=np.array([np.nan if by_depth is None else SENSOR]),
        )
        raw = place(Detections.of_boxes(np.array([[0, 0, 30, 36]]), np.ones(1)), ranges)
        return raw, self._filter.update(raw, [self._number], ranges, stamp, SETTINGS)


def range_of(face: Detections) -> float:
    """Meters."""
    return float(np.linalg.norm(face.positions[0]))


def relative_std(face: Detections) -> float:
    """Relative standard deviation of the range."""
    return float(np.sqrt(np.linalg.eigvalsh(face.covariances[0])[-1])) / range_of(face)


def test_filtering_halves_the_noise_of_a_standing_person() -> None:
    person = PersonInView()
    pairs = [person.measure(3.0, i * FRAME) for i in range(150)]
    raw, filtered = (np.array([range_of(pair[k]) for pair in pairs[30:]]) for k in (0, 1))
    assert filtered.std() < raw.std() / 2.3
    assert filtered.mean() == pytest.approx(3.0, rel=0.03)


@pytest.mark.parametrize("speed", [-1.4, -0.7, 0.7])
def test_a_walking_person_has_little_lag(speed: float) -> None:
    person = PersonInView()
    start = 6.0 if speed < 0 else 1.5
    lags, spread = [], []
    for i in range(45):
        truth = start + speed * i * FRAME
        raw, filtered = person.measure(truth, i * FRAME)
        if i > 15:
            lags.append(range_of(filtered) - truth)
            spread.append(range_of(raw) - truth)
    assert abs(np.mean(lags)) < 0.1 * abs(speed)  # a tenth of a second
    assert np.std(lags) < 0.8 * np.std(spread)


def test_ego_rotation_has_no_lag() -> None:
    person = PersonInView()
    for i in range(30):
        x = 0.0 if i < 20 else 0.4
        _, filtered = person.measure(3.0, i * FRAME, x=x)
        assert filtered.positions[0, 0] / filtered.positions[0, 2] == pytest.approx(x, abs=1e-5)


def test_many_frames_do_not_reduce_the_uncertainty_of_the_face_width() -> None:
    """An unusual face width causes the same error in every frame."""
    person = PersonInView(relative_width=0.85)  # a child
    for i in range(300):
        _, filtered = person.measure(3.0, i * FRAME)
    assert relative_std(filtered) == pytest.approx(PRIOR, rel=0.15)
    assert range_of(filtered) == pytest.approx(3.0 / 0.85, rel=0.03)


def test_depth_determines_the_face_width_for_frames_without_depth() -> None:
    person = PersonInView(relative_width=0.85)
    for i in range(15):
        _, filtered = person.measure(3.0, i * FRAME, by_depth=3.0)
        assert filtered.range_source[0] == RangeSource.DEPTH
    for i in range(15, 60):
        _, filtered = person.measure(2.0 + 15 / i, i * FRAME)
    assert filtered.range_source[0] == RangeSource.FACE_SIZE
    assert range_of(filtered) == pytest.approx(2.0 + 15 / 59, rel=0.04)
    assert relative_std(filtered) < 0.5 * PRIOR


def test_the_face_width_from_depth_fades() -> None:
    person = PersonInView(relative_width=0.85)
    for i in range(15):
        person.measure(3.0, i * FRAME, by_depth=3.0)
    spreads = []
    for i in range(15, 15 + 2000):
        _, filtered = person.measure(3.0, i * FRAME)
        spreads.append(relative_std(filtered))
    assert spreads[-1] > 2 * spreads[0]
    assert spreads[-1] < PRIOR * 1.05


def test_the_covariance_is_consistent() -> None:
    """Over many people, the errors match the standard deviations of the filters."""
    rng = np.random.default_rng(3)
    scores = []
    for k in range(60):
        person = PersonInView(relative_width=float(np.exp(rng.normal(0, PRIOR))), seed=k)
        for i in range(40):
            _, filtered = person.measure(4.0 - 0.05 * i, i * FRAME)
        scores.append(np.log(range_of(filtered) / (4.0 - 0.05 * 39)) / relative_std(filtered))
    assert 0.7 < np.std(scores) < 1.3


def test_one_depth_outlier_hardly_changes_the_position() -> None:
    person = PersonInView()
    for i in range(30):
        person.measure(2.0, i * FRAME, by_depth=2.0)
    _, filtered = person.measure(2.0, 30 * FRAME, by_depth=3.8)
    assert range_of(filtered) == pytest.approx(2.0, rel=0.1)


def test_occasional_large_boxes_do_not_change_the_position() -> None:
    """As with a hood in the demo: boxes of the face, and some half as large again each way."""
    person = PersonInView()
    for i in range(30):
        person.measure(2.6, i * FRAME)
    ranges = [
        range_of(person.measure(1.6 if i % 3 else 2.6, (30 + i) * FRAME)[1]) for i in range(30)
    ]
    assert ranges == pytest.approx([2.6] * 30, rel=0.15)
    # A lasting change is accepted: the first boxes may have been the wrong ones.
    for i in range(60, 90):
        _, filtered = person.measure(1.6, i * FRAME)
    assert range_of(filtered) == pytest.approx(1.6, rel=0.1)


def test_depth_is_used_at_once_even_if_the_size_contradicts_it() -> None:
    child = PersonInView(relative_width=0.7)
    _, filtered = child.measure(2.0, 0.0, by_depth=2.0)
    _, filtered = child.measure(2.0, FRAME, by_depth=2.0)
    assert range_of(filtered) == pytest.approx(2.0, rel=0.05)


def test_uncertainty_grows_during_an_occlusion() -> None:
    person = PersonInView()
    for i in range(30):
        _, before = person.measure(3.0, i * FRAME, by_depth=3.0)
    _, after = person.measure(2.0, 30 * FRAME + 1.5, by_depth=2.0)
    assert range_of(after) == pytest.approx(2.0, rel=0.05)
    assert relative_std(after) > relative_std(before)


def test_people_have_separate_filters_that_are_deleted_in_time() -> None:
    positions, stamps = PositionFilter(), (0.0, 0.1, FORGET_AFTER_S + 1)
    for stamp in stamps:
        ranges = Ranges(
            directions=np.array([[0, 0, 1.0], [0, 0, 1.0]]),
            angles=np.full(2, 0.002),
            by_size=np.array([1.0, 5.0]),
            size_std=np.full(2, JITTER),
            person_std=PRIOR,
            by_depth=np.full(2, np.nan),
            depth_std=np.full(2, np.nan),
        )
        faces = place(Detections.of_boxes(np.ones((2, 4)), np.ones(2)), ranges)
        numbers = [1, 2] if stamp < 1 else [3, 4]
        faces = positions.update(faces, numbers, ranges, stamp, SETTINGS)
        assert faces.positions[:, 2] == pytest.approx([1.0, 5.0], rel=0.01)
    assert len(positions) == 2
    positions.reset()
    assert len(positions) == 0


def test_a_face_without_a_range_has_no_position() -> None:
    positions = PositionFilter()
    ranges = Ranges(
        directions=np.array([[0, 0, 1.0]]),
        angles=np.full(1, 0.002),
        by_size=np.full(1, np.nan),
        size_std=np.full(1, JITTER),
        person_std=PRIOR,
        by_depth=np.full(1, np.nan),
        depth_std=np.full(1, np.nan),
    )
    faces = place(Detections.of_boxes(np.ones((1, 4)), np.ones(1)), ranges)
    filtered = positions.update(faces, [1], ranges, 0.0, SETTINGS)
    assert np.isnan(filtered.positions).all() and filtered.range_source[0] == RangeSource.NONE
