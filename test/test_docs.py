# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Documentation and texts: links lead somewhere, files exist, terms are those of the field."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("models/*/*.md")])
PACKAGES = ("mask_detector_ros", "mask_detector_training")
CODE_ROOTS = ("", "docs", *PACKAGES, *(f"mask_detector_ros/{room}" for room in ("perception",)))

WORSE_WORDS = {
    r"left be|leave (him|her|them|people|this person|these people)? ?be|leaving it at that": (
        "cooldown, give up"
    ),
    r"who is who": "association",
    r"steadied": "filtered",
    r"how-manieth": "attempt number",
    r"calls itself unwell|ailing": "diagnostic level WARN or ERROR",
    r"sightings?|sighted": "observation",
    r"faint": "low-confidence",
    r"made poorer": "degraded",
    r"lessons|taught": "pseudo-labels",
    r"dressed": "synthetic mask",
    r"neutral faces": "ignored",
    r"whole numbers throughout": "int8",
    r"can be told|cannot be told|was told|is told|are told|be told": "classified, reported",
    r"take[sn]? in": "update, take",
    r"meddles?|obeys?": "inject faults, execute",
    r"pictures?": "image",
    r"swerve|shake[sn]?": "acceleration noise, ego-motion noise",
}
"""Pattern of an old word -> the field's term; docs/glossary.md has the whole vocabulary."""


def texts_of(path: Path) -> list[tuple[int, str]]:
    """Line numbers and what people read of a Python file: its strings, docstrings included."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [(node.lineno + i, line) for i, line in enumerate(node.value.splitlines())]
    return found


@functools.cache
def read_by_people() -> dict[Path, list[tuple[int, str]]]:
    """Every file with text that users read -> its lines."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    paths = [ROOT / name for name in listed] or [p for p in ROOT.rglob("*") if p.is_file()]
    texts = {}
    for path in paths:
        relative = path.relative_to(ROOT)
        if not path.exists() or relative.parts[0] == "test" or relative.name == "CHANGELOG.rst":
            continue
        if path.suffix == ".py":
            texts[relative] = texts_of(path)
        elif path.suffix in {".md", ".msg", ".yaml", ".xml", ".rst", ".toml"}:
            lines = path.read_text(encoding="utf-8").splitlines()
            texts[relative] = list(enumerate(lines, 1))
    return texts


@pytest.mark.parametrize("word", WORSE_WORDS)
def test_texts_use_the_terms_of_the_field(word: str) -> None:
    pattern = re.compile(rf"\b({word})\b", re.IGNORECASE)
    texts = read_by_people()
    assert len(texts) > 200
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, lines in texts.items()
        for number, line in lines
        if pattern.search(line)
    ]
    assert not found, f"say {WORSE_WORDS[word]} instead:\n" + "\n".join(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_exist(page: Path) -> None:
    """A path in code font that looks like one of our files is one."""
    folders = [ROOT / name for name in CODE_ROOTS]
    folders += [path.parent for path in ROOT.glob("mask_detector_*/**/__init__.py")]
    for name in re.findall(r"`((?:[\w.]+/)*\w+\.(?:py|md|yaml|msg|xml))`", page.read_text("utf-8")):
        exists = any((folder / name).exists() for folder in [*folders, page.parent])
        assert exists or "/" not in name, f"{page.name} names {name}, which does not exist"
