# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who is who over time, where they stand, and whether they leave."""

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


def see(people: PersonRegistry, at: float, *observations: Observation) -> None:
    people.update(observations, at, ROBOT, SETTINGS)


def only(people: PersonRegistry) -> Person:
    (person,) = people
    return person


def under(people: PersonRegistry, id: str) -> Person:
    """Whoever has the id now, newest last."""
    return [person for person in people if person.id == id][-1]


def walk(velocity: tuple[float, float], noise: float, seconds: float = 3.0) -> Person:
    people, rng = PersonRegistry(), np.random.default_rng(1)
    for t in np.arange(0.0, seconds, 0.1):
        x, y = 4.0 + velocity[0] * t, velocity[1] * t
        off = rng.normal(0.0, noise, 2)
        see(people, float(t), observation("1", x + off[0], y + off[1], position_std=noise))
    return only(people)


def test_noise_is_smoothed_and_walking_is_followed() -> None:
    still = walk((0.0, 0.0), 0.4)
    assert still.position is not None
    assert still.position.distance(Point(4.0, 0.0)) < 0.3
    walking = walk((0.0, 1.0), 0.2)
    assert walking.motion is not None
    assert walking.motion.velocity == pytest.approx((0.0, 1.0), abs=0.35)


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.4])
def test_leaving_is_walking_away_and_nothing_else(noise: float) -> None:
    assert walk((1.0, 0.0), noise).is_leaving(SETTINGS.people)
    for velocity in ((0.0, 0.0), (-1.0, 0.0), (0.15, 0.0)):
        assert not walk(velocity, noise).is_leaving(SETTINGS.people), velocity


def test_measurements_out_of_order_and_at_once_do_no_harm() -> None:
    motion = PersonMotion(Point(0.0, 0.0), 0.1, 5.0)
    for at in (5.0, 5.0, 4.0, 5.1):
        motion.update(Point(1.0, 0.0), 0.1, at, 0.6)
    assert 0.0 < motion.position.x < 1.1


def test_a_violation_is_steady_only_while_it_is_seen() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    see(people, 0.9, observation("1", 3.0, status=WearStatus.BELOW_MOUTH))
    assert only(people).in_violation(0.9), "one violation or another"
    see(people, 3.0, observation("1", 3.0))
    assert not only(people).in_violation(0.1), "nobody knows what was in between"
    see(people, 3.5, observation("1", 3.0))
    assert only(people).in_violation(0.5)
    see(people, 3.6, observation("1", 3.0, status=WearStatus.UNKNOWN))
    assert not only(people).in_violation(0.0), "not while it cannot be told"
    assert only(people).unmasked_since == 0.0
    see(people, 4.0, observation("1", 3.0))
    assert only(people).in_violation(1.0), "a moment of doubt does not acquit"
    see(people, 4.1, observation("1", 3.0, status=WearStatus.CORRECT))
    assert only(people).unmasked_since is None
    see(people, 4.2, observation("1", 3.0))
    assert not only(people).in_violation(0.1)


def test_a_violation_goes_on_under_a_new_id() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    see(people, 1.0, observation("1", 3.0))
    see(people, 1.2, observation("2", 3.1, status=WearStatus.UNKNOWN))
    assert not only(people).in_violation(0.0)
    see(people, 1.7, observation("2", 3.1))
    assert only(people).in_violation(1.7)


def test_who_is_seen_to_wear_it_under_a_new_id_does_not_violate() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    see(people, 1.0, observation("2", 3.1, status=WearStatus.CORRECT))
    see(people, 1.5, observation("2", 3.1))
    assert not only(people).in_violation(0.1)


def test_positions_that_are_no_numbers_are_none() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", math.nan), observation("2", 1.0, position_std=math.inf))
    assert [person.position for person in people] == [None, None]
    see(people, 0.1, observation("1", 2.0))
    assert under(people, "1").position == Point(2.0, 0.0)


def test_a_new_id_where_somebody_was_lost_is_that_somebody() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    see(people, 0.5)
    see(people, 1.0, observation("2", 3.5, status=WearStatus.UNKNOWN))
    person = only(people)
    assert (person.id, person.reminders, person.ambiguous) == ("2", 1, False)
    assert person.status == WearStatus.UNKNOWN, "the new id's own"
    assert person.position is not None
    assert person.position.distance(Point(3.5, 0.0)) < 0.01


def test_after_long_out_of_sight_it_may_be_another_at_the_place() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    see(people, 0.5)
    see(people, 1.0 + SETTINGS.memory.unambiguous_seconds, observation("2", 3.5))
    assert (only(people).reminders, only(people).ambiguous) == (1, True)


def test_a_new_id_beside_somebody_in_sight_is_another() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    see(people, 0.1, observation("1", 3.0), observation("2", 3.4))
    assert len(list(people)) == 2
    see(people, 0.2)
    see(people, 0.3, observation("3", 3.0), observation("4", 3.4))
    assert sorted(p.id for p in people) == ["3", "4"]
    assert under(people, "3").position == Point(3.0, 0.0)


def test_taken_for_somebody_who_then_comes_back_is_another_after_all() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    first = only(people)
    first.reminded(0.0)
    see(people, 0.5, observation("2", 3.2))
    assert only(people) is first
    see(people, 0.9, observation("2", 3.2), observation("1", 3.0))
    see(people, 1.0, observation("1", 3.0), observation("2", 3.2))
    assert under(people, "1") is first
    assert under(people, "1").reminders == 1
    assert under(people, "2").reminders == 0
    assert len(list(people)) == 2


