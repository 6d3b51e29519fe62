# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rules across settings, in every settings class and in the pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mask_detector_ros.nodes.parameter_files import SETTINGS
from mask_detector_ros.perception import EvidenceSettings, MaskPipeline, PipelineSettings
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.settings import flatten, unflatten
from mask_detector_ros.settings_rules import check_settings, contradictions, rules_of

RULES = [
    pytest.param(kind, rule, id=f"{node}: {rule.expected}")
    for node, kind in SETTINGS.items()
    for rule in rules_of(kind())
]


@pytest.mark.parametrize("kind", SETTINGS.values(), ids=SETTINGS)
def test_the_defaults_keep_all_rules(kind: type) -> None:
    check_settings(kind())


@pytest.mark.parametrize(("kind", "rule"), RULES)
def test_a_rule_is_about_settings_that_exist_and_can_be_broken(kind: type, rule: Any) -> None:
    table = flatten(kind())
    lower, upper = rule.names
    extremes = {lower: table[lower][1]["high"], upper: table[upper][1]["low"]}
    broken = unflatten(kind, extremes)
    with pytest.raises(ValueError, match="expected") as failure:
        check_settings(broken)
    assert rule.expected in str(failure.value)


def test_a_rule_with_a_missing_value_is_not_checked() -> None:
    rules = rules_of(PipelineSettings())
    assert contradictions(rules, {"evidence.unknown_threshold": 1.0}) == []
    values = {"evidence.unknown_threshold": 0.7, "evidence.decision_threshold": 0.6}
    (text,) = contradictions(rules, values)
    assert text == (
        "evidence.unknown_threshold is 0.7 and evidence.decision_threshold is 0.6; expected "
        "evidence.unknown_threshold at most evidence.decision_threshold"
    )


def test_all_faults_are_named() -> None:
    settings = PipelineSettings(
        detector=DetectorSettings(score_threshold=2.0),
        evidence=EvidenceSettings(unknown_threshold=0.9, min_frames=0),
    )
    with pytest.raises(ValueError, match="score_threshold is 2") as failure:
        check_settings(settings)
    assert len(str(failure.value).splitlines()) == 3


def test_the_pipeline_refuses_contradictory_settings() -> None:
    wrong = PipelineSettings(evidence=EvidenceSettings(unknown_threshold=0.8))
    with pytest.raises(ValueError, match=r"evidence\.unknown_threshold"):
        MaskPipeline(settings=wrong)
    pipeline = MaskPipeline()
    before = pipeline.settings
    with pytest.raises(ValueError, match=r"evidence\.unknown_threshold"):
        pipeline.settings = wrong
    assert pipeline.settings is before
    pipeline.settings = replace(before, evidence=EvidenceSettings(unknown_threshold=0.5))
    assert pipeline.settings.evidence.unknown_threshold == 0.5
