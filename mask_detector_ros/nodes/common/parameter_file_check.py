# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameter files of which nothing applies to a node.

rcl takes the keys of a parameter file for full node names and ignores what is for other nodes: the
file of ``ros2 param dump`` is for the node in the namespace that it had then.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

PARAMETERS = "ros__parameters"
MAX_NAMED = 5


def parameter_files(arguments: Sequence[str]) -> list[Path]:
    """The files that a command line names after ``--params-file``."""
    pairs = itertools.pairwise(arguments)
    return [Path(file) for flag, file in pairs if flag == "--params-file"]


def unapplied(file: Path, node: str) -> str:
    """Why a parameter file, or the part of it that is meant for a node, does not apply to it.

    Args:
        file: was read by rcl, so its syntax is right.
        node: full name of the node.

    Returns:
        Empty if it applies, or if the file sets no parameter.
    """
    try:
        keys = node_keys(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        return f"parameters file {file} cannot be checked: {error}"
    # A part with the node's name may be for another namespace, while another part applies.
    namesakes = [key for key in keys if key.rpartition("/")[2] == node.rpartition("/")[2]]
    meant = namesakes or keys
    if not meant or any(matches(key, node) for key in meant):
        return ""
    what = "nothing in it" if meant == keys else "a part of it"
    verb = "applies" if meant == keys else "does not apply"
    named = ", ".join(map(repr, meant[:MAX_NAMED])) + (" ..." if len(meant) > MAX_NAMED else "")
    return (
        f"parameters file {file}: {what} {verb} to this node, {node}; it is for {named}. Write "
        f"'/**:' in place of the key, which applies to every node, or {f'{node}:'!r}"
    )


def node_keys(content: Any, prefix: str = "") -> list[str]:
    """The node names in a parameter file that have parameters; nested ones are joined by "/"."""
    if not isinstance(content, dict):
        return []
    keys = []
    for name, value in content.items():
        if name == PARAMETERS and value:
            keys.append(prefix)
        elif name != PARAMETERS:
            keys += node_keys(value, f"{prefix}/{str(name).strip('/')}")
    return keys


def matches(key: str, node: str) -> bool:
    """Whether a key is for a node; ``*`` is any one part of a name, ``**`` any number of them."""
    pattern = "".join(_pattern(part) for part in key.strip("/").split("/"))
    return re.fullmatch(pattern, node) is not None


def _pattern(part: str) -> str:
    return {"**": r"(/\w+)*", "*": r"/\w+"}.get(part, f"/{re.escape(part)}")


def unapplied_files(arguments: Sequence[str], node: str) -> Iterable[str]:
    """Why parameter files of a command line do not apply to a node; see ``unapplied``."""
    return filter(None, (unapplied(file, node) for file in parameter_files(arguments)))
