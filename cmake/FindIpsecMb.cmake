# SPDX-License-Identifier: Apache-2.0
#
# Finds Intel's Multi-Buffer Crypto for IPsec, which is for x86-64 only, and
# defines IpsecMb::IpsecMb. Debian's package brings no package file of CMake's.

find_path(IpsecMb_INCLUDE_DIR intel-ipsec-mb.h)
find_library(IpsecMb_LIBRARY IPSec_MB)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(IpsecMb
  REQUIRED_VARS IpsecMb_LIBRARY IpsecMb_INCLUDE_DIR)
if(IpsecMb_FOUND AND NOT TARGET IpsecMb::IpsecMb)
  add_library(IpsecMb::IpsecMb UNKNOWN IMPORTED)
  set_target_properties(IpsecMb::IpsecMb PROPERTIES
    IMPORTED_LOCATION "${IpsecMb_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${IpsecMb_INCLUDE_DIR}")
endif()
mark_as_advanced(IpsecMb_INCLUDE_DIR IpsecMb_LIBRARY)
