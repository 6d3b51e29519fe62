# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Records of people: association over ids, positions, leaving."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import Observation, Point, Pose
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.person_motion import PersonMotion
from mask_detector_ros.patrol.person_registry import PersonRegistry
from mask_detector_ros.perception.types import WearStatus

SETTINGS = PatrolSettings()
ROBOT = Pose(0.0, 0.0, 0.0)


def observation(
    id: str,
    x: float,
    y: float = 0.0,
    status: WearStatus = WearStatus.NO_MASK,
    position_std: float = 0.1,
) -> Observation:
    return Observation(id, status, 0.9, Point(x, y), position_std)


def update(people: PersonRegistry, at: float, *observations: Observation) -> None:
    people.update(observations, at, ROBOT, SETTINGS)


def only(people: PersonRegistry) -> Person:
    (person,) = people
    return person


def under(people: PersonRegistry, id: str) -> Person:
    """The newest record with this id."""
    return [person for person in people if person.id == id][-1]


def walk(velocity: tuple[float, float], noise: float, seconds: float = 3.0) -> Person:
    people, rng = PersonRegistry(), np.random.default_rng(1)
    for t in np.arange(0.0, seconds, 0.1):
        x, y = 4.0 + velocity[0] * t, velocity[1] * t
        off = rng.normal(0.0, noise, 2)
        update(people, float(t), observation("1", x + off[0], y + off[1], position_std=noise))
    return only(people)


def test_noise_is_filtered_and_walking_is_followed() -> None:
    still = walk((0.0, 0.0), 0.4)
    assert still.position is not None
    assert still.position.distance(Point(4.0, 0.0)) < 0.3
    walking = walk((0.0, 1.0), 0.2)
    assert walking.motion is not None
    assert walking.motion.velocity == pytest.approx((0.0, 1.0), abs=0.35)


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.4])
def test_only_walking_away_counts_as_leaving(noise: float) -> None:
    assert walk((1.0, 0.0), noise).is_leaving(SETTINGS.people)
    for velocity in ((0.0, 0.0), (-1.0, 0.0), (0.15, 0.0)):
        assert not walk(velocity, noise).is_leaving(SETTINGS.people), velocity


def test_measurements_out_of_order_or_at_the_same_time_are_tolerated() -> None:
    motion = PersonMotion(Point(0.0, 0.0), 0.1, 5.0)
    for at in (5.0, 5.0, 4.0, 5.1):
        motion.update(Point(1.0, 0.0), 0.1, at, 0.6)
    assert 0.0 < motion.position.x < 1.1


def test_a_violation_lasts_only_while_it_is_observed() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    update(people, 0.9, observation("1", 3.0, status=WearStatus.BELOW_MOUTH))
    assert only(people).in_violation(0.9), "violations of any kind count together"
    update(people, 3.0, observation("1", 3.0))
    assert not only(people).in_violation(0.1), "a gap ends the violation"
    update(people, 3.5, observation("1", 3.0))
    assert only(people).in_violation(0.5)
    update(people, 3.6, observation("1", 3.0, status=WearStatus.UNKNOWN))
    assert not only(people).in_violation(0.0), "not while the status is unknown"
    assert only(people).unmasked_since == 0.0
    update(people, 4.0, observation("1", 3.0))
    assert only(people).in_violation(1.0), "a short unknown status does not end the violation"
    update(people, 4.1, observation("1", 3.0, status=WearStatus.CORRECT))
    assert only(people).unmasked_since is None
    update(people, 4.2, observation("1", 3.0))
    assert not only(people).in_violation(0.1)


def test_a_violation_continues_under_a_new_id() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    update(people, 1.0, observation("1", 3.0))
    update(people, 1.2, observation("2", 3.1, status=WearStatus.UNKNOWN))
    assert not only(people).in_violation(0.0)
    update(people, 1.7, observation("2", 3.1))
    assert only(people).in_violation(1.7)


def test_a_correct_status_under_a_new_id_ends_the_violation() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    update(people, 1.0, observation("2", 3.1, status=WearStatus.CORRECT))
    update(people, 1.5, observation("2", 3.1))
    assert not only(people).in_violation(0.1)


def test_positions_that_are_not_finite_are_ignored() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", math.nan), observation("2", 1.0, position_std=math.inf))
    assert [person.position for person in people] == [None, None]
    update(people, 0.1, observation("1", 2.0))
    assert under(people, "1").position == Point(2.0, 0.0)


def test_a_new_id_where_a_person_was_lost_is_reassociated() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    update(people, 0.5)
    update(people, 1.0, observation("2", 3.5, status=WearStatus.UNKNOWN))
    person = only(people)
    assert (person.id, person.reminders, person.ambiguous) == ("2", 1, False)
    assert person.status == WearStatus.UNKNOWN, "the status of the new id"
    assert person.position is not None
    assert person.position.distance(Point(3.5, 0.0)) < 0.01


def test_after_a_long_gap_the_reassociation_is_ambiguous() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    update(people, 0.5)
    update(people, 1.0 + SETTINGS.memory.unambiguous_seconds, observation("2", 3.5))
    assert (only(people).reminders, only(people).ambiguous) == (1, True)


def test_a_new_id_beside_a_person_in_sight_is_another_person() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    update(people, 0.1, observation("1", 3.0), observation("2", 3.4))
    assert len(list(people)) == 2
    update(people, 0.2)
    update(people, 0.3, observation("3", 3.0), observation("4", 3.4))
    assert sorted(p.id for p in people) == ["3", "4"]
    assert under(people, "3").position == Point(3.0, 0.0)


