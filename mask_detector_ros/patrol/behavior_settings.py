# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every threshold of the patrol behavior: default, range, and what turning it up costs."""

from __future__ import annotations

from dataclasses import dataclass, field

from mask_detector_ros.settings import setting


@dataclass(frozen=True)
class ChoiceSettings:
    """Who is approached, and who first."""

    violation_seconds: float = setting(
        1.0,
        "Seconds for which a violation must have been seen, with breaks up to "
        "people.fresh_seconds, before somebody is approached or spoken to. Higher: fewer "
        "rash approaches, passers-by are missed.",
        low=0.0,
        high=60.0,
    )
    max_range: float = setting(
        8.0, "Farthest people are approached from, meters.", low=0.5, high=100.0
    )
    max_deviation: float = setting(
        1.2,
        "Standard deviation of a position in meters beyond which nobody is approached.",
        low=0.01,
        high=20.0,
    )
    remember_seconds: float = setting(
        40.0,
        "Seconds for which somebody who stood there in violation is worth an approach when out of "
        "sight by now, as after a reminder to others. Higher: fewer are missed, more have gone.",
        low=0.0,
        high=600.0,
    )
    seconds_worth: float = setting(
        0.05,
        "Meters that one second without a proper mask counts for when several people are ranked. "
        "0: the nearest comes first, always.",
        low=0.0,
        high=10.0,
    )
    group_radius: float = setting(
        1.5,
        "People in violation within this distance of the one approached get one reminder "
        "together, meters.",
        low=0.0,
        high=10.0,
    )


@dataclass(frozen=True)
class PeopleSettings:
    """How sightings become somebody who stands or walks."""

    fresh_seconds: float = setting(
        1.0,
        "A sighting older than this says nothing about now: nobody is spoken to on it.",
        low=0.05,
        high=10.0,
    )
    acceleration: float = setting(
        0.6,
        "Standard deviation of people's accelerations in m/s². Higher: their positions are "
        "followed faster and shake more.",
        low=0.01,
        high=10.0,
    )
    least_deviation: float = setting(
        0.1, "No position is believed to be more exact than this, meters.", low=0.001, high=5.0
    )
    leaving_speed: float = setting(
        0.4, "Faster than this away from the robot is walking away, m/s.", low=0.05, high=5.0
    )
    leaving_distance: float = setting(
        0.8,
        "Meters somebody must have walked away at that speed before it counts as leaving.",
        low=0.0,
        high=10.0,
    )


@dataclass(frozen=True)
class ApproachSettings:
    """How people are driven to."""

    stand_off: float = setting(
        1.5, "Social distance: the robot stops this far before people, meters.", low=0.3, high=10.0
    )
    tolerance: float = setting(
        0.25,
        "This much farther than stand_off is near enough to stop and speak, meters.",
        low=0.0,
        high=5.0,
    )
    arrived_tolerance: float = setting(
        1.2,
        "The same once the navigation has arrived and can do no better, meters.",
        low=0.0,
        high=10.0,
    )
    timeout: float = setting(
        60.0, "Seconds after which an approach is given up.", low=1.0, high=3600.0
    )
    lost_seconds: float = setting(
        8.0,
        "Seconds out of sight after which the one approached or waited for is lost. Higher: "
        "survives longer occlusions, waits longer for nobody.",
        low=0.1,
        high=120.0,
    )
    look_seconds: float = setting(
        6.0,
        "Seconds to stand before somebody whose violation cannot be told any more.",
        low=0.0,
        high=120.0,
    )
    replan_distance: float = setting(
        0.6, "The goal is moved when the person has moved this far, meters.", low=0.05, high=10.0
    )
    replan_seconds: float = setting(
        1.0, "Least seconds between two goals of one approach.", low=0.0, high=60.0
    )
    attempts: int = setting(
        2,
        "How often the navigation may fail on the way to somebody before they are left be for "
        "memory.unreachable_retry.",
        low=1,
        high=20,
    )
    retry_seconds: float = setting(
        3.0,
        "Seconds after such a failure before the next attempt, if the person is in sight.",
        low=0.0,
        high=60.0,
    )
    turn_angle: float = setting(
        0.4,
        "The robot turns after people it has spoken to when they are farther than this off its "
        "front, radians. Higher than half the camera's view: they leave the picture first.",
        low=0.05,
        high=3.1416,
    )
    turn_seconds: float = setting(2.0, "Least seconds between two such turns.", low=0.5, high=60.0)


