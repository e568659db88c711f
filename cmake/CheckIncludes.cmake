# Fails when a file includes what its library did not declare; see IncludeRules.cmake. `rules` is
# the file that says which target, which files and what is allowed.
cmake_minimum_required(VERSION 3.25)
include("${rules}")
set(wrong)

# Notes that `file` may not include `header`, and which dependency is missing.
function(complain file header missing)
  file(RELATIVE_PATH shown "${root}" "${file}")
  list(APPEND wrong "${shown} includes ${header}, but ${target} does not depend on ${missing}")
  set(wrong "${wrong}" PARENT_SCOPE)
endfunction()

foreach(file IN LISTS files)
  file(STRINGS "${file}" lines REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[^<\"]*[<\"]([^>\"]*)[>\"].*$" "\\1" header "${line}")
    if(header MATCHES "^(server|storage|client|tests|leasehold|google/rpc)/")
      get_filename_component(folder "${header}" DIRECTORY)
      if(NOT folder IN_LIST folders)
        complain("${file}" "${header}" "the library of ${folder}/")
      endif()
    endif()
    foreach(rule IN LISTS outside)
      string(REGEX MATCH "^([^:]*):(.*)$" unused "${rule}")
      set(pattern "${CMAKE_MATCH_1}")
      set(needed "${CMAKE_MATCH_2}")
      if(header MATCHES "^${pattern}" AND NOT needed IN_LIST visible)
        complain("${file}" "${header}" "${needed}")
      endif()
    endforeach()
  endforeach()
endforeach()

if(wrong)
  list(JOIN wrong "\n  " wrong)
  message(FATAL_ERROR "wrong includes:\n  ${wrong}\n"
    "Either the dependency is missing in the folder's CMakeLists.txt (PUBLIC if a header needs it, "
    "else PRIVATE), or the code belongs elsewhere: dependencies point one way, "
    "api and broker -> leases, policy, ledger, vault -> storage -> base.")
endif()