def test_the_record_is_split_when_the_old_id_returns() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    first = only(people)
    first.reminded(0.0)
    update(people, 0.5, observation("2", 3.2))
    assert only(people) is first
    update(people, 0.9, observation("2", 3.2), observation("1", 3.0))
    update(people, 1.0, observation("1", 3.0), observation("2", 3.2))
    assert under(people, "1") is first
    assert under(people, "1").reminders == 1
    assert under(people, "2").reminders == 0
    assert len(list(people)) == 2


def test_a_person_beside_is_not_the_one_just_lost() -> None:
    """A rotating robot gets the next person into view before two meters can be walked."""
    people = PersonRegistry()
    for tick in range(20):
        update(people, tick / 10, observation("1", 1.5))
    only(people).reminded(1.9)
    update(people, 2.6, observation("2", 1.5, 1.8))
    assert under(people, "2").reminders == 0
    update(people, 30.0, observation("3", 1.5, -1.8))
    assert under(people, "3").reminders == 1, "after a long gap it may be the first one"


def test_the_first_of_two_to_come_into_view_is_not_taken_for_the_other() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    first = only(people)
    first.reminded(0.0)
    update(people, 5.0, observation("2", 3.0, 1.5))
    assert under(people, "2") is first
    update(people, 5.5, observation("2", 3.0, 1.5), observation("3", 3.1))
    assert under(people, "3") is first
    assert (under(people, "3").reminders, under(people, "3").ambiguous) == (1, True)
    assert (under(people, "2").reminders, under(people, "2").ambiguous) == (0, False)
    assert len(list(people)) == 2


def test_a_person_passing_the_place_later_is_another_person() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    for tick in range(50, 150):
        update(people, tick / 10, observation("2", 3.0, 1.5))
    for tick in range(150, 200):
        on_the_way = 3.0 - (tick - 150) / 10
        update(people, tick / 10, observation("2", 3.0, 1.5), observation("3", 3.1, -on_the_way))
    assert under(people, "2").reminders == 1
    assert under(people, "3").reminders == 0


def test_a_person_appearing_right_at_the_place_takes_over_the_record() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    for tick in range(50, 150):
        update(people, tick / 10, observation("2", 3.0, 1.5, WearStatus.CORRECT))
    update(people, 15.0, observation("2", 3.0, 1.5, WearStatus.CORRECT), observation("3", 3.1))
    assert under(people, "3").reminders == 1
    assert under(people, "2").reminders == 0


def test_reminders_stay_with_the_id_they_were_given_under() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    update(people, 0.5, observation("2", 3.2))
    only(people).reminded(0.5)
    update(people, 0.9, observation("1", 3.0), observation("2", 3.2))
    assert under(people, "1").reminders == 2
    assert (under(people, "2").reminders, under(people, "2").reminded_at) == (1, 0.5)


def test_a_known_id_far_from_its_last_position_is_a_new_person() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    update(people, 10.0, observation("1", 9.0))
    assert under(people, "1").reminders == 0
    assert len(list(people)) == 2
    update(people, 10.1, observation("1", 9.1), observation("2", 3.1))
    assert under(people, "2").reminders == 1, "the first one is re-associated by place"


def test_an_id_observed_without_a_gap_is_the_same_person_at_any_position() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    for tick in range(1, 30):  # no position for three seconds
        update(people, tick / 10, Observation("1", WearStatus.NO_MASK, 0.9, None, 0.0))
    update(people, 3.0, observation("1", 7.0))
    assert only(people).reminders == 1


def test_old_ids_of_a_person_do_not_accumulate() -> None:
    people = PersonRegistry()
    for number in range(200):
        update(people, 6.0 * number, observation(str(number), 3.0))
        update(people, 6.0 * number + 5.0)
    assert len(list(people)) == 1
    assert len(people._by_id) <= 2


def test_a_jump_between_two_images_is_not_a_new_person() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0))
    update(people, 0.1, observation("1", 9.0))
    assert only(people).id == "1"


def test_forget_ids_keeps_the_positions() -> None:
    people = PersonRegistry()
    update(people, 0.0, observation("1", 3.0), observation("2", 9.0))
    under(people, "1").reminded(0.0)
    people.forget_ids()
    update(people, 2.0, observation("1", 9.0), observation("2", 3.0))
    assert under(people, "1").reminders == 0
    assert under(people, "2").reminders == 1
    assert len(list(people)) == 2


def test_records_are_deleted_after_the_memory_time() -> None:
    people = PersonRegistry()
    for i in range(50):
        update(people, float(i), observation(str(i), 10.0 * i))
    keep = SETTINGS.memory.place_cooldown
    update(people, 49.0 + keep + 1.0)
    assert list(people) == []


def test_the_unreachable_cooldown_doubles_each_time() -> None:
    person = Person("1", 0.0, 0.0)
    for expected in (100.0, 200.0, 400.0):
        person.start_cooldown(0.0, 100.0, doubles=True)
        assert person.cooldown_until == expected
    person.start_cooldown(0.0, 10.0, doubles=False)
    assert person.cooldown_until == 400.0


def test_the_place_cooldown_limits_the_reassociation() -> None:
    settings = replace(SETTINGS, memory=replace(SETTINGS.memory, place_cooldown=5.0))
    people = PersonRegistry()
    people.update([observation("1", 3.0)], 0.0, ROBOT, settings)
    only(people).reminded(0.0)
    people.update([observation("2", 3.0)], 6.0, ROBOT, settings)
    assert under(people, "2").reminders == 0
