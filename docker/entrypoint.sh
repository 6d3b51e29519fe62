#!/usr/bin/env bash
# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
# Sources ROS 2 and the workspace, then runs the command.
set -eo pipefail
# shellcheck source=/dev/null
source "/opt/ros/${ROS_DISTRO}/setup.bash"
# shellcheck source=/dev/null
source /workspace/install/setup.bash
exec "$@"
