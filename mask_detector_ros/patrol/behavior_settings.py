# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the patrol behavior: default, range and the effect of a higher value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from mask_detector_ros.patrol.health_settings import HealthSettings
from mask_detector_ros.settings import setting
from mask_detector_ros.settings_rules import Rule, at_most


@dataclass(frozen=True)
class SelectionSettings:
    """Who is approached, and in which order."""

    violation_seconds: float = setting(
        1.0,
        "Seconds for which a violation must be observed, with gaps up to "
        "people.max_observation_age, before the person is approached or reminded. Higher: fewer "
        "false approaches, passers-by are missed.",
        low=0.0,
        high=60.0,
    )
    max_range: float = setting(
        8.0, "Maximum distance at which an approach starts, meters.", low=0.5, high=100.0
    )
    max_position_std: float = setting(
        1.2,
        "Maximum standard deviation of a person's position for an approach, meters.",
        low=0.01,
        high=20.0,
    )
    memory_seconds: float = setting(
        40.0,
        "Seconds for which a person who stood in violation and went out of sight is still "
        "approached, such as after a reminder to others. Higher: fewer people are missed, more "
        "approaches find no one.",
        low=0.0,
        high=600.0,
    )
    waiting_weight: float = setting(
        0.05,
        "Weight of one second in violation, in meters of distance, when candidates are ranked. "
        "0: the nearest is always approached first.",
        low=0.0,
        high=10.0,
    )
    group_radius: float = setting(
        1.5,
        "People in violation within this distance of the target are reminded together with it, "
        "meters.",
        low=0.0,
        high=10.0,
    )


@dataclass(frozen=True)
class PeopleSettings:
    """How observations are turned into the motion of a person."""

    max_observation_age: float = setting(
        1.0,
        "Maximum age of an observation in seconds for it to count as current: reminders "
        "are not based on older ones.",
        low=0.05,
        high=10.0,
    )
    acceleration_noise: float = setting(
        0.6,
        "Standard deviation of people's acceleration in the position filter, m/s². Higher: "
        "positions follow faster and are noisier.",
        low=0.01,
        high=10.0,
    )
    min_position_std: float = setting(
        0.1,
        "Lower limit of the standard deviation of a measured position, meters.",
        low=0.001,
        high=5.0,
    )
    leaving_speed: float = setting(
        0.4,
        "Speed away from the robot from which a person counts as walking away, m/s.",
        low=0.05,
        high=5.0,
    )
    leaving_distance: float = setting(
        0.8,
        "Distance walked away at leaving_speed or more before a person counts as leaving, meters.",
        low=0.0,
        high=10.0,
    )


