# SPDX-License-Identifier: Apache-2.0
#
# What simulations have in the place of things of real life is in no library or
# program for real life: in none of these files is there a symbol of the harness.
#
#   cmake -DNM=nm -DFILES=libtroupe.a,troupe -DHARNESS=libtroupe_testing_core.a
#         -P not_in_product.cmake

set(namespace "troupe7testing")

function(find_symbols file result)
  execute_process(COMMAND "${NM}" "${file}"
    OUTPUT_VARIABLE symbols ERROR_QUIET RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "cannot read ${file}")
  endif()
  string(REGEX MATCHALL "[^ \n]*${namespace}[^ \n]*" found "${symbols}")
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

# Whoever looks for the wrong thing finds nothing.
find_symbols("${HARNESS}" stand_in)
if(NOT stand_in MATCHES "make_sim_tls")
  message(FATAL_ERROR "${HARNESS} has no handshake of simulations")
endif()

string(REPLACE "," ";" files "${FILES}")
foreach(file IN LISTS files)
  find_symbols("${file}" found)
  if(found)
    message(FATAL_ERROR "${file} has parts of the harness: ${found}")
  endif()
endforeach()
