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
from mask_detector_ros.arrays import Image
from mask_detector_ros.patrol.behavior_settings import (
    ApproachSettings,
    MemorySettings,
    PatrolSettings,
    ReminderSettings,
)
from mask_detector_ros.patrol.interface import Point, Pose, State
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.camera_view import CameraView, Figure
from mask_detector_ros.simulation.environments import HALL, HALL_WAYPOINTS
from mask_detector_ros.simulation.robot import RADIUS_M
from mask_detector_ros.simulation.scenario import ONCE, Scenario
from mask_detector_ros.simulation.scenario_builders import NO_MASK, make_scenario, person
from mask_detector_ros.simulation.scenario_suite import scenarios
from mask_detector_ros.simulation.simulated_perception import GroundTruthPerception
from mask_detector_ros.simulation.simulator import Simulator
from mask_detector_ros.simulation.speech_bubbles import SpeechBubble
from mask_detector_ros.simulation.top_down import draw_top_down
from mask_detector_ros.simulation.trial_runner import TrialRunner
from mask_detector_ros.simulation.trial_score import score

ALL = scenarios()


def names_of(scenario: Scenario) -> str:
    return scenario.name


def test_names_are_unique_and_the_suite_is_large_enough() -> None:
    assert len({scenario.name for scenario in ALL}) == len(ALL) >= 12


@pytest.mark.parametrize("scenario", ALL, ids=names_of)
def test_scenario_definitions_are_consistent(scenario: Scenario) -> None:
    """Waypoints and people have clearance, and all names are of people in the scenario."""
    cast = {actor.name for actor in scenario.people}
    assert len(cast) == len(scenario.people)
    assert set(scenario.reminders) | set(scenario.thanks) <= cast
    for waypoint in scenario.plan.waypoints:
        assert scenario.world.free(waypoint.pose.point, RADIUS_M)
    for actor in scenario.people:
        assert actor.is_poster or scenario.world.free(actor.start.point, 0.2)


@pytest.mark.parametrize("scenario", ALL, ids=names_of)
def test_every_scenario_passes_with_ground_truth(scenario: Scenario) -> None:
    timeline = TrialRunner(scenario, GroundTruthPerception()).run()
    result = score(scenario, timeline)
    assert result.passed, (result, timeline.events)
    assert result.nearest > 0.6
    assert bool(result.stand_offs) == bool(result.violators)
    assert all(1.0 < distance < 3.0 for distance in result.stand_offs)


@pytest.mark.parametrize(
    "settings",
    [
        PatrolSettings(reminders=ReminderSettings(max_per_person=5)),
        PatrolSettings(memory=MemorySettings(reminded_cooldown=0.0, place_cooldown=0.0)),
    ],
    ids=["five reminders", "no cooldown"],
)
def test_too_many_reminders_are_detected(settings: PatrolSettings) -> None:
    scenario = next(scenario for scenario in ALL if scenario.name == "refuses")
    timeline = TrialRunner(scenario, GroundTruthPerception(), settings).run()
    assert score(scenario, timeline).reminded_too_often == 1


def test_a_short_stand_off_fails() -> None:
    scenario = next(scenario for scenario in ALL if scenario.name == "no_mask")
    pushy = PatrolSettings(approach=ApproachSettings(stand_off=0.6, tolerance=0.0))
    result = score(scenario, TrialRunner(scenario, GroundTruthPerception(), pushy).run())
    (distance,) = result.stand_offs
    assert distance < 1.0 and not result.passed


def test_a_poster_outside_zones_is_reminded_no_more_than_a_person() -> None:
    """A known limitation: the patrol cannot distinguish it from a person who does not react."""
    poster = next(scenario for scenario in ALL if scenario.name == "poster")
    unmarked = replace(poster, plan=replace(poster.plan, zones=()), duration=120.0)
    reminders = TrialRunner(unmarked, GroundTruthPerception()).run().reminders()
    assert 1 <= len(reminders) <= PatrolSettings().reminders.max_per_person


