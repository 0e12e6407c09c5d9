# SPDX-License-Identifier: Apache-2.0
#
# Packs a build as Debian packages, and looks at what they put on a machine.
#
#   cmake -D BUILD_DIR=... -D SCRATCH_DIR=... -D VERSION=... -D CPACK=...
#         -P debian.cmake

cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

foreach(tool IN ITEMS dpkg-deb dpkg-shlibdeps file gzip)
  find_program(found_${tool} ${tool})
  if(NOT found_${tool})
    message("skipped: ${tool} is missing")
    return()
  endif()
endforeach()

file(REMOVE_RECURSE "${SCRATCH_DIR}")
file(MAKE_DIRECTORY "${SCRATCH_DIR}")
run("packing" "${CPACK}" --config "${BUILD_DIR}/CPackConfig.cmake"
    -B "${SCRATCH_DIR}")

# -- what each of them puts where ----------------------------------------------

set(packages)
foreach(name IN ITEMS troupe libtroupe-dev)
  file(GLOB package "${SCRATCH_DIR}/${name}_${VERSION}_*.deb")
  list(LENGTH package count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "expected one ${name} of ${VERSION}: ${package}")
  endif()
  list(APPEND packages "${package}")
  set(root "${SCRATCH_DIR}/${name}")
  run("unpacking" dpkg-deb --raw-extract "${package}" "${root}")

  # Root's, below /usr, and nobody else may change it.
  run("listing" dpkg-deb --contents "${package}")
  string(REPLACE "\n" ";" lines "${output}")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^(l.........|[-d]rw[-x]r-[-x]r-[-x]) root/root .* \\./(usr/.*)?$")
      message(FATAL_ERROR "${name} should not bring this: ${line}")
    endif()
  endforeach()
  foreach(document IN ITEMS copyright changelog.gz)
    if(NOT EXISTS "${root}/usr/share/doc/${name}/${document}")
      message(FATAL_ERROR "${name} has no ${document}")
    endif()
  endforeach()
endforeach()

file(GLOB scripts "${SCRATCH_DIR}/troupe/DEBIAN/p*")
list(LENGTH scripts count)
if(NOT count EQUAL 3)
  message(FATAL_ERROR "expected postinst, prerm and postrm: ${scripts}")
endif()
foreach(script IN LISTS scripts)
  run("reading ${script}" sh -n "${script}")
endforeach()
run("the command, unpacked" "${SCRATCH_DIR}/troupe/usr/bin/troupe" --version)
if(NOT output MATCHES "^troupe-${VERSION},")
  message(FATAL_ERROR "expected ${VERSION}: ${output}")
endif()

# -- what they depend on -------------------------------------------------------

list(POP_FRONT packages command development)
run("what troupe depends on" dpkg-deb --field "${command}" Depends)
if(NOT output MATCHES "libstdc\\+\\+6 " OR output MATCHES "libcaf")
  message(FATAL_ERROR "expected libraries of the system, and CAF inside: ${output}")
endif()
# They share one CAF, so that no other version will do.
run("what libtroupe-dev depends on" dpkg-deb --field "${development}" Depends)
string(FIND "${output}, " "troupe (= ${VERSION}), " position)
if(NOT position EQUAL 0)
  message(FATAL_ERROR "expected troupe of ${VERSION}: ${output}")
endif()

find_program(LINTIAN lintian)
if(LINTIAN)
  run("lintian" "${LINTIAN}" --allow-root --fail-on error,warning
      "${command}" "${development}")
  message(STATUS "lintian: ${output}")
endif()
