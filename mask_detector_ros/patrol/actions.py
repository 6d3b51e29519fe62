# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Actions of the state table: what is done when a transition is taken.

Each action changes the ``Situation`` and returns the commands to execute. The first sentence of its
docstring is the action column of docs/patrol_states.md.
"""

from __future__ import annotations

import math

from mask_detector_ros.patrol.interface import Command, ReminderKind, Speak
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.situation import Situation
from mask_detector_ros.patrol.target_selection import group_around, worst


def nothing(s: Situation) -> list[Command]:
    """Nothing."""
    return []


# On patrol ----------------------------------------------------------------------------


def next_waypoint(s: Situation) -> list[Command]:
    """Select the next waypoint."""
    s.waypoint = (s.waypoint + 1) % len(s.plan.waypoints)
    s.driving.clear()
    return []


def skip_failed_waypoint(s: Situation) -> list[Command]:
    """Count the failure and select the next waypoint."""
    s.failures += 1
    return next_waypoint(s)


def resume_patrol(s: Situation) -> list[Command]:
    """Count compliance and give-ups of the group, if any; clear target and group; drop the goal."""
    _count_group(s)
    _clear_encounter(s)
    s.driving.clear()
    return []


# Standing still -----------------------------------------------------------------------


def pause(s: Situation) -> list[Command]:
    """Count compliance of the group, if any; clear target and group; cancel the goal."""
    _count_group(s, given_up=False)
    return _stop(s)


def stop_and_keep_group(s: Situation) -> list[Command]:
    """Cancel the goal; the group is kept: its members may comply meanwhile."""
    s.target, s.stand_off, s.retry_at = None, None, -math.inf
    return [s.driving.stop()]


def wait_for_navigation(s: Situation) -> list[Command]:
    """Cancel the goal; retry after `health.navigation_retry`."""
    commands = _stop(s)
    s.retry_at = s.now + s.settings.health.navigation_retry
    return commands


def skip_waypoint_and_wait(s: Situation) -> list[Command]:
    """Reset the failure count, select the next waypoint, retry after `health.navigation_retry`."""
    next_waypoint(s)
    s.failures = 0
    return wait_for_navigation(s)


# Approach -----------------------------------------------------------------------------


def select_target(s: Situation) -> list[Command]:
    """Select the best candidate as target; one within speaking distance comes first."""
    near = [person for person in s.others_in_sight if s.within_reach(person)]
    target = (near or s.to_remind)[0]
    _clear_encounter(s)
    s.target = target
    s.driving.clear()
    return []


def retry_approach(s: Situation) -> list[Command]:
    """Count the attempt and send a new goal from the present position."""
    s.attempts += 1
    s.driving.clear()
    return []


def give_up_on_target(s: Situation) -> list[Command]:
    """Count the target as given up on; cancel the goal if it is active."""
    s.given_up_count += 1
    return _stand_still(s)


# Encounter ----------------------------------------------------------------------------


def remind(s: Situation) -> list[Command]:
    """Stop and speak one reminder to the target and everyone within `selection.group_radius`."""
    assert s.target is not None
    s.group = group_around(s.target, s.addressable, s.settings.selection.group_radius)
    return _remind(s, s.group)


def remind_again(s: Situation) -> list[Command]:
    """Stop and repeat the reminder to those who still do not comply."""
    return _remind(s, tuple(s.to_ask_again))


def return_to_group(s: Situation) -> list[Command]:
    """Select the first of the reminded group as target."""
    s.target = s.group[0]
    return []


def thank(s: Situation) -> list[Command]:
    """Stop, thank those who complied, count compliance and give-ups of the group."""
    commands: list[Command] = [
        *_stand_still(s),
        _speak(s, ReminderKind.THANK, tuple(s.to_thank)),
    ]
    _count_group(s)
    return commands


def give_up_on_group(s: Situation) -> list[Command]:
    """Count compliance and give-ups of the group; cancel a rotation in progress."""
    _count_group(s)
    return _stand_still(s)


# Shared by the actions ----------------------------------------------------------------


def _stop(s: Situation) -> list[Command]:
    _clear_encounter(s)
    s.retry_at = -math.inf
    return [s.driving.stop()]


def _stand_still(s: Situation) -> list[Command]:
    return [s.driving.stop()] if s.driving.under_way else []


def _clear_encounter(s: Situation) -> None:
    s.target, s.stand_off, s.attempts = None, None, 0
    s.group, s.violation_at_reminder = (), {}


def _count_group(s: Situation, given_up: bool = True) -> None:
    """Count the outcome of an encounter once: the group is empty afterwards."""
    complied = len(s.complied)
    s.complied_count += complied
    if given_up:
        s.given_up_count += len(s.group) - complied
    s.group, s.violation_at_reminder = (), {}


def _remind(s: Situation, persons: tuple[Person, ...]) -> list[Command]:
    for person in persons:
        person.reminded(s.now)
        s.violation_at_reminder[person] = person.status
    s.reminder_count += 1
    return [*_stand_still(s), _speak(s, ReminderKind.REMIND, persons)]


def _speak(s: Situation, kind: ReminderKind, persons: tuple[Person, ...]) -> Speak:
    s.target = persons[0]
    s.speech_count += 1
    return Speak(
        kind=kind,
        number=s.speech_count,
        persons=tuple(person.id for person in persons),
        status=worst(s.violation_at_reminder[person] for person in persons),
        attempt=max(person.reminders for person in persons),
        position=s.target.position,
        distance=s.distance(s.target),
    )
