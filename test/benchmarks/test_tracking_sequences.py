# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labeled sequences say what would be seen, and the scores count it as by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest

from mask_detector_ros.perception.person_tracker import People
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.types import WearStatus
from tracking_sequences.assignment import optimal
from tracking_sequences.detector_model import Observer
from tracking_sequences.scene_families import FAMILIES, scenes
from tracking_sequences.sequences import FOCAL, Drive, Scene, Walker, truths
from tracking_sequences.tracking_scores import Seen, pair_boxes, score

CORRECT, NO_MASK, UNKNOWN = WearStatus.CORRECT, WearStatus.NO_MASK, WearStatus.UNKNOWN
STILL = Drive(speed=0.0)


def standing(x: float, z: float, status: WearStatus = CORRECT) -> Walker:
    return Walker(((0.0, x, z), (100.0, x, z)), ((0.0, status),))


def test_a_face_is_as_wide_as_its_distance_makes_it() -> None:
    near, far = (truths(Scene("", (standing(0, z),), STILL))[0] for z in (1.5, 6.0))
    assert near.boxes[0, 2] == pytest.approx(FOCAL * 0.15 / 1.5)
    assert far.boxes[0, 2] == pytest.approx(near.boxes[0, 2] / 4)
    assert near.boxes[0, 0] + near.boxes[0, 2] / 2 == pytest.approx(320)


def test_who_stands_behind_somebody_is_hidden() -> None:
    frame = truths(Scene("", (standing(0, 2), standing(0.02, 4), standing(1.5, 4)), STILL))[0]
    assert frame.people.tolist() == [0, 2]
    assert frame.shown.all()


def test_a_turning_robot_moves_everyone_alike_and_smears_the_picture() -> None:
    drive = Drive(0.0, ((1.0, 0.0), (2.0, 0.4)))
    frames = truths(Scene("", (standing(-0.3, 4), standing(0.3, 4)), drive, seconds=3))
    before, after = frames[0], frames[-1]
    moved = after.boxes[:, 0] - before.boxes[:, 0]
    assert moved == pytest.approx(-FOCAL * np.tan(0.4) * np.ones(2), rel=0.1)
    assert before.blur == 0.0
    assert max(frame.blur for frame in frames) > 2.0


def test_masks_change_when_they_should_and_people_walk_on() -> None:
    walker = Walker(((0.0, -1.0, 4.0), (4.0, 1.0, 4.0)), ((0.0, CORRECT), (2.0, NO_MASK)))
    frames = truths(Scene("", (walker,), STILL, seconds=4))
    changed = [b.stamp for a, b in pairwise(frames) if a.status[0] != b.status[0]]
    assert changed == [pytest.approx(2.0, abs=0.051)]
    assert all(b.boxes[0, 0] > a.boxes[0, 0] for a, b in pairwise(frames))


def test_dropped_frames_are_missing_and_the_same_seed_gives_the_same() -> None:
    scene = Scene("", (standing(0, 3),), dropped=0.3)
    stamps = [frame.stamp for frame in truths(scene, 3)]
    assert stamps == [frame.stamp for frame in truths(scene, 3)]
    assert 0.6 * 400 <= len(stamps) <= 0.71 * 400
    assert 0.1 < max(np.diff(stamps)) <= 1.5


def test_every_family_shows_people_in_all_ways_of_wearing() -> None:
    shown: dict[str, set[int]] = {}
    for scene in scenes(4):
        frames = truths(replace(scene, rate=2.0))
        statuses = {int(s) for f in frames for s in f.status[f.shown]}
        shown.setdefault(scene.name.split("-")[0], set()).update(statuses)
    assert set(shown) == set(FAMILIES)
    assert set.union(*shown.values()) == {1, 2, 3, 4}
    assert all(CORRECT in statuses for statuses in shown.values())


def observed(*walkers: Walker, seconds: float = 8.0) -> list[tuple]:
    observer = Observer(1, PipelineSettings())
    frames = truths(Scene("", walkers, STILL, seconds))
    return [(frame, observer.observe(frame)) for frame in frames]


def test_near_faces_are_found_and_told_better_than_far_ones() -> None:
    def rates(z: float) -> tuple[float, float]:
        found = right = 0
        frames = observed(standing(0, z, NO_MASK))
        for truth, seen in frames:
            for _, row in pair_boxes(truth.boxes, seen.boxes):
                found += seen.scores[row] >= PipelineSettings().detector.score_threshold
                right += seen.frame_status[row] == NO_MASK
        return found / len(frames), right / len(frames)

    near, far = rates(2.0), rates(6.0)
    assert near[0] > 0.97 and near[1] > 0.9
    assert 0.2 < far[0] < 0.8 and far[1] < near[1]


