# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from mask_detector_ros.apps import scenarios as command
from mask_detector_ros.patrol.behavior_settings import (
    ApproachSettings,
    MemorySettings,
    PatrolSettings,
    ReminderSettings,
)
from mask_detector_ros.patrol.interface import Point, Pose, State
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.perception.types import Image, WearStatus
from mask_detector_ros.simulation.camera_view import Figure, View
from mask_detector_ros.simulation.places import HALL, HALL_TOUR
from mask_detector_ros.simulation.robot import RADIUS
from mask_detector_ros.simulation.scenario import ONCE, Scenario
from mask_detector_ros.simulation.scenario_builders import BARE, person, trial
from mask_detector_ros.simulation.scenario_suite import scenarios
from mask_detector_ros.simulation.simulated_perception import PerfectEyes
from mask_detector_ros.simulation.stage import Stage
from mask_detector_ros.simulation.top_down import Bubble, draw
from mask_detector_ros.simulation.trial_runner import Run
from mask_detector_ros.simulation.trial_score import score

ALL = scenarios()


def names_of(scenario: Scenario) -> str:
    return scenario.name


def test_names_are_unique_and_the_suite_is_large_enough() -> None:
    assert len({scenario.name for scenario in ALL}) == len(ALL) >= 12


@pytest.mark.parametrize("scenario", ALL, ids=names_of)
def test_a_scenario_can_be_played(scenario: Scenario) -> None:
    """Waypoints and people stand where there is room, and names agree."""
    cast = {actor.name for actor in scenario.cast}
    assert len(cast) == len(scenario.cast)
    assert set(scenario.reminders) | set(scenario.thanks) <= cast
    for waypoint in scenario.plan.waypoints:
        assert scenario.world.free(waypoint.pose.point, RADIUS)
    for actor in scenario.cast:
        assert actor.is_poster or scenario.world.free(actor.start.point, 0.2)


@pytest.mark.parametrize("scenario", ALL, ids=names_of)
def test_perfect_detections_give_a_perfect_patrol(scenario: Scenario) -> None:
    timeline = Run(scenario, PerfectEyes()).to_the_end()
    result = score(scenario, timeline)
    assert result.perfect, (result, timeline.events)
    assert result.nearest > 0.6
    assert all(1.0 < distance < 3.0 for distance in result.stand_offs)


@pytest.mark.parametrize(
    "settings",
    [
        PatrolSettings(reminders=ReminderSettings(per_person=5)),
        PatrolSettings(memory=MemorySettings(person_seconds=0.0, place_seconds=0.0)),
    ],
    ids=["asks five times", "forgets whom it has asked"],
)
def test_a_patrol_that_pesters_is_found_out(settings: PatrolSettings) -> None:
    scenario = next(scenario for scenario in ALL if scenario.name == "refuses")
    assert score(scenario, Run(scenario, PerfectEyes(), settings).to_the_end()).too_often == 1


def test_a_patrol_that_crowds_people_shows_in_the_stand_off() -> None:
    scenario = next(scenario for scenario in ALL if scenario.name == "no_mask")
    pushy = PatrolSettings(approach=ApproachSettings(stand_off=0.6, tolerance=0.0))
    result = score(scenario, Run(scenario, PerfectEyes(), pushy).to_the_end())
    (distance,) = result.stand_offs
    assert distance < 1.0 and not result.perfect


def test_a_poster_nobody_marked_is_asked_no_more_than_a_person_is() -> None:
    """A known limit: the patrol cannot tell it from somebody who does not react."""
    poster = next(scenario for scenario in ALL if scenario.name == "poster")
    unmarked = replace(poster, plan=replace(poster.plan, zones=()), duration=120.0)
    asked = Run(unmarked, PerfectEyes()).to_the_end().reminders()
    assert 1 <= len(asked) <= PatrolSettings().reminders.per_person


