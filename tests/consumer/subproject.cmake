# SPDX-License-Identifier: Apache-2.0
#
# What a project gets with Troupe in its tree: libraries, and nothing else.
#
#   cmake -D SCRATCH_DIR=... -D SOURCE_DIR=... -D CXX_COMPILER=...
#         -D CAF_PREFIX=... -D PREFIX_PATH=... -P subproject.cmake

cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

set(build "${SCRATCH_DIR}/build")
file(REMOVE_RECURSE "${build}")
# All of its targets are found, or this fails.
run("configuring" "${CMAKE_COMMAND}" -G Ninja
    -S "${CMAKE_CURRENT_LIST_DIR}/subproject" -B "${build}"
    "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}" "-DCAF_ROOT=${CAF_PREFIX}"
    "-DCMAKE_PREFIX_PATH=${PREFIX_PATH}" "-DSOURCE_DIR=${SOURCE_DIR}")

file(STRINGS "${build}/CMakeCache.txt" build_type REGEX "^CMAKE_BUILD_TYPE:")
if(NOT build_type MATCHES "=$")
  message(FATAL_ERROR "a build type was chosen: ${build_type}")
endif()

run("what is built" "${CMAKE_COMMAND}" --build "${build}" -- -n -v)
foreach(part IN ITEMS tests samples)
  if(output MATCHES "troupe/CMakeFiles/[a-z_]+\\.dir/${part}/")
    message(FATAL_ERROR "${part} are part of all:\n${output}")
  endif()
endforeach()

run("what is installed" "${CMAKE_COMMAND}" --install "${build}"
    --prefix "${SCRATCH_DIR}/prefix")
file(GLOB installed "${SCRATCH_DIR}/prefix/*")
if(installed)
  message(FATAL_ERROR "it installs ${installed}")
endif()
