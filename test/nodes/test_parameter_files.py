# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameter files of which nothing applies to the node."""

from __future__ import annotations

from pathlib import Path

import pytest

from mask_detector_ros.nodes.common.parameter_file_check import parameter_files, unapplied
from support.ros_harness import detector

SET = "{ros__parameters: {threads: 2}}"


@pytest.mark.parametrize(
    ("content", "node", "applies"),
    [
        (f"mask_detector: {SET}", "/mask_detector", True),
        (f"/mask_detector: {SET}", "/mask_detector", True),
        (f"mask_detector: {SET}", "/robot1/mask_detector", False),
        (f"/mask_detector: {SET}", "/robot1/mask_detector", False),
        (f"/mask_detector: {SET}", "/front", False),
        (f"/robot1/mask_detector: {SET}", "/mask_detector", False),
        (f"robot1: {{mask_detector: {SET}}}", "/robot1/mask_detector", True),
        (f"/**: {SET}", "/a/b/mask_detector", True),
        (f"'**': {SET}", "/a/b/mask_detector", True),
        (f"/*: {SET}", "/mask_detector", True),
        (f"/*: {SET}", "/robot1/mask_detector", False),
        (f"/*/mask_detector: {SET}", "/robot1/mask_detector", True),
        (f"/**/mask_detector: {SET}", "/mask_detector", True),
        (f"/**: {{mask_detector: {SET}}}", "/robot1/mask_detector", True),
        (f"/robot1/**: {SET}", "/robot1/mask_detector", True),
        (f"/robot1/**: {SET}", "/robot2/mask_detector", False),
        # For several robots, or also for other nodes.
        (f"/robot1/mask_detector: {SET}\n/robot2/mask_detector: {SET}", "/robot2/mask_detector",
         True),
        (f"camera: {SET}\nmask_detector: {SET}", "/mask_detector", True),
        (f"camera: {SET}", "/mask_detector", False),
        # The part for the node does not apply, though another one does.
        (f"/**: {SET}\nmask_detector: {SET}", "/robot1/mask_detector", False),
        ("", "/mask_detector", True),
        ("camera: {ros__parameters: {}}", "/mask_detector", True),
    ],
)  # fmt: skip
def test_keys_are_compared_with_the_full_name_of_the_node(
    tmp_path: Path, content: str, node: str, applies: bool
) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text(content, encoding="utf-8")
    text = unapplied(file, node)
    assert bool(text) != applies, text
    if not applies:
        assert str(file) in text and node in text and "'/**:'" in text


def test_files_are_found_on_the_command_line() -> None:
    words = ["node", "--ros-args", "--params-file", "a.yaml", "-p", "x:=1", "--params-file", "b"]
    assert parameter_files(words) == [Path("a.yaml"), Path("b")]


@pytest.mark.ros
def test_a_dumped_file_in_a_namespace_causes_a_warning(tmp_path: Path) -> None:
    dumped, general = tmp_path / "dumped.yaml", tmp_path / "general.yaml"
    dumped.write_text(f"/mask_detector:\n  {SET[1:-1]}\n", encoding="utf-8")
    general.write_text("/**:\n  ros__parameters: {annotate.blurs: face}\n", encoding="utf-8")
    files = ("--params-file", str(dumped), "--params-file", str(general))
    with detector(*files, namespace="robot1") as node:
        assert f"parameters file {dumped}: nothing in it applies to this node" in node.log
        assert "/robot1/mask_detector" in node.log and "'/mask_detector'" in node.log
        assert "did you mean 'annotate.blur'?" in node.log
        assert str(general) not in node.log


@pytest.mark.ros
@pytest.mark.parametrize("content", ["threads: 2", "/**: {threads: 2}"])
def test_a_file_without_ros_parameters_is_refused_with_an_example(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / "flat.yaml"
    file.write_text(content, encoding="utf-8")
    with detector("--params-file", str(file), wait=False) as node:
        assert node.wait() == 1
        assert str(file) in node.log
        assert "'/**:', below it 'ros__parameters:'" in node.log
        assert "Traceback" not in node.log
