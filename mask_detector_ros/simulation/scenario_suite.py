# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scenario suite: typical situations of a patrol, each one or two minutes long."""

from __future__ import annotations

import datetime
from typing import Any

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import Pose, State
from mask_detector_ros.patrol.plan import QuietHours
from mask_detector_ros.simulation.environments import (
    CORRIDOR,
    CORRIDOR_WAYPOINTS,
    GALLERY,
    GALLERY_WAYPOINTS,
    SHOP,
    SHOP_WAYPOINTS,
)
from mask_detector_ros.simulation.pedestrians import PedestrianSpec, Reaction, Stay, Walk
from mask_detector_ros.simulation.scenario import ONCE, Fault, FaultType, Scenario
from mask_detector_ros.simulation.scenario_builders import (
    BELOW_MOUTH,
    CORRECT,
    DOWN,
    LEFT,
    NO_MASK,
    NOSE_EXPOSED,
    RIGHT,
    UP,
    make_scenario,
    mask_free_zone,
    person,
    single_person_scenario,
)


def scenarios() -> tuple[Scenario, ...]:
    """All scenarios, in the order of the table."""
    return (*_one_violator(), *_several_people(), *_no_pursuit(), *_no_reminder(), *_faults())


def _one_violator() -> tuple[Scenario, ...]:
    most = PatrolSettings().reminders.max_per_person
    return (
        single_person_scenario(
            "no_mask", "Ada wears no mask and puts one on when reminded.", NO_MASK, 0
        ),
        single_person_scenario(
            "below_mouth",
            "Ada wears her mask below the mouth.",
            BELOW_MOUTH,
            1,
            at=(6.4, 1.2, LEFT),
            environment=(CORRIDOR, CORRIDOR_WAYPOINTS),
        ),
        single_person_scenario(
            "nose_exposed",
            "Ada's mask leaves her nose exposed.",
            NOSE_EXPOSED,
            2,
            at=(8.3, 5.2, DOWN),
            environment=(SHOP, SHOP_WAYPOINTS),
        ),
        single_person_scenario(
            "child",
            "A child of 1.15 m without a mask.",
            NO_MASK,
            3,
            at=(4.2, 3.8, UP),
            person_options={"height": 1.15},
            environment=(SHOP, SHOP_WAYPOINTS),
        ),
        make_scenario(
            "lowers_mask",
            "Ben lowers his mask below the mouth while the robot comes.",
            PedestrianSpec(
                "Ben",
                Pose(8.0, 2.0, LEFT),
                wear_schedule=((0.0, CORRECT), (4.0, BELOW_MOUTH)),
                sprite=4,
            ),
            environment=(GALLERY, GALLERY_WAYPOINTS),
            reminders={"Ben": ONCE},
            thanks=("Ben",),
        ),
        make_scenario(
            "walks_towards",
            "Ben walks toward the robot without a mask and stops when reminded.",
            person("Ben", 12.0, 2.1, NO_MASK, sprite=5, script=(Walk(2.0, 2.5, 0.5),)),
            environment=(CORRIDOR, CORRIDOR_WAYPOINTS),
            reminders={"Ben": ONCE},
            thanks=("Ben",),
        ),
        make_scenario(
            "refuses",
            f"Cem does not react to {most} reminders. The patrol gives up and continues.",
            person("Cem", 8.3, 5.0, NO_MASK, DOWN, sprite=6, reaction=Reaction.REFUSES),
            environment=(SHOP, SHOP_WAYPOINTS),
            reminders={"Cem": (most, most)},
            duration=100.0,
        ),
    )


def _several_people() -> tuple[Scenario, ...]:
    return (
        make_scenario(
            "two_apart",
            "Two violators, too far apart for one reminder.",
            person("Ada", 6.4, 1.2, NO_MASK, sprite=0),
            person("Ben", 9.6, 3.4, NOSE_EXPOSED, sprite=5),
            reminders={"Ada": ONCE, "Ben": ONCE},
            thanks=("Ada", "Ben"),
            duration=90.0,
        ),
        make_scenario(
            "group",
            "Three violators stand together and get one reminder.",
            person("Ada", 7.6, 1.9, NO_MASK, sprite=0),
            person("Ben", 7.9, 2.4, BELOW_MOUTH, sprite=5),
            person("Cem", 7.4, 2.9, NO_MASK, sprite=6),
            reminders={"Ada": ONCE, "Ben": ONCE, "Cem": ONCE},
            thanks=("Ada", "Ben", "Cem"),
        ),
        make_scenario(
            "bystander",
            "Ada wears her mask right beside Ben, who does not.",
            person("Ada", 9.0, 7.1, CORRECT, DOWN, sprite=1),
            person("Ben", 10.1, 7.2, NO_MASK, DOWN, sprite=4),
            environment=(CORRIDOR, CORRIDOR_WAYPOINTS),
            reminders={"Ben": ONCE},
            thanks=("Ben",),
        ),
        make_scenario(
            "in_the_way",
            "Dee wears her mask and stands where the robot would stop to remind Ada.",
            person("Ada", 8.0, 2.2, NO_MASK, sprite=0),
            person("Dee", 6.5, 2.55, CORRECT, sprite=7, height=1.5),
            reminders={"Ada": ONCE},
            thanks=("Ada",),
        ),
        make_scenario(
            "crossing",
            "Dee walks back and forth and occludes Ada.",
            person("Ada", 8.5, 2.4, NO_MASK, sprite=0),
            person(
                "Dee",
                7.6,
                0.8,
                CORRECT,
                sprite=7,
                attention_range=0.0,
                script=(
                    Stay(2.0), Walk(7.6, 2.2, 0.6), Stay(1.6), Walk(7.6, 3.2, 0.6),
                    Stay(1.0), Walk(7.6, 2.3, 0.6), Stay(1.6), Walk(8.4, 0.6, 0.8),
                ),
            ),
            reminders={"Ada": ONCE},
            thanks=("Ada",),
            duration=80.0,
        ),
    )  # fmt: skip


