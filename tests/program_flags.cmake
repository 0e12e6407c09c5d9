# SPDX-License-Identifier: Apache-2.0
#
# Reads from a program and the libraries in it whether the build did what it
# promises: `hardened` for programs that are used, `checked` for those that look
# for faults.
#
#   cmake -DREADELF=... -DPROGRAM=... -DLIBRARIES=... -DPROMISE=hardened
#         -P program_flags.cmake

if(NOT READELF)
  message("skipped: readelf is missing (Debian: binutils)")
  return()
endif()

function(read_elf result)
  execute_process(COMMAND "${READELF}" --wide ${ARGN}
    OUTPUT_VARIABLE output ERROR_QUIET RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${READELF} ${ARGN} failed")
  endif()
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

set(missing)
function(expect what text pattern)
  if(NOT text MATCHES "${pattern}")
    set(missing ${missing} "${what}" PARENT_SCOPE)
  endif()
endfunction()

# What our own code calls, library by library.
set(called)
foreach(library IN LISTS LIBRARIES)
  get_filename_component(name "${library}" NAME)
  read_elf(symbols --symbols "${library}")
  string(REGEX MATCHALL " UND [^\n]+" undefined "${symbols}")
  string(APPEND called "${undefined}")
  if(PROMISE STREQUAL "hardened")
    expect("${name}: stack protector" "${undefined}" "__stack_chk_fail")
  else()
    expect("${name}: _GLIBCXX_ASSERTIONS" "${undefined}"
      "__glibcxx_assert_fail")
  endif()
endforeach()
if(PROMISE STREQUAL "hardened")
  expect("_FORTIFY_SOURCE" "${called}" " UND __[a-z]+_chk[@;]")
  read_elf(program --file-header --program-headers --dynamic "${PROGRAM}")
  expect("position independent" "${program}" "Type: +DYN")
  expect("position independent program" "${program}" "FLAGS_1[^\n]* PIE")
  expect("GNU_RELRO" "${program}" "GNU_RELRO")
  expect("BIND_NOW" "${program}" "BIND_NOW|FLAGS_1[^\n]* NOW")
  expect("stack that is not executable" "${program}" "GNU_STACK[^\n]* RW ")
endif()

if(missing)
  list(JOIN missing ", " missing)
  message(FATAL_ERROR "${PROGRAM} is not ${PROMISE}: ${missing}")
endif()
message(STATUS "${PROGRAM} is ${PROMISE}")