def test_people_are_followed_and_told_more_steadily_than_frames() -> None:
    people, settings = People(), PipelineSettings()
    raw: list[tuple[float, list[Seen]]] = []
    steady: list[tuple[float, list[Seen]]] = []
    for truth, found in observed(standing(-0.5, 3), standing(0.5, 3.5, WearStatus.NOSE_EXPOSED)):
        steadied, _, _ = people.update(found, truth.stamp, settings)
        for history, faces, statuses in ((raw, found, found.frame_status),
                                         (steady, steadied, steadied.status)):  # fmt: skip
            pairs = dict(pair_boxes(truth.boxes, faces.boxes))
            history.append((truth.stamp, [
                Seen(person, True, True, WearStatus(int(truth.status[person])),
                     int(faces.ids[pairs[person]]) or None if person in pairs else None,
                     WearStatus(int(statuses[pairs[person]])) if person in pairs else UNKNOWN)
                for person in (0, 1)
            ]))  # fmt: skip
    assert score(steady).idf1 > 0.9
    assert score(steady).switches == 0
    assert score(raw).flips > 5 * max(1, score(steady).flips)


def see(person: str | None, id_: int | None, true: WearStatus = CORRECT,
        told: WearStatus = CORRECT, shown: bool = True) -> Seen:  # fmt: skip
    shown = shown and person is not None
    return Seen(person, shown, shown, true, id_, told)


def test_ids_are_counted_as_by_hand() -> None:
    frames = [
        (0.0, [see("a", 1), see("b", 2)]),
        (0.1, [see("a", 1), see("b", 2)]),
        (0.2, [see("a", 2), see("b", 3)]),  # two switches
        (0.3, [see("a", None), see("b", 3), see(None, 9)]),  # a miss and a false face
        (0.4, [see("a", 1), see("b", None, shown=False)]),  # a switch back; b need not be seen
    ]
    counts = score(frames)
    # Best: a is 1 (three faces), b is 2 or 3 (two faces).
    assert (counts.right, counts.truths, counts.reports, counts.switches) == (5, 9, 9, 3)
    assert counts.idf1 == pytest.approx(10 / 18)


def test_who_comes_back_after_long_is_somebody_new() -> None:
    frames = [(t, [see("a", 1 if t < 5 else 2)]) for t in (0.0, 0.5, 1.0, 9.0, 9.5)]
    assert score(frames).switches == 0
    assert score(frames).idf1 == 1.0


def test_flips_alarms_waits_and_misses_are_counted_as_by_hand() -> None:
    told = [UNKNOWN] * 5 + [CORRECT] * 15 + [NO_MASK] * 2 + [CORRECT] * 18
    frames = [(0.1 * i, [see("a", 1, CORRECT, status)]) for i, status in enumerate(told)]
    counts = score(frames)
    assert counts.flips == 2
    assert counts.person_seconds == pytest.approx(3.9)
    assert counts.flips_per_minute == pytest.approx(60 * 2 / 3.9)
    assert counts.alarms == 1
    assert counts.alarms_per_hour == pytest.approx(3600 / 3.9)
    assert counts.waits == [pytest.approx(0.5)]
    assert (counts.violations, counts.missed) == (0, 0)

    true = [CORRECT] * 20 + [NO_MASK] * 20
    noticed = [CORRECT] * 26 + [WearStatus.BELOW_MOUTH] * 4 + [NO_MASK] * 10
    for told, missed, waits in ((noticed, 0, [0.0, 1.0]), ([CORRECT] * 40, 1, [0.0])):
        history = enumerate(zip(true, told, strict=True))
        counts = score([(0.1 * i, [see("a", 1, *pair)]) for i, pair in history])
        assert (counts.violations, counts.missed) == (1, missed)
        assert counts.waits == pytest.approx(waits)
        assert counts.alarms == 0


@pytest.mark.parametrize("seed", range(20))
def test_the_assignment_is_the_cheapest_there_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = (int(n) for n in rng.integers(1, 6, 2))
    costs, allowed = rng.normal(size=(rows, columns)), rng.random((rows, columns)) < 0.7
    best = (0, 0.0)
    longer = max(rows, columns)
    for order in permutations(range(longer)):
        pairs = [(r, c) for r, c in enumerate(order) if r < rows and c < columns and allowed[r, c]]
        best = min(best, (-len(pairs), float(sum(costs[p] for p in pairs))))
    chosen = optimal(costs, allowed)
    assert len(chosen) == -best[0]
    assert sum(costs[p] for p in chosen) == pytest.approx(best[1])
    assert len({r for r, _ in chosen}) == len({c for _, c in chosen}) == len(chosen)
