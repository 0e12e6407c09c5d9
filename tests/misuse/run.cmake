# SPDX-License-Identifier: Apache-2.0
#
# Compiles misuse.cpp, which must fail, and looks for all that it says the
# compiler says.
#
#   cmake -D CXX_COMPILER=... -D INCLUDES=... -D DEFINITIONS=... -P run.cmake

cmake_minimum_required(VERSION 3.25)

set(source "${CMAKE_CURRENT_LIST_DIR}/misuse.cpp")
list(REMOVE_ITEM INCLUDES "")
list(REMOVE_ITEM DEFINITIONS "")
list(TRANSFORM INCLUDES PREPEND "-I")
list(TRANSFORM DEFINITIONS PREPEND "-D")
execute_process(
  COMMAND "${CXX_COMPILER}" -std=c++20 -w -fsyntax-only ${INCLUDES}
          ${DEFINITIONS} "${source}"
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0)
  message(FATAL_ERROR "it compiles")
endif()

file(STRINGS "${source}" lines REGEX "^// says: ")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^// says: " "" expected "${line}")
  # Where compilers differ, there is a text for each.
  string(REPLACE "|" ";" texts "${expected}")
  set(position -1)
  foreach(text IN LISTS texts)
    if(position EQUAL -1)
      string(FIND "${output}" "${text}" position)
    endif()
  endforeach()
  if(position EQUAL -1)
    message(FATAL_ERROR "the compiler does not say (once more): ${expected}\n"
                        "What is left of what it says:\n${output}")
  endif()
  # Each counts once.
  string(SUBSTRING "${output}" 0 ${position} before)
  math(EXPR position "${position} + 1")
  string(SUBSTRING "${output}" ${position} -1 behind)
  set(output "${before}${behind}")
endforeach()
list(LENGTH lines count)
message(STATUS "${count} mistakes do not compile, and the compiler says why")