@pytest.mark.parametrize("apart", [1.6, 1.9, 2.3])
def test_a_person_beside_a_reminded_one_is_reminded_too(apart: float) -> None:
    """Too far apart for one reminder, but within the cooldown radius of the position."""
    scenario = make_scenario(
        "beside",
        "Ada and Cem, some meters apart.",
        person("Ada", 7.5, 1.6, NO_MASK, sprite=0),
        person("Cem", 7.6, 1.6 + apart, NO_MASK, sprite=5),
        reminders={"Ada": ONCE, "Cem": ONCE},
        thanks=("Ada", "Cem"),
        duration=50.0,
    )
    timeline = TrialRunner(scenario, GroundTruthPerception()).run()
    assert score(scenario, timeline).passed, timeline.events


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "seconds"), [("no_mask", 15.0), ("nose_exposed", 24.0), ("correct_wearers", 20.0)]
)
def test_the_real_detector_in_the_loop(name: str, seconds: float) -> None:
    from mask_detector_ros.perception.pipeline import MaskPipeline
    from mask_detector_ros.resources import find_resource
    from mask_detector_ros.simulation.renderer import Renderer
    from mask_detector_ros.simulation.simulated_perception import PipelinePerception

    scenario = next(scenario for scenario in ALL if scenario.name == name)
    scenario = replace(scenario, duration=seconds)
    perception = PipelinePerception(
        Renderer().render, lambda: MaskPipeline(find_resource("models"))
    )
    result = score(scenario, TrialRunner(scenario, perception).run())
    assert result.reminders_correct, result


def mask_detector(*arguments: str) -> int:
    """Run ``mask_detector scenarios`` with arguments; its exit code."""
    parser = argparse.ArgumentParser()
    command.add_subcommand(parser.add_subparsers())
    args = parser.parse_args(["scenarios", *arguments])
    return int(args.func(args))


def test_list_shows_all_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert mask_detector("--list") == 0
    listed = capsys.readouterr().out
    assert all(scenario.name in listed and scenario.story in listed for scenario in ALL)


def test_the_command_prints_a_table_and_writes_images_and_timelines(
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
        image = cv2.imread(str(tmp_path / f"{name}.png"))
        assert image is not None and image.shape == (600, 800, 3)
        record = json.loads((tmp_path / f"{name}.json").read_text())
        assert record["score"]["reminded"] == 1
        assert [s["kind"] for s in record["utterances"]] == ["REMIND", "THANK"]
        assert record["snapshots"][0]["people"]["Ada"]["wear_status"] in ("no_mask", "correct")
    assert cv2.imread(str(tmp_path / "overview.png")) is not None


def test_an_unknown_name_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(ValueError, match="did you mean no_mask"):
        mask_detector("no_maks")


def draw(view: CameraView, size: tuple[int, int] = (640, 480)) -> Image:
    return draw_top_down(
        HALL,
        view,
        Plan(HALL_WAYPOINTS),
        State.REMIND,
        "near enough",
        [(Point(2, 2), State.PATROL), (Point(3, 2), State.APPROACH)],
        [SpeechBubble(Point(3, 2), "Please cover your nose.")],
        ["Ada"],
        size,
    )


def test_the_map_is_drawn_at_any_size() -> None:
    view = Simulator(HALL, (), Pose(3, 2)).view()
    for size in ((640, 480), (960, 540), (320, 240)):
        assert draw(view, size).shape == (size[1], size[0], 3)


def test_people_have_the_color_of_their_wear_status() -> None:
    def draw_person(status: WearStatus) -> Image:
        return draw(CameraView(Pose(3, 2), (Figure(0, 6.0, 6.0, 0.0, status),), HALL.walls))

    no_mask, correct = draw_person(WearStatus.NO_MASK), draw_person(WearStatus.CORRECT)
    changed = (no_mask != correct).any(axis=2)
    assert changed.sum() > 50
    bgr = no_mask[changed].mean(axis=0)
    assert bgr[2] > 1.5 * bgr[1], "not red"
