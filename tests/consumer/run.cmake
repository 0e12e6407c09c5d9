# SPDX-License-Identifier: Apache-2.0

# run(WHAT COMMAND...): runs it and sets `output`, or says what failed and how.
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what} failed (${status}):\n${output}")
  endif()
  string(STRIP "${output}" output)
  set(output "${output}" PARENT_SCOPE)
endfunction()

# expect(LINE PROGRAM...): that the program prints it, and nothing else.
function(expect line)
  run("running ${ARGN}" ${ARGN})
  if(NOT output STREQUAL line)
    message(FATAL_ERROR "${ARGN} printed '${output}'")
  endif()
  message(STATUS "${ARGN} printed '${output}'")
endfunction()
