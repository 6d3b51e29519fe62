# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The exception that ends a node with a message and no traceback."""


class StartError(Exception):
    """A node cannot start, go on or finish its output; the message says why and what to do."""
