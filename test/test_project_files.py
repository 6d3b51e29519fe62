# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files about the project: citation, policies, release, containers, pre-commit."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

import mask_detector_ros

ROOT = Path(__file__).resolve().parents[1]
POLICIES = (
    "CODE_OF_CONDUCT.md",
    "QUALITY_DECLARATION.md",
    "SECURITY.md",
    "docs/dependencies.md",
    "docs/release.md",
)
DEV_CONTAINER = ROOT / ".devcontainer" / "devcontainer.json"
DOCKERFILE = ROOT / "docker" / "Dockerfile"
INLINE_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def load_yaml(path: str) -> Any:
    return yaml.safe_load(text(path))


def maintainer() -> ElementTree.Element:
    element = ElementTree.parse(ROOT / "package.xml").getroot().find("maintainer")
    assert element is not None
    return element


def test_citation_agrees_with_the_package() -> None:
    citation = load_yaml("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["version"] == mask_detector_ros.__version__
    assert citation["license"] == "Apache-2.0"
    assert citation["message"] and citation["title"]
    author = citation["authors"][0]
    assert (author["name"], author["email"]) == (maintainer().text, maintainer().get("email"))


@pytest.mark.parametrize("page", POLICIES)
def test_links_of_policies_lead_to_files(page: str) -> None:
    links = INLINE_LINK.findall(text(page))
    assert links
    local = [link.partition("#")[0] for link in links if "://" not in link]
    assert not [link for link in local if link and not (ROOT / page).parent.joinpath(link).exists()]


def test_policies_name_the_maintainers_and_the_version() -> None:
    address = maintainer().get("email") or ""
    assert address
    for page in ("CODE_OF_CONDUCT.md", "SECURITY.md"):
        assert address in text(page)
    version = mask_detector_ros.__version__
    assert version in text("QUALITY_DECLARATION.md")
    assert f"| {version.rpartition('.')[0]} | yes |" in text("SECURITY.md")


def test_release_procedure_names_every_file_with_the_version() -> None:
    procedure = text("docs/release.md")
    for path in ("mask_detector_ros/__init__.py", "package.xml", "CITATION.cff", "CHANGELOG.rst"):
        assert f"`{path}`" in procedure
        assert (ROOT / path).exists()


def test_dockerfile_builds_on_the_stated_distribution() -> None:
    lines = DOCKERFILE.read_text(encoding="utf-8").splitlines()
    stages = [line.split() for line in lines if line.startswith("FROM ")]
    assert stages[0][1] == "ros:jazzy-ros-base"
    names = [stage[3] for stage in stages]
    assert all(stage[1] in names for stage in stages[1:])
    assert [line for line in lines if line.startswith("USER ")][-1] != "USER root"
    for line in lines:
        if line.startswith("COPY "):
            *sources, _ = (word for word in line.split()[1:] if not word.startswith("--"))
            assert all((ROOT / source).exists() for source in sources)


def test_entry_point_of_the_container_is_sound() -> None:
    script = ROOT / "docker" / "entrypoint.sh"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_dev_container_uses_a_stage_of_the_dockerfile() -> None:
    container = json.loads(DEV_CONTAINER.read_text(encoding="utf-8"))
    build = container["build"]
    assert (DEV_CONTAINER.parent / build["dockerfile"]).resolve() == DOCKERFILE
    assert (DEV_CONTAINER.parent / build["context"]).resolve() == ROOT
    assert f" AS {build['target']}\n" in DOCKERFILE.read_text(encoding="utf-8")


def test_pre_commit_hooks_are_pinned() -> None:
    repositories = load_yaml(".pre-commit-config.yaml")["repos"]
    hooks = {hook["id"] for repository in repositories for hook in repository["hooks"]}
    assert {"ruff-check", "ruff-format", "mypy", "codespell", "check-xml", "check-yaml"} <= hooks
    remote = [repository for repository in repositories if repository["repo"] != "local"]
    assert remote
    assert all(re.fullmatch(r"v\d+\.\d+\.\d+", repository["rev"]) for repository in remote)


def test_codespell_ignores_few_words() -> None:
    options = configparser.ConfigParser()
    options.read(ROOT / ".codespellrc", encoding="utf-8")
    assert 0 < len(options["codespell"]["ignore-words-list"].split(",")) <= 10
