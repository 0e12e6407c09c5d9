# SPDX-License-Identifier: Apache-2.0
#
# Installs a build of Troupe, moves what was installed, and looks for whatever
# would only work on the machine of the builder.
#
#   cmake -D BUILD_DIR=... -D SOURCE_DIR=... -D CAF_PREFIX=... -D READELF=...
#         -D SCRATCH_DIR=... -P install.cmake

cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
include("${SOURCE_DIR}/cmake/TroupeHeaders.cmake")

set(prefix "${SCRATCH_DIR}/prefix")
file(REMOVE_RECURSE "${SCRATCH_DIR}")
run("installing" "${CMAKE_COMMAND}" --install "${BUILD_DIR}"
    --prefix "${SCRATCH_DIR}/before")
file(RENAME "${SCRATCH_DIR}/before" "${prefix}")

# -- no path of the builder ----------------------------------------------------

file(GLOB_RECURSE texts "${prefix}/*.cmake" "${prefix}/*.pc" "${prefix}/*.hpp")
foreach(file IN LISTS texts)
  file(READ "${file}" text)
  foreach(path IN ITEMS "${BUILD_DIR}" "${SOURCE_DIR}" "${CAF_PREFIX}"
                        "${SCRATCH_DIR}")
    string(FIND "${text}" "${path}" position)
    if(path AND NOT position EQUAL -1)
      message(FATAL_ERROR "${file} names ${path}")
    endif()
  endforeach()
endforeach()

file(GLOB_RECURSE programs LIST_DIRECTORIES false
  "${prefix}/bin/*" "${prefix}/*.so" "${prefix}/*.so.*")
foreach(file IN LISTS programs)
  if(READELF)
    run("readelf" "${READELF}" --wide --dynamic "${file}")
    if(output MATCHES "R(UN)?PATH[^\n]*\\[([^\n]*)\\]")
      string(REPLACE ":" ";" folders "${CMAKE_MATCH_2}")
      foreach(folder IN LISTS folders)
        if(NOT folder MATCHES "^\\$ORIGIN")
          message(FATAL_ERROR "${file} looks for libraries in ${folder}")
        endif()
      endforeach()
    endif()
  endif()
endforeach()
if(EXISTS "${prefix}/bin/troupe")
  run("the command, after it was moved" "${prefix}/bin/troupe" --help)
endif()

# -- a service that starts the program wherever it is ---------------------------

file(GLOB_RECURSE units "${prefix}/*.service")
foreach(file IN LISTS units)
  file(STRINGS "${file}" lines REGEX "^ExecStart=")
  if(NOT lines MATCHES "^ExecStart=troupe ")
    message(FATAL_ERROR "${file} starts a program at a fixed place: ${lines}")
  endif()
endforeach()
if(EXISTS "${prefix}/bin/troupe" AND NOT units)
  message(FATAL_ERROR "the command is installed without a service")
endif()

# -- the public headers, and what they need -----------------------------------

troupe_with_included(wanted "${SOURCE_DIR}" ${TROUPE_PUBLIC_HEADERS})
file(GLOB_RECURSE installed RELATIVE "${prefix}/include/troupe"
  "${prefix}/include/troupe/*.hpp")
list(SORT installed)
if(NOT installed STREQUAL wanted)
  message(FATAL_ERROR "installed: ${installed}\nexpected: ${wanted}")
endif()
list(LENGTH installed count)

# A node is made of values and interfaces; no rules of ours are among them.
troupe_with_included(of_node "${SOURCE_DIR}" actors/node/node.hpp)
list(LENGTH of_node count_of_node)
foreach(header IN LISTS of_node)
  if(NOT header MATCHES "^(messages|actors)/" AND NOT header MATCHES
     "/[a-z_]+_(actor|explanation|filter|inspect|limits?|messages|notice|options|payload|ref|report|size|window)\\.hpp$"
     AND NOT header STREQUAL "peerstore/rules/peer_class.hpp")
    message(FATAL_ERROR "node.hpp includes ${header}")
  endif()
endforeach()
message(STATUS "${count} headers, ${count_of_node} of them for node.hpp")

# -- the version stands in one place ------------------------------------------

file(STRINGS "${SOURCE_DIR}/CHANGELOG.md" headings REGEX "^## [0-9]")
list(GET headings 0 newest)
if(NOT newest MATCHES "^## ${VERSION}( |$)")
  message(FATAL_ERROR "the build is ${VERSION}; CHANGELOG.md begins with ${newest}")
endif()
