# SPDX-License-Identifier: Apache-2.0
#
# Finds libsystemd and defines Systemd::Systemd. Debian's package brings no
# package file of CMake's.

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(PC_SYSTEMD QUIET libsystemd)
endif()

find_path(Systemd_INCLUDE_DIR systemd/sd-daemon.h
  HINTS ${PC_SYSTEMD_INCLUDE_DIRS})
find_library(Systemd_LIBRARY systemd HINTS ${PC_SYSTEMD_LIBRARY_DIRS})
set(Systemd_VERSION "${PC_SYSTEMD_VERSION}")

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Systemd
  REQUIRED_VARS Systemd_LIBRARY Systemd_INCLUDE_DIR
  VERSION_VAR Systemd_VERSION)
if(Systemd_FOUND AND NOT TARGET Systemd::Systemd)
  add_library(Systemd::Systemd UNKNOWN IMPORTED)
  set_target_properties(Systemd::Systemd PROPERTIES
    IMPORTED_LOCATION "${Systemd_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Systemd_INCLUDE_DIR}")
endif()
mark_as_advanced(Systemd_INCLUDE_DIR Systemd_LIBRARY)
