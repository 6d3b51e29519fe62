# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The suite: what a patrol meets in a week, each as a trial of a minute or two."""

from __future__ import annotations

import datetime
from typing import Any

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import Pose, State
from mask_detector_ros.patrol.plan import QuietHours
from mask_detector_ros.simulation.pedestrians import Manner, Person, Stay, Walk
from mask_detector_ros.simulation.places import (
    CORRIDOR,
    CORRIDOR_TOUR,
    GALLERY,
    GALLERY_TOUR,
    SHOP,
    SHOP_TOUR,
)
from mask_detector_ros.simulation.scenario import ONCE, Fault, Scenario, Trouble
from mask_detector_ros.simulation.scenario_builders import (
    BARE,
    CHIN,
    DOWN,
    LEFT,
    NOSE,
    RIGHT,
    UP,
    WORN,
    one,
    person,
    trial,
    zone,
)


def scenarios() -> tuple[Scenario, ...]:
    """All of them, in the order of the table."""
    return (*_single(), *_several(), *_elusive(), *_not_to_be_asked(), *_troubles())


def _single() -> tuple[Scenario, ...]:
    most = PatrolSettings().reminders.per_person
    return (
        one("no_mask", "Ada wears none; asked, she puts one on.", BARE, 0),
        one(
            "below_mouth",
            "Ada's mask hangs under her mouth.",
            CHIN,
            1,
            at=(6.4, 1.2, LEFT),
            place=(CORRIDOR, CORRIDOR_TOUR),
        ),
        one(
            "nose_exposed",
            "Ada's mask leaves the nose free.",
            NOSE,
            2,
            at=(8.3, 5.2, DOWN),
            place=(SHOP, SHOP_TOUR),
        ),
        one(
            "child",
            "Ada is 1.15 m tall.",
            BARE,
            3,
            at=(4.2, 3.8, UP),
            also={"height": 1.15},
            place=(SHOP, SHOP_TOUR),
        ),
        trial(
            "lowers_mask",
            "Ben wears his mask, and lowers it as the robot comes.",
            Person("Ben", Pose(8.0, 2.0, LEFT), wear=((0.0, WORN), (4.0, CHIN)), sprite=4),
            place=(GALLERY, GALLERY_TOUR),
            reminders={"Ben": ONCE},
            thanks=("Ben",),
        ),
        trial(
            "walks_toward",
            "Ben comes toward the robot without a mask, and stops when spoken to.",
            person("Ben", 12.0, 2.1, BARE, sprite=5, script=(Walk(2.0, 2.5, 0.5),)),
            place=(CORRIDOR, CORRIDOR_TOUR),
            reminders={"Ben": ONCE},
            thanks=("Ben",),
        ),
        trial(
            "refuses",
            f"Cem never reacts: {most} reminders, then he is left alone.",
            person("Cem", 8.3, 5.0, BARE, DOWN, sprite=6, manner=Manner.REFUSES),
            place=(SHOP, SHOP_TOUR),
            reminders={"Cem": (most, most)},
            duration=100.0,
        ),
    )


