# SPDX-License-Identifier: Apache-2.0
#
# Bundles the page of `troupe crawl --html`, for which packages come from npm:
#
#     cmake -DNPM=... -DNODE=... -DSOURCE_DIR=... -DSCRATCH_DIR=... -DOUTPUT=... -P BuildCrawlPage.cmake
#
# Where they cannot be had, the command does without the page, and says so. With
# TROUPE_REQUIRE_INTEROP, as in CI, that is an error.
file(MAKE_DIRECTORY "${SCRATCH_DIR}")
foreach(file .npmrc build.mjs package.json package-lock.json page.css page.html src)
  file(COPY "${SOURCE_DIR}/${file}" DESTINATION "${SCRATCH_DIR}")
endforeach()
get_filename_component(folder "${OUTPUT}" DIRECTORY)
file(MAKE_DIRECTORY "${folder}")
# Install scripts would run what nobody has looked at, and nothing needs them.
execute_process(
  COMMAND "${NPM}" ci --ignore-scripts --no-audit --no-fund
    --fetch-retries=1 --fetch-timeout=20000
  WORKING_DIRECTORY "${SCRATCH_DIR}"
  RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(status EQUAL 0)
  execute_process(
    COMMAND "${NODE}" build.mjs "${OUTPUT}"
    WORKING_DIRECTORY "${SCRATCH_DIR}"
    RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
endif()
if(NOT status EQUAL 0)
  file(REMOVE "${OUTPUT}")
  if(DEFINED ENV{TROUPE_REQUIRE_INTEROP})
    message(FATAL_ERROR "cannot build the page of 'troupe crawl':\n${text}")
  endif()
  message(WARNING "cannot build the page of 'troupe crawl', which goes without "
                  "'--html' then:\n${text}")
endif()