def test_somebody_who_stood_beside_is_not_the_one_just_lost_from_sight() -> None:
    """A robot that turns sees the next one before two meters can be walked."""
    people = PersonRegistry()
    for tick in range(20):
        see(people, tick / 10, observation("1", 1.5))
    only(people).reminded(1.9)
    see(people, 2.6, observation("2", 1.5, 1.8))
    assert under(people, "2").reminders == 0
    see(people, 30.0, observation("3", 1.5, -1.8))
    assert under(people, "3").reminders == 1, "by now it may well be the first one"


def test_the_first_of_two_to_come_into_view_is_not_taken_for_the_other() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    first = only(people)
    first.reminded(0.0)
    see(people, 5.0, observation("2", 3.0, 1.5))
    assert under(people, "2") is first
    see(people, 5.5, observation("2", 3.0, 1.5), observation("3", 3.1))
    assert under(people, "3") is first
    assert (under(people, "3").reminders, under(people, "3").ambiguous) == (1, True)
    assert (under(people, "2").reminders, under(people, "2").ambiguous) == (0, False)
    assert len(list(people)) == 2


def test_who_passes_the_place_later_is_not_the_one_remembered_there() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    for tick in range(50, 150):
        see(people, tick / 10, observation("2", 3.0, 1.5))
    for tick in range(150, 200):
        on_the_way = 3.0 - (tick - 150) / 10
        see(people, tick / 10, observation("2", 3.0, 1.5), observation("3", 3.1, -on_the_way))
    assert under(people, "2").reminders == 1
    assert under(people, "3").reminders == 0


def test_who_appears_right_at_the_place_is_likelier_the_one_lost_there() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    for tick in range(50, 150):
        see(people, tick / 10, observation("2", 3.0, 1.5, WearStatus.CORRECT))
    see(people, 15.0, observation("2", 3.0, 1.5, WearStatus.CORRECT), observation("3", 3.1))
    assert under(people, "3").reminders == 1
    assert under(people, "2").reminders == 0


def test_reminders_stay_with_the_id_they_were_given_to() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    see(people, 0.5, observation("2", 3.2))
    only(people).reminded(0.5)
    see(people, 0.9, observation("1", 3.0), observation("2", 3.2))
    assert under(people, "1").reminders == 2
    assert (under(people, "2").reminders, under(people, "2").reminded_at) == (1, 0.5)


def test_a_known_id_far_from_where_it_was_is_somebody_new() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    see(people, 10.0, observation("1", 9.0))
    assert under(people, "1").reminders == 0
    assert len(list(people)) == 2
    see(people, 10.1, observation("1", 9.1), observation("2", 3.1))
    assert under(people, "2").reminders == 1, "and the first one is still known by the place"


def test_who_was_seen_all_the_time_is_the_same_wherever_the_next_position_lies() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    only(people).reminded(0.0)
    for tick in range(1, 30):  # no transform for three seconds
        see(people, tick / 10, Observation("1", WearStatus.NO_MASK, 0.9, None, 0.0))
    see(people, 3.0, observation("1", 7.0))
    assert only(people).reminders == 1


def test_ids_of_somebody_who_stays_all_day_do_not_pile_up() -> None:
    people = PersonRegistry()
    for number in range(200):
        see(people, 6.0 * number, observation(str(number), 3.0))
        see(people, 6.0 * number + 5.0)
    assert len(list(people)) == 1
    assert len(people._by_id) <= 2


def test_a_jump_from_frame_to_frame_is_a_bad_measurement() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0))
    see(people, 0.1, observation("1", 9.0))
    assert only(people).id == "1"


def test_ids_forgotten_places_kept() -> None:
    people = PersonRegistry()
    see(people, 0.0, observation("1", 3.0), observation("2", 9.0))
    under(people, "1").reminded(0.0)
    people.forget_ids()
    see(people, 2.0, observation("1", 9.0), observation("2", 3.0))
    assert under(people, "1").reminders == 0
    assert under(people, "2").reminders == 1
    assert len(list(people)) == 2


def test_everybody_is_forgotten_in_the_end() -> None:
    people = PersonRegistry()
    for i in range(50):
        see(people, float(i), observation(str(i), 10.0 * i))
    keep = SETTINGS.memory.place_cooldown
    see(people, 49.0 + keep + 1.0)
    assert list(people) == []


def test_the_unreachable_are_remembered_longer_each_time() -> None:
    person = Person("1", 0.0, 0.0)
    for expected in (100.0, 200.0, 400.0):
        person.start_cooldown(0.0, 100.0, doubles=True)
        assert person.cooldown_until == expected
    person.start_cooldown(0.0, 10.0, doubles=False)
    assert person.cooldown_until == 400.0


def test_place_memory_lasts_as_long_as_set() -> None:
    settings = replace(SETTINGS, memory=replace(SETTINGS.memory, place_cooldown=5.0))
    people = PersonRegistry()
    people.update([observation("1", 3.0)], 0.0, ROBOT, settings)
    only(people).reminded(0.0)
    people.update([observation("2", 3.0)], 6.0, ROBOT, settings)
    assert under(people, "2").reminders == 0
