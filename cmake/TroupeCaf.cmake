# SPDX-License-Identifier: Apache-2.0
#
# Which CAF an installation uses. That of a system is there on other machines,
# too. One from elsewhere, such as the one that cmake/bootstrap builds, comes
# along, in a folder of its own: /usr/include/caf may be another version's. It is
# shared rather than linked into our libraries, as a program that uses Troupe
# uses CAF itself, and two copies of it in a process would be two actor systems.

# troupe_choose_caf(): sets TROUPE_SHIP_CAF, and TROUPE_CAF_PREFIX and
# TROUPE_CAF_DESTINATION, where it is and where it goes to. Call it once CAF is
# found.
macro(troupe_choose_caf)
  cmake_path(GET CAF_DIR PARENT_PATH TROUPE_CAF_PREFIX)
  cmake_path(GET TROUPE_CAF_PREFIX PARENT_PATH TROUPE_CAF_PREFIX)
  cmake_path(GET TROUPE_CAF_PREFIX PARENT_PATH TROUPE_CAF_PREFIX)
  set(troupe_foreign_caf OFF)
  if(NOT TROUPE_CAF_PREFIX MATCHES "^/usr(/local)?(/lib.*)?$"
     AND EXISTS "${TROUPE_CAF_PREFIX}/include/caf/all.hpp"
     AND EXISTS "${TROUPE_CAF_PREFIX}/lib/cmake/CAF/CAFConfig.cmake")
    set(troupe_foreign_caf ON)
  endif()
  option(TROUPE_SHIP_CAF "Install CAF beside Troupe, as the system has none"
         ${troupe_foreign_caf})
  if(TROUPE_SHIP_CAF AND NOT troupe_foreign_caf)
    message(FATAL_ERROR "TROUPE_SHIP_CAF: expected a CAF outside of the "
      "system's paths, with include/ and lib/ below one folder; found ${CAF_DIR}")
  endif()
  set(TROUPE_CAF_DESTINATION "${CMAKE_INSTALL_LIBDIR}/troupe/caf")
endmacro()

# troupe_run_path(TARGET FOLDER): lets a program or library that is installed in
# FOLDER find what is installed with it, wherever all of that is moved to.
function(troupe_run_path target folder)
  set(path)
  if(BUILD_SHARED_LIBS)
    file(RELATIVE_PATH way "/${folder}" "/${CMAKE_INSTALL_LIBDIR}")
    string(REGEX REPLACE "/$" "" way "$ORIGIN/${way}")
    list(APPEND path "${way}")
  endif()
  if(TROUPE_SHIP_CAF)
    file(RELATIVE_PATH way "/${folder}" "/${TROUPE_CAF_DESTINATION}/lib")
    list(APPEND path "$ORIGIN/${way}")
  endif()
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "${path}")
endfunction()

# troupe_install_caf(): puts it where the libraries look for it.
function(troupe_install_caf)
  if(NOT TROUPE_SHIP_CAF)
    return()
  endif()
  install(DIRECTORY "${TROUPE_CAF_PREFIX}/lib/"
    DESTINATION "${TROUPE_CAF_DESTINATION}/lib"
    COMPONENT runtime
    FILES_MATCHING PATTERN "libcaf_core.so*" PATTERN "libcaf_io.so*"
    PATTERN "libcaf_openssl.so*"
    PATTERN cmake EXCLUDE)
  install(DIRECTORY "${TROUPE_CAF_PREFIX}/lib/cmake/CAF"
    DESTINATION "${TROUPE_CAF_DESTINATION}/lib/cmake"
    COMPONENT development)
  install(DIRECTORY "${TROUPE_CAF_PREFIX}/include/caf"
    DESTINATION "${TROUPE_CAF_DESTINATION}/include"
    COMPONENT development)
endfunction()