@dataclass(frozen=True)
class ReminderSettings:
    """What is said how often."""

    per_person: int = setting(2, "Most reminders one person ever gets while known.", low=1, high=10)
    speaking_seconds: float = setting(
        4.0, "Seconds a reminder or thanks takes to be said and heard.", low=0.0, high=60.0
    )
    patience: float = setting(
        12.0,
        "Seconds after a reminder before the next one, or before giving up.",
        low=0.0,
        high=600.0,
    )
    comply_seconds: float = setting(
        0.5, "Seconds a mask must have been worn correctly to count.", low=0.0, high=60.0
    )
    thanks: bool = setting(True, "Thank people who complied.")


@dataclass(frozen=True)
class MemorySettings:
    """How long people are left be."""

    person_seconds: float = setting(
        600.0, "Seconds somebody is left be after having been reminded.", low=0.0, high=86400.0
    )
    place_seconds: float = setting(
        180.0,
        "Seconds somebody new is left be who turns up where a reminded person was lost from "
        "sight: people are not recognized again, so it may be the same one.",
        low=0.0,
        high=86400.0,
    )
    sure_seconds: float = setting(
        3.0,
        "Seconds out of sight up to which somebody who turns up there under a new id is held for "
        "the same person for certain: for person_seconds, and with all reminders counted.",
        low=0.0,
        high=60.0,
    )
    place_radius: float = setting(
        2.0, "How near is 'where a person was lost from sight', meters.", low=0.0, high=20.0
    )
    reuse_seconds: float = setting(
        1.0,
        "Seconds out of sight after which an id that turns up beyond place_radius is "
        "somebody new (a detector that was restarted counts from 1 again).",
        low=0.0,
        high=60.0,
    )
    lost_retry: float = setting(
        10.0,
        "Seconds somebody is left be who was lost from sight on the way, or when the "
        "navigation went away.",
        low=0.0,
        high=86400.0,
    )
    leaving_retry: float = setting(
        30.0, "Seconds somebody is left be who walked away.", low=0.0, high=86400.0
    )
    unreachable_retry: float = setting(
        60.0,
        "Seconds somebody is left be who could not be reached; doubles each time.",
        low=0.0,
        high=86400.0,
    )


@dataclass(frozen=True)
class HealthSettings:
    """When the patrol cannot go on, and when it tries again."""

    camera_timeout: float = setting(
        3.0,
        "Seconds without a fresh processed image (people.fresh_seconds) that are a fault.",
        low=0.1,
        high=600.0,
    )
    pose_timeout: float = setting(
        3.0, "Seconds without the robot's own pose that are a fault.", low=0.1, high=600.0
    )
    settle_seconds: float = setting(
        2.5,
        "Seconds that images and pose must have been there again before the patrol goes on after "
        "a fault: time to see who is in front of the robot before it turns away.",
        low=0.0,
        high=60.0,
    )
    waypoint_timeout: float = setting(
        180.0, "Seconds to a waypoint after which the next one is tried.", low=1.0, high=86400.0
    )
    waypoint_failures: int = setting(
        3, "Waypoints in a row that cannot be reached that are a fault.", low=1, high=1000
    )
    navigation_retry: float = setting(
        10.0, "Seconds after which a failed navigation is tried again.", low=0.1, high=3600.0
    )


@dataclass(frozen=True)
class PatrolSettings:
    """All settings of the behavior; immutable, so that a tick sees one set."""

    choice: ChoiceSettings = field(default_factory=ChoiceSettings)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    approach: ApproachSettings = field(default_factory=ApproachSettings)
    reminders: ReminderSettings = field(default_factory=ReminderSettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    health: HealthSettings = field(default_factory=HealthSettings)