@pytest.mark.parametrize("apart", [1.6, 1.9, 2.3])
def test_one_beside_somebody_reminded_is_reminded_too(apart: float) -> None:
    """Too far apart for one reminder, near enough for the memory of places."""
    scenario = trial(
        "beside",
        "Ada and Cem, some steps apart.",
        person("Ada", 7.5, 1.6, BARE, sprite=0),
        person("Cem", 7.6, 1.6 + apart, BARE, sprite=5),
        reminders={"Ada": ONCE, "Cem": ONCE},
        thanks=("Ada", "Cem"),
        duration=50.0,
    )
    timeline = Run(scenario, PerfectEyes()).to_the_end()
    assert score(scenario, timeline).perfect, timeline.events


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "seconds"), [("no_mask", 15.0), ("nose_exposed", 24.0), ("correct_wearers", 20.0)]
)
def test_the_real_detector_in_the_loop(name: str, seconds: float) -> None:
    from mask_detector_ros.perception.pipeline import Pipeline
    from mask_detector_ros.resources import find_resource
    from mask_detector_ros.simulation.renderer import Renderer
    from mask_detector_ros.simulation.simulated_perception import RealEyes

    scenario = next(scenario for scenario in ALL if scenario.name == name)
    scenario = replace(scenario, duration=seconds)
    eyes = RealEyes(Renderer().render, lambda: Pipeline(find_resource("models")))
    result = score(scenario, Run(scenario, eyes).to_the_end())
    assert result.reminded_well, result


def mask_detector(*arguments: str) -> int:
    """The command as on the command line."""
    parser = argparse.ArgumentParser()
    command.add_subcommand(parser.add_subparsers())
    args = parser.parse_args(["scenarios", *arguments])
    return int(args.func(args))


def test_the_command_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert mask_detector("--list") == 0
    listed = capsys.readouterr().out
    assert all(scenario.name in listed and scenario.story in listed for scenario in ALL)


def test_the_command_prints_a_table_and_leaves_pictures_and_timelines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mask_detector("no_mask", "bystander", "--out", str(tmp_path)) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    head, _, first, second = out.splitlines()[:4]
    assert head.startswith("scenario")
    assert (first.split()[0], second.split()[0]) == ("no_mask", "bystander")
    assert first.endswith("ok")
    for name in ("no_mask", "bystander"):
        assert cv2.imread(str(tmp_path / f"{name}.png")).shape == (600, 800, 3)
        record = json.loads((tmp_path / f"{name}.json").read_text())
        assert record["score"]["right"] == 1
        assert [s["kind"] for s in record["speeches"]] == ["REMIND", "THANK"]
        assert record["moments"][0]["people"]["Ada"]["wear"] in ("no_mask", "correct")
    assert cv2.imread(str(tmp_path / "overview.png")) is not None


def test_the_command_names_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="did you mean no_mask"):
        mask_detector("no_maks")


def picture(view: View, size: tuple[int, int] = (640, 480)) -> Image:
    return draw(
        HALL,
        view,
        Plan(HALL_TOUR),
        State.REMIND,
        "near enough",
        [(Point(2, 2), State.PATROL), (Point(3, 2), State.APPROACH)],
        [Bubble(Point(3, 2), "Please cover your nose.")],
        ["Ada"],
        size,
    )


def test_a_moment_is_drawn_at_any_size() -> None:
    view = Stage(HALL, (), Pose(3, 2)).view()
    for size in ((640, 480), (960, 540), (320, 240)):
        assert picture(view, size).shape == (size[1], size[0], 3)


def test_people_show_how_they_wear_their_masks() -> None:
    def drawn(wear: WearStatus) -> Image:
        return picture(View(Pose(3, 2), (Figure(0, 6.0, 6.0, 0.0, wear),), HALL.walls))

    bare, worn = drawn(WearStatus.NO_MASK), drawn(WearStatus.CORRECT)
    changed = (bare != worn).any(axis=2)
    assert changed.sum() > 50
    bgr = bare[changed].mean(axis=0)
    assert bgr[2] > 1.5 * bgr[1], "red where no mask is worn"
