# SPDX-License-Identifier: Apache-2.0

# troupe_make_page(SOURCE FOLDER): writes a C++ file with FOLDER/page.html in it,
# where the name of another file of that folder between two @ stands for what
# is in it.
function(troupe_make_page source folder)
  file(GLOB parts CONFIGURE_DEPENDS "${folder}/*.css" "${folder}/*.js")
  file(READ "${folder}/page.html" page)
  foreach(part IN LISTS parts)
    file(READ "${part}" text)
    get_filename_component(name "${part}" NAME)
    string(REPLACE "@${name}@" "${text}" page "${page}")
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    "${folder}/page.html" ${parts})
  string(CONCAT text
    "// Made of the files in tests/harness/page.\n"
    "#include <string_view>\n\n"
    "namespace troupe::testing {\n\n"
    "extern const std::string_view run_page_text;\n\n"
    "constexpr std::string_view run_page_text = R\"~page~(" "${page}"
    ")~page~\";\n\n"
    "} // namespace troupe::testing\n")
  set(old "")
  if(EXISTS "${source}")
    file(READ "${source}" old)
  endif()
  if(NOT old STREQUAL text)
    file(WRITE "${source}" "${text}")
  endif()
endfunction()
