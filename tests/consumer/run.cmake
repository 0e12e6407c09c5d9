# SPDX-License-Identifier: Apache-2.0
#
# Installs a build of Troupe into an empty prefix and builds and runs the
# programs beside this file against it, as any user would.
#
#   cmake -D BUILD_DIR=... -D SCRATCH_DIR=... -D GENERATOR=...
#         -D CXX_COMPILER=... -D CXX_FLAGS=... -D PREFIX_PATH=...
#         -D FIRST_TYPE_ID=... -P run.cmake

set(prefix "${SCRATCH_DIR}/prefix")
set(build "${SCRATCH_DIR}/build")
file(REMOVE_RECURSE "${SCRATCH_DIR}")

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what} failed (${status}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run("installing" "${CMAKE_COMMAND}" --install "${BUILD_DIR}"
    --prefix "${prefix}")

# A header that reaches back into the build tree works here and nowhere else.
file(GLOB_RECURSE package_files "${prefix}/*.cmake")
foreach(file IN LISTS package_files)
  file(READ "${file}" text)
  string(FIND "${text}" "${BUILD_DIR}" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "${file} names the build directory")
  endif()
endforeach()

run("configuring the consumer" "${CMAKE_COMMAND}"
    -S "${CMAKE_CURRENT_LIST_DIR}" -B "${build}" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}"
    "-DCMAKE_PREFIX_PATH=${prefix};${PREFIX_PATH}")
run("building the consumer" "${CMAKE_COMMAND}" --build "${build}")

# expect(PROGRAM LINE): that the program prints it.
function(expect program line)
  run("running ${program}" "${build}/${program}")
  string(STRIP "${output}" output)
  if(NOT output STREQUAL line)
    message(FATAL_ERROR "${program} printed '${output}'")
  endif()
  message(STATUS "${program} printed '${output}'")
endfunction()

expect(consumer "a node came and went: \
message(consumer::greeting(\"hello\"), shutting_down, consumer::farewell(\"bye\")), \
its types from ${FIRST_TYPE_ID}")
expect(simulated "two simulated nodes exchanged 4 pings")
expect(own_transport "a transport from outside does what transports do")
