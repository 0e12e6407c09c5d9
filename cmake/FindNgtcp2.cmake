# SPDX-License-Identifier: Apache-2.0
#
# Finds ngtcp2 with its GnuTLS backend, and GnuTLS, and defines Ngtcp2::Ngtcp2
# for the three of them. Debian's packages bring no package files of CMake's.

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(PC_NGTCP2 QUIET libngtcp2 libngtcp2_crypto_gnutls gnutls)
endif()

find_path(Ngtcp2_INCLUDE_DIR ngtcp2/ngtcp2_crypto_gnutls.h
  HINTS ${PC_NGTCP2_INCLUDE_DIRS})
find_path(Ngtcp2_GNUTLS_INCLUDE_DIR gnutls/gnutls.h
  HINTS ${PC_NGTCP2_INCLUDE_DIRS})
find_library(Ngtcp2_LIBRARY ngtcp2 HINTS ${PC_NGTCP2_LIBRARY_DIRS})
find_library(Ngtcp2_CRYPTO_LIBRARY ngtcp2_crypto_gnutls
  HINTS ${PC_NGTCP2_LIBRARY_DIRS})
find_library(Ngtcp2_GNUTLS_LIBRARY gnutls HINTS ${PC_NGTCP2_LIBRARY_DIRS})

set(Ngtcp2_VERSION "")
if(Ngtcp2_INCLUDE_DIR)
  file(STRINGS "${Ngtcp2_INCLUDE_DIR}/ngtcp2/version.h" ngtcp2_line
       REGEX "^#define +NGTCP2_VERSION +\"[0-9.]+")
  if(ngtcp2_line MATCHES "\"([0-9.]+)")
    set(Ngtcp2_VERSION "${CMAKE_MATCH_1}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Ngtcp2
  REQUIRED_VARS Ngtcp2_LIBRARY Ngtcp2_CRYPTO_LIBRARY Ngtcp2_GNUTLS_LIBRARY
    Ngtcp2_INCLUDE_DIR Ngtcp2_GNUTLS_INCLUDE_DIR
  VERSION_VAR Ngtcp2_VERSION)
if(Ngtcp2_FOUND AND NOT TARGET Ngtcp2::Ngtcp2)
  add_library(Ngtcp2::Gnutls UNKNOWN IMPORTED)
  set_target_properties(Ngtcp2::Gnutls PROPERTIES
    IMPORTED_LOCATION "${Ngtcp2_GNUTLS_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Ngtcp2_GNUTLS_INCLUDE_DIR}")
  add_library(Ngtcp2::Core UNKNOWN IMPORTED)
  set_target_properties(Ngtcp2::Core PROPERTIES
    IMPORTED_LOCATION "${Ngtcp2_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Ngtcp2_INCLUDE_DIR}")
  add_library(Ngtcp2::Ngtcp2 UNKNOWN IMPORTED)
  set_target_properties(Ngtcp2::Ngtcp2 PROPERTIES
    IMPORTED_LOCATION "${Ngtcp2_CRYPTO_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Ngtcp2_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "Ngtcp2::Core;Ngtcp2::Gnutls")
endif()
mark_as_advanced(Ngtcp2_INCLUDE_DIR Ngtcp2_GNUTLS_INCLUDE_DIR Ngtcp2_LIBRARY
                 Ngtcp2_CRYPTO_LIBRARY Ngtcp2_GNUTLS_LIBRARY)