def _no_pursuit() -> tuple[Scenario, ...]:
    return (
        make_scenario(
            "complies_early",
            "Ada puts her mask on before she is reminded.",
            person(
                "Ada",
                8.5,
                2.2,
                NO_MASK,
                sprite=0,
                reaction=Reaction.COMPLIES_EARLY,
                reaction_delay=0.3,
            ),
        ),
        make_scenario(
            "leaves",
            "Ben leaves through a door before he can be reminded. The robot does not follow.",
            person(
                "Ben",
                6.5,
                1.6,
                NO_MASK,
                sprite=5,
                script=(Stay(2.5, LEFT), Walk(9.6, 1.9, 1.3), Walk(9.6, 5.2), Walk(12.5, 6.4)),
            ),
            environment=(CORRIDOR, CORRIDOR_WAYPOINTS),
            reminders={"Ben": (0, 1)},
        ),
        make_scenario(
            "walks_off_when_asked",
            "Cem walks away when reminded and is not reminded again.",
            person(
                "Cem",
                7.0,
                1.7,
                NO_MASK,
                sprite=6,
                reaction=Reaction.LEAVES,
                reaction_delay=1.0,
                exit_path=(Walk(9.6, 1.9, 1.2), Walk(9.6, 5.2, 1.2), Walk(12.8, 6.8, 1.2)),
            ),
            environment=(CORRIDOR, CORRIDOR_WAYPOINTS),
            reminders={"Cem": ONCE},
            duration=70.0,
        ),
        make_scenario(
            "behind_glass",
            "Ada is visible behind glass but out of reach.",
            person("Ada", 7.0, 7.2, NO_MASK, DOWN, sprite=0, attention_range=9.0),
            environment=(GALLERY, GALLERY_WAYPOINTS),
            duration=80.0,
        ),
    )


def _no_reminder() -> tuple[Scenario, ...]:
    return (
        make_scenario(
            "correct_wearers",
            "Three people wear their masks correctly.",
            person("Ada", 6.5, 2.6, CORRECT, sprite=1),
            person("Ben", 10.0, 4.2, CORRECT, DOWN, sprite=5),
            person("Dee", 4.0, 6.9, CORRECT, RIGHT, sprite=7, script=(Walk(8.0, 7.0, 0.6),)),
        ),
        make_scenario(
            "no_mask_zone",
            "Ada is in a zone where no mask is required.",
            person("Ada", 8.0, 2.6, NO_MASK, sprite=0),
            zones=(mask_free_zone("cafe", 6.4, 0.0, 9.6, 3.5),),
        ),
        make_scenario(
            "poster",
            "A poster shows a face without a mask, in a zone where no mask is required.",
            person("poster", 11.9, 1.8, NO_MASK, LEFT, sprite=2, is_poster=True),
            zones=(mask_free_zone("poster wall", 9.6, 0.2, 12.0, 3.4),),
        ),
        make_scenario(
            "quiet_hours",
            "It is 11 p.m., within the quiet hours: no reminders.",
            person("Ada", 8.3, 4.6, NO_MASK, DOWN, sprite=0),
            environment=(SHOP, SHOP_WAYPOINTS),
            quiet_hours=(QuietHours(datetime.time(22, 0), datetime.time(6, 0)),),
            time_of_day=datetime.time(23, 0),
        ),
    )


def _faults() -> tuple[Scenario, ...]:
    def with_fault(name: str, story: str, *faults: Fault, **options: Any) -> Scenario:
        return single_person_scenario(name, story, NO_MASK, 0, faults=faults, **options)

    approach = State.APPROACH
    return (
        with_fault(
            "navigation_aborts",
            "Navigation aborts the first goal at Ada. The next attempt succeeds.",
            Fault(FaultType.NAVIGATION_ABORTS, 1.0, 0.1, approach),
        ),
        with_fault(
            "navigation_rejects",
            "Navigation rejects all goals for ten seconds.",
            Fault(FaultType.NAVIGATION_REJECTS, 0.0, 10.0),
            duration=90.0,
        ),
        with_fault(
            "camera_silent",
            "No camera images for five seconds during the approach.",
            Fault(FaultType.CAMERA_SILENT, 1.0, 5.0, approach),
            duration=100.0,
        ),
        with_fault(
            "detector_restarts",
            "The detector restarts after the reminder and assigns new ids. Ada complies late.",
            Fault(FaultType.DETECTOR_RESTARTS, 1.5, 2.0, State.WAIT),
            person_options={"reaction_delay": 7.0},
        ),
        with_fault(
            "lights_out",
            "Lights out for six seconds during the approach. No status is reported in the dark.",
            Fault(FaultType.LIGHTS_OUT, 1.0, 6.0, approach),
            duration=90.0,
        ),
        with_fault(
            "lost",
            "The robot's pose is unknown for four seconds during the approach.",
            Fault(FaultType.POSE_UNKNOWN, 1.0, 4.0, approach),
            duration=80.0,
        ),
    )
