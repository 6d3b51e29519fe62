# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What libraries write to the standard error output does not reach the user; all else does."""

from __future__ import annotations

import subprocess
import sys

import pytest

SILENCED = """
import logging, os, sys
from mask_detector_ros.library_output import libraries_silenced
with libraries_silenced():
    os.write(2, b"[h264] error while decoding\\n")
    print("from Python", file=sys.stderr)
    logging.getLogger("x").warning("from logging")
os.write(2, b"from a library, later\\n")
print("from Python, later", file=sys.stderr)
"""
REMOVED = """
import os
from mask_detector_ros.library_output import chatter_removed
with chatter_removed():
    os.write(2, b"Corrupt JPEG data: premature end of data segment\\n")
    os.write(2, b"from another thread\\n")
os.write(2, b"later\\n")
"""
CLOSED = """
import os
os.close(2)
from mask_detector_ros.library_output import chatter_removed, libraries_silenced
with libraries_silenced(), chatter_removed():
    print("done")
"""
LOADED = """
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.resources import find_resource
print(MaskPipeline(find_resource("models"), runtime="litert").runtime)
"""


@pytest.mark.parametrize(
    ("code", "output", "errors"),
    [
        (
            SILENCED,
            "",
            "from Python\nfrom logging\nfrom a library, later\nfrom Python, later\n",
        ),
        (REMOVED, "", "from another thread\nlater\n"),
        (CLOSED, "done\n", ""),
        (LOADED, "litert\n", ""),
    ],
    ids=["silenced", "removed", "closed", "models loaded"],
)
def test_only_chatter_disappears(code: str, output: str, errors: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, output, errors)
