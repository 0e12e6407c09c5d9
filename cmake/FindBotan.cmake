# SPDX-License-Identifier: Apache-2.0
#
# Finds Botan 3 or 2 and defines Botan::Botan.

find_package(PkgConfig QUIET)
pkg_search_module(PC_BOTAN QUIET botan-3 botan-2)
find_path(Botan_INCLUDE_DIR botan/version.h HINTS ${PC_BOTAN_INCLUDE_DIRS}
          PATH_SUFFIXES botan-3 botan-2)
find_library(Botan_LIBRARY NAMES botan-3 botan-2
             HINTS ${PC_BOTAN_LIBRARY_DIRS})
if(PC_BOTAN_VERSION)
  set(Botan_VERSION "${PC_BOTAN_VERSION}")
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
