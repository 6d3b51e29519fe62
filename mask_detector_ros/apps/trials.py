# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The work of ``mask_detector scenarios``: run the suite, tell, and leave pictures."""

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
from mask_detector_ros.apps.output_paths import write_picture
from mask_detector_ros.apps.scenarios import PERFECT
from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.types import Image
from mask_detector_ros.resources import find_resource
from mask_detector_ros.simulation.renderer import Renderer
from mask_detector_ros.simulation.scenario import Scenario, varied
from mask_detector_ros.simulation.scenario_suite import scenarios
from mask_detector_ros.simulation.simulated_perception import Eyes, PerfectEyes, RealEyes
from mask_detector_ros.simulation.timeline import Timeline
from mask_detector_ros.simulation.trial_report import overview, table, totals_lines, trial_picture
from mask_detector_ros.simulation.trial_runner import STEP, Run
from mask_detector_ros.simulation.trial_score import Score, score, total

OVERVIEW = "overview.png"
SMALL = (440, 330)
"""Size of a picture in the overview."""


class Trials:
    """One run of the command."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._console = Console(False, output_is_data=False)
        self._pictures: list[Image] = []
        self._renderer: Renderer | None = None

    def run(self) -> int:
        """Do it all; the exit code. See ``scenarios.run`` for what it raises."""
        if self._args.list:
            for scenario in scenarios():
                self._console.say(f"{scenario.name:<22}{scenario.story}")
            return 0
        chosen = [varied(scenario, self._args.seed) for scenario in choose(self._args.names)]
        self._console.start(sum(round(scenario.duration / STEP) for scenario in chosen))
        try:
            scores = [self._try(scenario) for scenario in chosen]
        finally:
            self._console.close()
        perfect = self._args.detector == PERFECT
        totals = total(scores)
        lines = [] if self._args.quiet else [*table(scores), ""]
        for line in (*lines, *totals_lines(totals, perfect)):
            self._console.say(line)
        if self._args.out:
            write_picture(Path(self._args.out) / OVERVIEW, overview(self._pictures))
            self._console.say(f"drawn into {self._args.out}")
        return 0 if totals.met(perfect) else 1

    def _try(self, scenario: Scenario) -> Score:
        run = Run(scenario, self._eyes())
        while not run.finished:
            run.step()
            self._console.advance()
        result = score(scenario, run.timeline)
        if self._args.out:
            self._keep(scenario, run.timeline, result)
        return result

    def _eyes(self) -> Eyes:
        if self._args.detector == PERFECT:
            return PerfectEyes()
        if self._renderer is None:
            self._renderer = Renderer()
        models = Path(self._args.models) if self._args.models else find_resource("models")
        threads = min(4, os.cpu_count() or 1)
        return RealEyes(self._renderer.render, lambda: Pipeline(models, threads=threads))

    def _keep(self, scenario: Scenario, timeline: Timeline, result: Score) -> None:
        folder = Path(self._args.out)
        self._pictures.append(trial_picture(scenario, timeline, result, SMALL, legend=False))
        write_picture(folder / f"{scenario.name}.png", trial_picture(scenario, timeline, result))
        nearest = result.nearest if math.isfinite(result.nearest) else None  # nobody there
        record: dict[str, Any] = {
            "scenario": scenario.name,
            "story": scenario.story,
            "detector": self._args.detector,
            "seed": self._args.seed,
            "score": {**asdict(result), "nearest": nearest},
            **timeline.record(),
        }
        write_whole(folder / f"{scenario.name}.json", json.dumps(record, allow_nan=False) + "\n")


def choose(names: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios of these names, in the suite's order; all for none.

    Raises:
        ValueError: a name is not one of them; the message suggests one.
    """
    every = {scenario.name: scenario for scenario in scenarios()}
    for name in names:
        if name not in every:
            close = difflib.get_close_matches(name, every, 1)
            hint = f"; did you mean {close[0]}?" if close else "; --list names them"
            raise ValueError(f"there is no scenario {name!r}{hint}")
    return tuple(scenario for name, scenario in every.items() if not names or name in names)
