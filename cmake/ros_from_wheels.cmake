# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# For builds against ROS 2 packages that come from PyPI wheels; setup.py passes it as
# -DCMAKE_PROJECT_mask_detector_ros_INCLUDE=<this file>. A robot's colcon never reads it.
#
# The wheels export include directories of the machine they were built on, and CMake
# refuses imported targets whose include directories do not exist: drop those, once
# CMakeLists.txt has been read and all targets are known.
cmake_minimum_required(VERSION 3.19)

function(_mask_detector_drop_missing_include_directories)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(directories "${target}" INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT directories)
      continue()
    endif()
    set(present "")
    foreach(directory IN LISTS directories)
      if(directory MATCHES "^\\$<" OR EXISTS "${directory}")
        list(APPEND present "${directory}")
      endif()
    endforeach()
    set_target_properties("${target}" PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${present}")
  endforeach()
endfunction()

cmake_language(DEFER CALL _mask_detector_drop_missing_include_directories)
