# What is not complete: files listed but not there, dependencies not there, files not listed.

# A folder that is being written must not keep everybody else from configuring: it warns, and only
# what needs the missing part does not build. `make lint` accepts no warning of CMake.

# Drops files that do not exist from the lists with the given names.
function(leasehold_keep_existing)
  foreach(name IN LISTS ARGN)
    set(kept)
    foreach(file IN LISTS ${name})
      if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
        list(APPEND kept "${file}")
      else()
        message(WARNING "listed, but not there: ${CMAKE_CURRENT_SOURCE_DIR}/${file}")
        file(GLOB ignored CONFIGURE_DEPENDS "${file}")  # configures anew once it is there
      endif()
    endforeach()
    set(${name} ${kept} PARENT_SCOPE)
  endforeach()
endfunction()

# Remembers that `target` needs the libraries of ARGN.
function(leasehold_expect_targets target)
  foreach(dependency IN LISTS ARGN)
    set_property(GLOBAL APPEND PROPERTY leasehold_expected "${target}@${dependency}")
  endforeach()
endfunction()

# Names the dependencies that no folder defines, and puts an empty library in the place of each.
function(leasehold_check_expected)
  get_property(expected GLOBAL PROPERTY leasehold_expected)
  foreach(pair IN LISTS expected)
    string(REGEX MATCH "^([^@]*)@(leasehold::(.*))$" ours "${pair}")
    if(ours AND NOT TARGET "${CMAKE_MATCH_2}")
      message(WARNING "${CMAKE_MATCH_1} needs ${CMAKE_MATCH_2}, which does not exist")
      add_library(leasehold_missing_${CMAKE_MATCH_3} INTERFACE)
      add_library(leasehold::${CMAKE_MATCH_3} ALIAS leasehold_missing_${CMAKE_MATCH_3})
    endif()
  endforeach()
endfunction()

# Names the sources that no target lists: nothing compiles or checks them. Only the syntax-only build
# asks; in the others every file would be reported while one is writing it.
function(leasehold_check_unlisted)
  file(GLOB_RECURSE present CONFIGURE_DEPENDS
    server/*.h server/*.cc storage/*.h storage/*.cc client/*.h client/*.cc tests/*.cc)
  list(FILTER present EXCLUDE REGEX "/node_modules/")
  get_property(listed GLOBAL PROPERTY leasehold_files)
  list(REMOVE_ITEM present ${listed} "${CMAKE_SOURCE_DIR}/tests/main.cc")
  if(present)
    list(JOIN present "\n  " present)
    message(WARNING "no CMakeLists.txt lists these files:\n  ${present}")
  endif()
endfunction()
