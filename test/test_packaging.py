# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What two files say about one thing must agree: colcon's, pip's and the messages' side."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

import mask_detector_ros
from mask_detector_ros.patrol.interface import ReminderKind, State
from mask_detector_ros.perception.types import (
    CLASSES,
    EventKind,
    RangeSource,
    UnknownReason,
    WearStatus,
)
from support.optional import optional

ROOT = Path(__file__).resolve().parents[1]
CODE = ROOT / "mask_detector_ros"
PROFILE = ROOT / "config" / "fastdds_images.xml"
MESSAGES = sorted(path.stem for path in (ROOT / "msg").glob("*.msg"))
OPTIONAL_AT_RUN_TIME = {"cv_bridge", "nav2_msgs", "vision_msgs"}


def pyproject() -> dict[str, Any]:
    tomllib = optional("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def package_xml() -> ElementTree.Element:
    return ElementTree.parse(ROOT / "package.xml").getroot()


def dependencies(*kinds: str) -> set[str]:
    return {element.text or "" for kind in kinds for element in package_xml().iter(kind)}


def cmake() -> str:
    return (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


def imported_packages() -> set[str]:
    """Top-level names imported anywhere in the package."""
    found = set()
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def is_ros(package: str) -> bool:
    named = package.endswith(("_msgs", "_srvs", "_interfaces"))
    return named or package in {"rclpy", "ament_index_python", "cv_bridge", "launch", "launch_ros"}


# package.xml, pyproject.toml, CMakeLists.txt ------------------------------------------------


def test_package_xml_describes_this_package() -> None:
    root = package_xml()
    assert root.get("format") == "3"
    assert root.findtext("name") == "mask_detector_ros"
    assert root.findtext("version") == mask_detector_ros.__version__
    assert root.findtext("export/build_type") == "ament_cmake"
    assert root.findtext("member_of_group") == "rosidl_interface_packages"
    license_ = root.find("license")
    assert license_ is not None and license_.text == "Apache-2.0"
    assert "Apache License" in (ROOT / license_.attrib["file"]).read_text(encoding="utf-8")
    for tag in ("description", "maintainer"):
        assert (root.findtext(tag) or "").strip()


def test_version_is_written_once() -> None:
    project = pyproject()
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"]["attr"].endswith("__version__")
    assert re.fullmatch(r"\d+\.\d+\.\d+", mask_detector_ros.__version__)


def test_every_ros_import_is_a_declared_dependency() -> None:
    used = set(filter(is_ros, imported_packages()))
    assert used - {"mask_detector_ros"} <= dependencies("depend", "exec_depend")
    wheels = {
        re.split(r"[^\w-]", requirement)[0].removeprefix("ros-").replace("-", "_")
        for requirement in pyproject()["project"]["dependencies"]
        if requirement.startswith("ros-")
    }
    # ament_index_python comes with rclpy; the launch file's packages are not on PyPI.
    assert used - OPTIONAL_AT_RUN_TIME - {"ament_index_python", "launch", "launch_ros"} <= wheels


def test_package_xml_names_only_what_the_core_needs() -> None:
    """What rosdep has no binary package for stays an extra of pip."""
    declared = dependencies("depend", "exec_depend", "test_depend", "buildtool_depend")
    for extra in ("tensorflow", "litert", "onnx", "keras"):
        assert not [name for name in declared if extra in name]


def test_cmake_finds_what_package_xml_names() -> None:
    found = set(re.findall(r"find_package\((\w+) REQUIRED\)", cmake()))
    assert found == dependencies("depend", "buildtool_depend") | {"ament_cmake_pytest"}
    generated = re.search(r"rosidl_generate_interfaces\((.*?)\)", cmake(), re.DOTALL)
    assert generated is not None
    assert re.findall(r"msg/(\w+)\.msg", generated.group(1)) == MESSAGES
    depends = generated.group(1).partition("DEPENDENCIES")[2].split()
    assert set(depends) == dependencies("depend")


def test_executables_are_the_same_for_ros2_run_and_for_pip() -> None:
    listed = dict(re.findall(r"^\s+(\w+)=([\w.]+:\w+)$", cmake(), re.MULTILINE))
    assert listed == pyproject()["project"]["scripts"]
    for target in listed.values():
        module, function = target.split(":")
        path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        names = {
            node.name
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef)
        }
        assert function in names


# Messages -----------------------------------------------------------------------------------


def constants(message: str, prefix: str = "") -> dict[str, int]:
    """Name without prefix -> value, as the message's file has them."""
    text = (ROOT / "msg" / f"{message}.msg").read_text(encoding="utf-8")
    found = re.findall(rf"^uint8 {prefix}([A-Z_]+)=(\d+)", text, re.MULTILINE)
    return {name: int(value) for name, value in found}


@pytest.mark.parametrize(
    ("message", "prefix", "enum"),
    [
        ("MaskDetection", "STATUS_", WearStatus),
        ("MaskDetection", "REASON_", UnknownReason),
        ("MaskDetection", "RANGE_", RangeSource),
        ("MaskEvent", "", EventKind),
        ("PatrolState", "", State),
        ("Reminder", "", ReminderKind),
    ],
)
def test_constants_are_the_enums_of_the_code(
    message: str, prefix: str, enum: type[IntEnum]
) -> None:
    assert constants(message, prefix) == {member.name: member.value for member in enum}


def test_array_sizes_are_those_of_the_code() -> None:
    text = (ROOT / "msg" / "MaskDetection.msg").read_text(encoding="utf-8")
    points = constants("MaskDetection", "LANDMARK_")
    assert sorted(points.values()) == list(range(5))
    assert f"float32[{len(CLASSES)}] probabilities" in text
    assert f"float32[{2 * len(points)}] landmarks" in text
    # As the comment beside them says: index is status - 1.
    assert [int(status) - 1 for status in CLASSES] == list(range(len(CLASSES)))


@pytest.mark.parametrize("message", MESSAGES)
def test_built_messages_are_up_to_date(message: str) -> None:
    built = getattr(importlib.import_module("mask_detector_ros.msg"), message)
    lines = (ROOT / "msg" / f"{message}.msg").read_text(encoding="utf-8").splitlines()
    code = [line.partition("#")[0].split() for line in lines]
    fields = [words[1] for words in code if len(words) == 2 and "=" not in words[1]]
    assert list(built.get_fields_and_field_types()) == fields
    for name, value in constants(message).items():
        assert getattr(built, name) == value


# Configuration files ------------------------------------------------------------------------


def test_image_profile_has_room_for_images() -> None:
    space = "{http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles}"
    transports = {
        transport.findtext(f"{space}type"): transport
        for transport in ElementTree.parse(PROFILE).iter(f"{space}transport_descriptor")
    }
    full_hd = 1920 * 1080 * 3
    shared_memory = transports["SHM"]
    assert int(shared_memory.findtext(f"{space}maxMessageSize") or 0) > full_hd
    assert int(shared_memory.findtext(f"{space}segment_size") or 0) > 4 * full_hd
    assert "UDPv4" in transports, "other machines would not be reached"


@pytest.mark.ros
def test_image_profile_is_taken_by_fast_dds(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text(PROFILE.read_text(encoding="utf-8").replace("segment_size", "segment_sise"))

    def complaints(profile: Path) -> str:
        environment = {
            **os.environ,
            "FASTRTPS_DEFAULT_PROFILES_FILE": str(profile),
            "FASTDDS_DEFAULT_PROFILES_FILE": str(profile),
            "RMW_IMPLEMENTATION": "rmw_fastrtps_cpp",
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        }
        code = "import rclpy; rclpy.init(); rclpy.create_node('profile_probe'); rclpy.shutdown()"
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        lines = (done.stdout + done.stderr).splitlines()
        return "\n".join(line for line in lines if "XMLPARSER" in line)

    assert complaints(PROFILE) == ""
    assert "segment_sise" in complaints(broken), "a broken profile goes unnoticed"


def test_rviz_shows_the_topics_of_the_node() -> None:
    text = (ROOT / "config" / "mask_detector.rviz").read_text(encoding="utf-8")
    displays = yaml.safe_load(text)["Visualization Manager"]["Displays"]
    topics = {display["Topic"]["Value"] for display in displays if "Topic" in display}
    outputs = (CODE / "nodes" / "detector" / "detector_outputs.py").read_text(encoding="utf-8")
    assert topics == {"/mask_detector/image_annotated", "/mask_detector/markers"}
    for topic in topics:
        assert f'"~/{topic.rpartition("/")[2]}"' in outputs


# Set-up -------------------------------------------------------------------------------------


def load_set_up() -> ModuleType:
    spec = importlib.util.spec_from_file_location("set_up", ROOT / "scripts" / "set_up.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_set_up_on_a_distribution_leaves_ros_out(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up = load_set_up()
    said = "\n".join(
        [
            "numpy>=1.21",
            'ros-rclpy[fastrtps]<8,>=7.1; sys_platform == "linux"',
            'onnxruntime>=1.17; extra == "fast"',
            'tensorflow>=2.16; sys_platform != "linux" and extra == "train"',
            'rosbags>=0.10; extra == "bags"',
        ]
    )
    answer = subprocess.CompletedProcess([], 0, stdout=said, stderr="")
    monkeypatch.setattr(set_up, "run", lambda *arguments: answer)
    assert set_up.requirements(Path("python"), ["fast", "train"]) == [
        "numpy>=1.21",
        "onnxruntime>=1.17",
        'tensorflow>=2.16; sys_platform != "linux"',
    ]


@pytest.mark.parametrize(
    ("version", "on_distribution", "accepted"),
    [((3, 9), False, False), ((3, 9), True, False), ((3, 14), False, False), ((3, 14), True, True)],
)
def test_set_up_names_the_pythons_that_work(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], on_distribution: bool, accepted: bool
) -> None:
    set_up = load_set_up()
    monkeypatch.setattr(set_up.sys, "version_info", (*version, 0, "final", 0))
    monkeypatch.setattr(set_up.shutil, "which", lambda tool: tool)
    try:
        set_up.check_machine(on_distribution)
    except SystemExit as stop:
        assert not accepted
        assert "Python 3.10 to 3.13 is needed" in str(stop)
    else:
        assert accepted


def test_set_up_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up = load_set_up()
    monkeypatch.setattr(set_up.shutil, "which", lambda tool: None)
    with pytest.raises(SystemExit, match=r"sudo apt install .*cmake g\+\+"):
        set_up.check_machine(on_distribution=False)


def test_continuous_integration_script_is_sound() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
