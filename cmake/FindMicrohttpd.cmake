# SPDX-License-Identifier: Apache-2.0
#
# Finds GNU libmicrohttpd and defines Microhttpd::Microhttpd.

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(PC_MICROHTTPD QUIET libmicrohttpd)
endif()

find_path(Microhttpd_INCLUDE_DIR microhttpd.h
  HINTS ${PC_MICROHTTPD_INCLUDE_DIRS})
find_library(Microhttpd_LIBRARY microhttpd
  HINTS ${PC_MICROHTTPD_LIBRARY_DIRS})
set(Microhttpd_VERSION "${PC_MICROHTTPD_VERSION}")

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Microhttpd
  REQUIRED_VARS Microhttpd_LIBRARY Microhttpd_INCLUDE_DIR
  VERSION_VAR Microhttpd_VERSION)
if(Microhttpd_FOUND AND NOT TARGET Microhttpd::Microhttpd)
  add_library(Microhttpd::Microhttpd UNKNOWN IMPORTED)
  set_target_properties(Microhttpd::Microhttpd PROPERTIES
    IMPORTED_LOCATION "${Microhttpd_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Microhttpd_INCLUDE_DIR}")
endif()
mark_as_advanced(Microhttpd_INCLUDE_DIR Microhttpd_LIBRARY)