def _several() -> tuple[Scenario, ...]:
    return (
        trial(
            "two_apart",
            "Two without masks, too far apart for one reminder.",
            person("Ada", 6.4, 1.2, BARE, sprite=0),
            person("Ben", 9.6, 3.4, NOSE, sprite=5),
            reminders={"Ada": ONCE, "Ben": ONCE},
            thanks=("Ada", "Ben"),
            duration=90.0,
        ),
        trial(
            "group",
            "Three stand together; one reminder is for all of them.",
            person("Ada", 7.6, 1.9, BARE, sprite=0),
            person("Ben", 7.9, 2.4, CHIN, sprite=5),
            person("Cem", 7.4, 2.9, BARE, sprite=6),
            reminders={"Ada": ONCE, "Ben": ONCE, "Cem": ONCE},
            thanks=("Ada", "Ben", "Cem"),
        ),
        trial(
            "bystander",
            "Ada wears hers right beside Ben, who does not.",
            person("Ada", 9.0, 7.1, WORN, DOWN, sprite=1),
            person("Ben", 10.1, 7.2, BARE, DOWN, sprite=4),
            place=(CORRIDOR, CORRIDOR_TOUR),
            reminders={"Ben": ONCE},
            thanks=("Ben",),
        ),
        trial(
            "in_the_way",
            "Dee, who wears hers, stands where the robot would stop before Ada.",
            person("Ada", 8.0, 2.2, BARE, sprite=0),
            person("Dee", 6.5, 2.55, WORN, sprite=7, height=1.5),
            reminders={"Ada": ONCE},
            thanks=("Ada",),
        ),
        trial(
            "crossing",
            "Dee walks to and fro before Ada and hides her from the robot.",
            person("Ada", 8.5, 2.4, BARE, sprite=0),
            person(
                "Dee",
                7.6,
                0.8,
                WORN,
                sprite=7,
                notices=0.0,
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


def _elusive() -> tuple[Scenario, ...]:
    return (
        trial(
            "complies_early",
            "Ada puts her mask on as the robot comes near: nothing is left to say.",
            person("Ada", 8.5, 2.2, BARE, sprite=0, manner=Manner.SHY, delay=0.3),
        ),
        trial(
            "leaves",
            "Ben walks away through a door before he can be asked; nobody runs after him.",
            person(
                "Ben",
                6.5,
                1.6,
                BARE,
                sprite=5,
                script=(Stay(2.5, LEFT), Walk(9.6, 1.9, 1.3), Walk(9.6, 5.2), Walk(12.5, 6.4)),
            ),
            place=(CORRIDOR, CORRIDOR_TOUR),
            reminders={"Ben": (0, 1)},
        ),
        trial(
            "walks_off_when_asked",
            "Cem turns and walks off when he is asked; one reminder has to do.",
            person(
                "Cem",
                7.0,
                1.7,
                BARE,
                sprite=6,
                manner=Manner.LEAVES,
                delay=1.0,
                way_out=(Walk(9.6, 1.9, 1.2), Walk(9.6, 5.2, 1.2), Walk(12.8, 6.8, 1.2)),
            ),
            place=(CORRIDOR, CORRIDOR_TOUR),
            reminders={"Cem": ONCE},
            duration=70.0,
        ),
        trial(
            "behind_glass",
            "Ada sits in a meeting room behind glass: seen, but out of reach.",
            person("Ada", 7.0, 7.2, BARE, DOWN, sprite=0, notices=9.0),
            place=(GALLERY, GALLERY_TOUR),
            duration=80.0,
        ),
    )


def _not_to_be_asked() -> tuple[Scenario, ...]:
    return (
        trial(
            "correct_wearers",
            "Three people with their masks on.",
            person("Ada", 6.5, 2.6, WORN, sprite=1),
            person("Ben", 10.0, 4.2, WORN, DOWN, sprite=5),
            person("Dee", 4.0, 6.9, WORN, RIGHT, sprite=7, script=(Walk(8.0, 7.0, 0.6),)),
        ),
        trial(
            "no_mask_zone",
            "Ada drinks her coffee where masks are not required.",
            person("Ada", 8.0, 2.6, BARE, sprite=0),
            zones=(zone("cafe", 6.4, 0.0, 9.6, 3.5),),
        ),
        trial(
            "poster",
            "A face without a mask on a poster; the plan marks its wall as a place without rule.",
            person("poster", 11.9, 1.8, BARE, LEFT, sprite=2, is_poster=True),
            zones=(zone("poster", 9.6, 0.2, 12.0, 3.4),),
        ),
        trial(
            "quiet_hours",
            "At eleven in the evening nobody is spoken to.",
            person("Ada", 8.3, 4.6, BARE, DOWN, sprite=0),
            place=(SHOP, SHOP_TOUR),
            quiet_hours=(QuietHours(datetime.time(22, 0), datetime.time(6, 0)),),
            time_of_day=datetime.time(23, 0),
        ),
    )


def _troubles() -> tuple[Scenario, ...]:
    def trouble(name: str, story: str, *faults: Fault, **more: Any) -> Scenario:
        return one(name, story, BARE, 0, faults=faults, **more)

    approach = State.APPROACH
    return (
        trouble(
            "navigation_aborts",
            "The way to Ada is given up once; the next attempt gets there.",
            Fault(Trouble.NAVIGATION_ABORTS, 1.0, 0.1, approach),
        ),
        trouble(
            "navigation_rejects",
            "For ten seconds navigation takes no goals.",
            Fault(Trouble.NAVIGATION_REJECTS, 0.0, 10.0),
            duration=90.0,
        ),
        trouble(
            "camera_silent",
            "On the way to Ada no images come for five seconds.",
            Fault(Trouble.CAMERA_SILENT, 1.0, 5.0, approach),
            duration=100.0,
        ),
        trouble(
            "detector_restarts",
            "After the reminder the detector starts anew, with new ids; Ada is slow.",
            Fault(Trouble.DETECTOR_RESTARTS, 1.5, 2.0, State.WAIT),
            also={"delay": 7.0},
        ),
        trouble(
            "lights_out",
            "On the way to Ada it gets dark for six seconds; in the dark nothing is claimed.",
            Fault(Trouble.LIGHTS_OUT, 1.0, 6.0, approach),
            duration=90.0,
        ),
        trouble(
            "lost",
            "On the way to Ada the robot does not know for four seconds where it is.",
            Fault(Trouble.POSE_UNKNOWN, 1.0, 4.0, approach),
            duration=80.0,
        ),
    )
