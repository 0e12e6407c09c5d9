# SPDX-License-Identifier: Apache-2.0
#
# Finds Botan 3 or 2 and defines Botan::Botan. The header that is found first
# decides which of the two; the library has to be of the same major version.

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_search_module(PC_BOTAN QUIET botan-3 botan-2)
endif()

find_path(Botan_INCLUDE_DIR botan/build.h
  HINTS ${PC_BOTAN_INCLUDE_DIRS}
  PATH_SUFFIXES botan-3 botan-2)

if(Botan_INCLUDE_DIR)
  file(GLOB botan_headers "${Botan_INCLUDE_DIR}/botan/build.h"
       "${Botan_INCLUDE_DIR}/botan/version.h")
  set(Botan_VERSION "")
  foreach(part IN ITEMS MAJOR MINOR PATCH)
    set(botan_number "")
    foreach(header IN LISTS botan_headers)
      file(STRINGS "${header}" line
           REGEX "^#define +BOTAN_VERSION_${part} +[0-9]+")
      if(line MATCHES "BOTAN_VERSION_${part} +([0-9]+)")
        set(botan_number "${CMAKE_MATCH_1}")
        break()
      endif()
    endforeach()
    list(APPEND Botan_VERSION "${botan_number}")
  endforeach()
  list(GET Botan_VERSION 0 botan_major)
  list(JOIN Botan_VERSION "." Botan_VERSION)
  find_library(Botan_LIBRARY
    NAMES botan-${botan_major} botan
    HINTS ${PC_BOTAN_LIBRARY_DIRS})
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Botan
  REQUIRED_VARS Botan_LIBRARY Botan_INCLUDE_DIR
  VERSION_VAR Botan_VERSION)
if(Botan_FOUND AND NOT TARGET Botan::Botan)
  add_library(Botan::Botan UNKNOWN IMPORTED)
  set_target_properties(Botan::Botan PROPERTIES
    IMPORTED_LOCATION "${Botan_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Botan_INCLUDE_DIR}")
endif()
mark_as_advanced(Botan_INCLUDE_DIR Botan_LIBRARY)
