# SPDX-License-Identifier: Apache-2.0
#
# Runs the same seeds in two processes: each seed has to give the same trace
# twice, and no two seeds the same.
#
#   cmake -DSIM=... -DMODE=mconn -DSEEDS=100 -DNODES=20 -P same_hash.cmake

foreach(run first second)
  execute_process(
    COMMAND "${SIM}" --seeds "${SEEDS}" --nodes "${NODES}" --mode "${MODE}"
            --minutes 0.5 --hashes
    OUTPUT_VARIABLE output ERROR_QUIET RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "the ${run} run failed:\n${output}")
  endif()
  string(REGEX MATCHALL "seed=[0-9]+ hash=[0-9a-f]+" ${run} "${output}")
  list(SORT ${run})
endforeach()

list(LENGTH first count)
if(NOT count EQUAL SEEDS)
  message(FATAL_ERROR "expected ${SEEDS} hashes, found ${count}")
endif()
if(NOT first STREQUAL second)
  message(FATAL_ERROR "two runs differ:\n${first}\n${second}")
endif()
list(TRANSFORM first REPLACE "seed=[0-9]+ " "" OUTPUT_VARIABLE hashes)
list(REMOVE_DUPLICATES hashes)
list(LENGTH hashes different)
if(NOT different EQUAL SEEDS)
  message(FATAL_ERROR "${SEEDS} seeds gave only ${different} traces")
endif()
message(STATUS "${SEEDS} seeds, twice: the same traces, all different")
