# SPDX-License-Identifier: Apache-2.0
#
# What Debian expects of the files in its packages, and an installation elsewhere
# has no use for. CPack runs this when all files are in place, before it packs
# them.

cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER "${component}" name)
  set(package "${CPACK_DEBIAN_${name}_PACKAGE_NAME}")
  set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${component}")
  set(documents "${root}/usr/share/doc/${package}")

  # CPack strips what we link, and neither archives nor the CAF that comes along.
  file(GLOB_RECURSE archives "${root}/usr/lib/*.a")
  foreach(file IN LISTS archives)
    run("${CPACK_TROUPE_STRIP}" --strip-debug --remove-section=.comment
        --enable-deterministic-archives "${file}")
  endforeach()
  file(GLOB_RECURSE libraries "${root}/usr/lib/*/libcaf_*.so*")
  foreach(file IN LISTS libraries)
    if(NOT IS_SYMLINK "${file}")
      run("${CPACK_TROUPE_STRIP}" --strip-unneeded --remove-section=.comment
          "${file}")
    endif()
  endforeach()

  # `copyright` names it, and Debian has its text already.
  file(REMOVE "${documents}/LICENSE")
  file(WRITE "${documents}/changelog"
"${package} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * See CHANGELOG.md in the documents of the package troupe.

 -- ${CPACK_PACKAGE_CONTACT}  ${CPACK_TROUPE_CHANGED}
")
  file(GLOB_RECURSE pages "${root}/usr/share/man/*.[1-9]")
  foreach(file IN LISTS pages ITEMS "${documents}/changelog")
    run(gzip -9n "${file}")
  endforeach()
  if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/${package}.lintian-overrides")
    file(MAKE_DIRECTORY "${root}/usr/share/lintian/overrides")
    file(COPY_FILE "${CMAKE_CURRENT_LIST_DIR}/${package}.lintian-overrides"
      "${root}/usr/share/lintian/overrides/${package}")
  endif()
endforeach()
