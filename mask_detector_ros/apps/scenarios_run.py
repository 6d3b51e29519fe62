# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the scenarios of ``mask_detector scenarios``, prints scores and writes results."""

from __future__ import annotations

import argparse
import difflib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mask_detector_ros.apps.console import Console
from mask_detector_ros.apps.output_images import write_image
from mask_detector_ros.arrays import Image
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.resources import find_resource
from mask_detector_ros.simulation.renderer import Renderer
from mask_detector_ros.simulation.scenario import Scenario, vary
from mask_detector_ros.simulation.scenario_suite import scenarios
from mask_detector_ros.simulation.simulated_perception import (
    GroundTruthPerception,
    PipelinePerception,
    SimulatedPerception,
)
from mask_detector_ros.simulation.timeline import Timeline
from mask_detector_ros.simulation.trial_report import (
    overview,
    score_table,
    summary_lines,
    trial_image,
)
from mask_detector_ros.simulation.trial_runner import STEP_S, TrialRunner
from mask_detector_ros.simulation.trial_score import Score, score, total

OVERVIEW = "overview.png"
OVERVIEW_TILE = (440, 330)
"""Width and height of one scenario in the overview, in pixels."""


class ScenariosRun:
    """One run of the command."""

    def __init__(self, args: argparse.Namespace, perfect_detections: bool) -> None:
        """Prepare; with ``perfect_detections`` the models are not used."""
        self._args = args
        self._perfect_detections = perfect_detections
        self._console = Console(False, output_is_data=False)
        self._tiles: list[Image] = []
        self._renderer: Renderer | None = None

    def run(self) -> int:
        """Run the chosen scenarios; the exit code. Raises as ``scenarios.run``."""
        if self._args.list:
            for scenario in scenarios():
                self._console.print(f"{scenario.name:<22}{scenario.story}")
            return 0
        selected = [vary(scenario, self._args.seed) for scenario in select(self._args.names)]
        self._console.start(sum(round(scenario.duration / STEP_S) for scenario in selected))
        try:
            scores = [self._run_trial(scenario) for scenario in selected]
        finally:
            self._console.close()
        totals = total(scores)
        lines = [] if self._args.quiet else [*score_table(scores), ""]
        for line in (*lines, *summary_lines(totals, self._perfect_detections)):
            self._console.print(line)
        if self._args.out:
            write_image(Path(self._args.out) / OVERVIEW, overview(self._tiles))
            self._console.print(f"results written to {self._args.out}")
        return 0 if totals.target_met(self._perfect_detections) else 1

    def _run_trial(self, scenario: Scenario) -> Score:
        run = TrialRunner(scenario, self._perception())
        while not run.finished:
            run.step()
            self._console.advance()
        result = score(scenario, run.timeline)
        if self._args.out:
            self._write(scenario, run.timeline, result)
        return result

    def _perception(self) -> SimulatedPerception:
        if self._perfect_detections:
            return GroundTruthPerception()
        if self._renderer is None:
            self._renderer = Renderer()
        models = Path(self._args.models) if self._args.models else find_resource("models")
        threads = min(4, os.cpu_count() or 1)
        return PipelinePerception(
            self._renderer.render, lambda: MaskPipeline(models, threads=threads)
        )

    def _write(self, scenario: Scenario, timeline: Timeline, result: Score) -> None:
        folder = Path(self._args.out)
        self._tiles.append(trial_image(scenario, timeline, result, OVERVIEW_TILE, legend=False))
        write_image(folder / f"{scenario.name}.png", trial_image(scenario, timeline, result))
        # Infinite in a scenario without people, and JSON has no infinity.
        nearest = result.nearest if math.isfinite(result.nearest) else None
        record: dict[str, Any] = {
            "scenario": scenario.name,
            "story": scenario.story,
            "detector": self._args.detector,
            "seed": self._args.seed,
            "score": {**asdict(result), "nearest": nearest},
            **timeline.record(),
        }
        write_atomically(
            folder / f"{scenario.name}.json", json.dumps(record, allow_nan=False) + "\n"
        )


def select(names: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios with these names, in the order of the suite; all if there are no names.

    Raises:
        ValueError: there is no scenario of a name; the message suggests one.
    """
    available = {scenario.name: scenario for scenario in scenarios()}
    for name in names:
        if name not in available:
            close = difflib.get_close_matches(name, available, 1)
            hint = f"; did you mean {close[0]}?" if close else "; see --list"
            raise ValueError(f"there is no scenario {name!r}{hint}")
    return tuple(scenario for name, scenario in available.items() if not names or name in names)
