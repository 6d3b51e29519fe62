# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names of launch arguments: misspelled ones, and those of others."""

from __future__ import annotations

import pytest

from mask_detector_ros.nodes.common.argument_names import (
    UnknownArgumentError,
    check_names,
    nearest,
)
from mask_detector_ros.nodes.common.parameter_table import parameters_of
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings

KNOWN = {p.name for p in parameters_of(MaskDetectorSettings)} | {"image", "depth", "namespace"}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("blur", "annotate.blur"),
        ("annotate.blurs", "annotate.blur"),
        ("Annotate.Blur", "annotate.blur"),
        ("annotate_blur", "annotate.blur"),
        ("annotates.blur", "annotate.blur"),
        ("detector.scorethreshold", "detector.score_threshold"),
        ("score_threshold", "detector.score_threshold"),
        ("image-transport", "image_transport"),
        ("thread", "threads"),
        ("images", "image"),
        ("nms_iou", "detector.nms_iou"),
    ],
)
def test_the_nearest_name_is_found(name: str, meant: str) -> None:
    assert nearest(name, KNOWN) == meant


@pytest.mark.parametrize("name", ["map", "use_namespace", "rviz", "robot_description", "x"])
def test_a_different_name_is_near_to_nothing(name: str) -> None:
    assert nearest(name, KNOWN) is None
    assert check_names({name}, {name}, KNOWN) == [name]
    assert check_names(set(), {name}, KNOWN) == []


def test_known_names_and_those_of_launch_are_accepted() -> None:
    assert check_names(KNOWN, KNOWN, KNOWN) == []
    assert check_names({"launch-prefix", "launch-prefix-filter"}, set(), KNOWN) == []


def test_a_member_of_a_group_is_refused_wherever_it_was_given() -> None:
    with pytest.raises(UnknownArgumentError, match=r"'annotate\.blurs'; did you mean 'annotate"):
        check_names(set(), {"annotate.blurs"}, KNOWN)
    with pytest.raises(UnknownArgumentError, match=r"expected one of .*annotate\.labels"):
        check_names(set(), {"annotate.frobnicate"}, KNOWN)
    # Similar to a known name, but an argument of the launch file around.
    assert check_names(set(), {"model", "imagery"}, KNOWN) == []