@dataclass(frozen=True)
class ApproachSettings:
    """How the robot drives to a person."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        at_most("tolerance", "arrived_tolerance"),
        at_most("lost_timeout", "timeout"),
        at_most("retry_delay", "timeout"),
    )

    stand_off: float = setting(
        1.5, "Distance at which the robot stops before a person, meters.", low=0.3, high=10.0
    )
    tolerance: float = setting(
        0.25,
        "Extra distance beyond stand_off at which the robot stops and speaks, meters.",
        low=0.0,
        high=5.0,
    )
    arrived_tolerance: float = setting(
        1.2,
        "Extra distance beyond stand_off at which the robot speaks once the navigation has "
        "arrived, meters.",
        low=0.0,
        high=10.0,
    )
    timeout: float = setting(
        60.0, "Seconds after which an approach is given up.", low=1.0, high=3600.0
    )
    lost_timeout: float = setting(
        8.0,
        "Seconds out of sight after which a target or a reminded person is lost. Higher: "
        "tolerates longer occlusions, waits longer for people who have left.",
        low=0.1,
        high=120.0,
    )
    unknown_timeout: float = setting(
        6.0,
        "Seconds to wait in front of a person whose violation is not observed any more.",
        low=0.0,
        high=120.0,
    )
    replan_distance: float = setting(
        0.6,
        "Distance a person must move before the goal is updated, meters.",
        low=0.05,
        high=10.0,
    )
    replan_seconds: float = setting(
        1.0, "Minimum seconds between two goals of one approach.", low=0.0, high=60.0
    )
    attempts: int = setting(
        2,
        "Number of failed navigation attempts after which an approach is given up, with the "
        "cooldown memory.unreachable_cooldown.",
        low=1,
        high=20,
    )
    retry_delay: float = setting(
        3.0,
        "Seconds between a failed attempt and the next one, if the person is in sight.",
        low=0.0,
        high=60.0,
    )
    rotate_threshold: float = setting(
        0.4,
        "The robot rotates in place toward reminded people when their bearing differs from its "
        "heading by more than this, radians. Keep it below half the camera's field of view.",
        low=0.05,
        high=3.1416,
    )
    rotate_period: float = setting(
        2.0, "Minimum seconds between two such rotations.", low=0.5, high=60.0
    )


@dataclass(frozen=True)
class ReminderSettings:
    """Number and timing of reminders."""

    RULES: ClassVar[tuple[Rule, ...]] = (at_most("compliance_seconds", "compliance_timeout"),)

    max_per_person: int = setting(
        2, "Maximum number of reminders to one person while it is remembered.", low=1, high=10
    )
    speaking_seconds: float = setting(
        4.0, "Seconds it takes to speak a reminder or thanks.", low=0.0, high=60.0
    )
    compliance_timeout: float = setting(
        12.0,
        "Seconds to wait for compliance after a reminder before it is repeated or given up.",
        low=0.0,
        high=600.0,
    )
    compliance_seconds: float = setting(
        0.5,
        "Seconds for which a mask must be worn correctly to count as compliance.",
        low=0.0,
        high=60.0,
    )
    thanks: bool = setting(True, "Thank people who complied.")


@dataclass(frozen=True)
class MemorySettings:
    """Cooldowns, and how people are re-associated under a new id."""

    RULES: ClassVar[tuple[Rule, ...]] = (at_most("place_cooldown", "reminded_cooldown"),)

    reminded_cooldown: float = setting(
        600.0,
        "Seconds after a reminder during which the person is not approached again.",
        low=0.0,
        high=86400.0,
    )
    place_cooldown: float = setting(
        180.0,
        "The same for a person with a new id at the place where a reminded person was lost, after "
        "more than unambiguous_seconds: people are not recognized, so it may be the same person.",
        low=0.0,
        high=86400.0,
    )
    unambiguous_seconds: float = setting(
        3.0,
        "Maximum seconds out of sight for which a new id at the same place is the same person for "
        "certain: reminded_cooldown applies, and all reminders count.",
        low=0.0,
        high=60.0,
    )
    place_radius: float = setting(
        2.0,
        "Maximum distance for associating a new id with a person lost from sight, meters.",
        low=0.0,
        high=20.0,
    )
    id_reuse_seconds: float = setting(
        1.0,
        "Seconds out of sight after which a known id beyond place_radius is a new person, as "
        "after a restart of the detector.",
        low=0.0,
        high=60.0,
    )
    lost_cooldown: float = setting(
        10.0,
        "Cooldown in seconds of a person who was lost on the way, when reminders became "
        "disallowed, or when the navigation became unavailable.",
        low=0.0,
        high=86400.0,
    )
    leaving_cooldown: float = setting(
        30.0,
        "Cooldown in seconds of a person who walked away or whose violation was not confirmed.",
        low=0.0,
        high=86400.0,
    )
    unreachable_cooldown: float = setting(
        60.0,
        "Cooldown in seconds of a person who could not be reached; doubles each time in a row.",
        low=0.0,
        high=86400.0,
    )


@dataclass(frozen=True)
class PatrolSettings:
    """All settings of the behavior; immutable, so that a tick uses one set."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        at_most("people.min_position_std", "selection.max_position_std"),
        at_most("people.max_observation_age", "approach.lost_timeout"),
        at_most("approach.stand_off", "selection.max_range"),
    )

    selection: SelectionSettings = field(default_factory=SelectionSettings)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    approach: ApproachSettings = field(default_factory=ApproachSettings)
    reminders: ReminderSettings = field(default_factory=ReminderSettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    health: HealthSettings = field(default_factory=HealthSettings)
