# The functions that describe our targets. A folder's CMakeLists.txt looks like this:
#
#   leasehold_library(
#     NAME leases
#     SRCS watermarks.cc
#     HDRS watermarks.h
#     PUBLIC leasehold::base absl::status   # what our headers include
#     PRIVATE absl::strings)                # what only our .cc files include
#
# gives `leasehold::leases`. Headers are included from the repository root, and only those of
# declared dependencies may be; see IncludeRules.cmake.

include(IncludeRules)

add_library(leasehold_root INTERFACE)
target_include_directories(leasehold_root INTERFACE "${CMAKE_SOURCE_DIR}")

# Adds every folder at or below `area` that has a CMakeLists.txt.
function(leasehold_add_folders area)
  file(GLOB_RECURSE lists CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}"
    "${CMAKE_SOURCE_DIR}/${area}/CMakeLists.txt")
  list(FILTER lists EXCLUDE REGEX "/node_modules/")
  foreach(list IN LISTS lists)
    get_filename_component(folder "${list}" DIRECTORY)
    add_subdirectory("${folder}")
  endforeach()
endfunction()

# What all our own targets share, and third-party and generated code does not.
function(leasehold_own_code target)
  target_compile_options(${target} PRIVATE ${LEASEHOLD_WARNINGS})
endfunction()

# leasehold_library(NAME n [SRCS ...] [HDRS ...] [PUBLIC ...] [PRIVATE ...] [PCH grpc|proto|none])
# Without SRCS the library is its headers alone.
function(leasehold_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;PCH" "SRCS;HDRS;PUBLIC;PRIVATE")
  leasehold_check_arguments("leasehold_library" "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  leasehold_keep_existing(arg_SRCS arg_HDRS)
  set(target leasehold_${arg_NAME})
  if(NOT arg_SRCS)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE leasehold_root ${arg_PUBLIC} ${arg_PRIVATE})
    set(header_scope INTERFACE)
  else()
    set(kind STATIC)
    if(LEASEHOLD_SYNTAX_ONLY)
      set(kind OBJECT)
    endif()
    add_library(${target} ${kind} ${arg_SRCS})
    target_link_libraries(${target} PUBLIC leasehold_root ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    leasehold_own_code(${target})
    leasehold_use_pch(${target} "${arg_PCH}")
    set(header_scope PUBLIC)
  endif()
  if(LEASEHOLD_SYNTAX_ONLY AND arg_HDRS)
    # Lets the target all_verify_interface_header_sets compile each header alone.
    target_sources(${target} ${header_scope}
      FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}" FILES ${arg_HDRS})
  endif()
  add_library(leasehold::${arg_NAME} ALIAS ${target})
  leasehold_expect_targets(${target} ${arg_PUBLIC} ${arg_PRIVATE})
  leasehold_declare_folder(${target} FILES ${arg_SRCS} ${arg_HDRS}
    PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# leasehold_executable(NAME n SRCS ... DEPS ... [PCH grpc|proto|none]): a program in build/bin.
function(leasehold_executable)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;PCH" "SRCS;DEPS")
  leasehold_check_arguments("leasehold_executable" "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  leasehold_keep_existing(arg_SRCS)
  leasehold_program(${arg_NAME} "${LEASEHOLD_BIN_DIR}" ${arg_SRCS})
  leasehold_expect_targets(${arg_NAME} ${arg_DEPS})
  target_link_libraries(${arg_NAME} PRIVATE leasehold_root ${arg_DEPS})
  leasehold_use_pch(${arg_NAME} "${arg_PCH}")
  leasehold_declare_folder(${arg_NAME} FILES ${arg_SRCS} PRIVATE ${arg_DEPS})
endfunction()

# The tests that `make test-tsan` runs: those of folders that do not know gRPC, because Debian's is
# not instrumented and the thread sanitizer then reports races that are none.
set(below_api "(unit|faults)/(server/(base|config|ledger|leases|policy|vault)|storage)|sanitizers")
set(LEASEHOLD_BELOW_API "^${CMAKE_SOURCE_DIR}/tests/(${below_api})")
add_custom_target(tsan_tests)

# leasehold_test(NAME n SRCS ... DEPS ... [LABELS unit|integration|e2e|fault|long ...]
#                [TIMEOUT seconds] [PCH catch|grpc|proto|none])
# A Catch2 program with the shared main of tests/main.cc. It is one entry of ctest: asking each
# program for its cases after linking, and starting it once a case, costs more than the cases do;
# a failing program prints the sentences of the cases that failed. It runs in the repository root,
# so that data files are found as tests/....
function(leasehold_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;PCH;TIMEOUT" "SRCS;DEPS;LABELS")
  leasehold_check_arguments("leasehold_test" "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_PCH)
    set(arg_PCH catch)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  foreach(label IN LISTS arg_LABELS)
    if(NOT label MATCHES "^(unit|integration|e2e|fault|long)$")
      message(FATAL_ERROR "leasehold_test ${arg_NAME}: there is no label ${label}")
    endif()
  endforeach()
  leasehold_keep_existing(arg_SRCS)
  leasehold_program(${arg_NAME} "${CMAKE_BINARY_DIR}/tests" ${arg_SRCS})
  leasehold_expect_targets(${arg_NAME} ${arg_DEPS})
  target_link_libraries(${arg_NAME} PRIVATE
    leasehold_root leasehold_test_main Catch2::Catch2 ${arg_DEPS})
  leasehold_use_pch(${arg_NAME} "${arg_PCH}")
  if(NOT LEASEHOLD_SYNTAX_ONLY)
    if(LEASEHOLD_SANITIZER STREQUAL "thread" AND
       CMAKE_CURRENT_SOURCE_DIR MATCHES "${LEASEHOLD_BELOW_API}")
      list(APPEND arg_LABELS tsan)
      add_dependencies(tsan_tests ${arg_NAME})
    endif()
    add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(${arg_NAME} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()

# A folder that is being written, with files listed but not there or a dependency not there, must not
# keep everybody else from configuring: it warns, and only what needs the missing part does not
# build. The syntax-only build, and so `make lint`, refuses it.
if(LEASEHOLD_SYNTAX_ONLY)
  set(LEASEHOLD_INCOMPLETE FATAL_ERROR)
else()
  set(LEASEHOLD_INCOMPLETE WARNING)
endif()

# Drops files that do not exist from the lists with the given names.
function(leasehold_keep_existing)
  foreach(name IN LISTS ARGN)
    set(kept)
    foreach(file IN LISTS ${name})
      if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
        list(APPEND kept "${file}")
      else()
        message(${LEASEHOLD_INCOMPLETE} "listed, but not there: ${CMAKE_CURRENT_SOURCE_DIR}/${file}")
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
      message(${LEASEHOLD_INCOMPLETE} "${CMAKE_MATCH_1} needs ${CMAKE_MATCH_2}, which does not exist")
      add_library(leasehold_missing_${CMAKE_MATCH_3} INTERFACE)
      add_library(leasehold::${CMAKE_MATCH_3} ALIAS leasehold_missing_${CMAKE_MATCH_3})
    endif()
  endforeach()
endfunction()

# A program of ours, or in the syntax-only build its sources.
function(leasehold_program name output_dir)
  set(sources ${ARGN})
  if(NOT sources)  # see leasehold_keep_existing
    set(sources "${CMAKE_BINARY_DIR}/nothing.cc")
    file(CONFIGURE OUTPUT "${sources}" CONTENT "")
  endif()
  if(LEASEHOLD_SYNTAX_ONLY)
    add_library(${name} OBJECT ${sources})
  else()
    add_executable(${name} ${sources})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${output_dir}")
  endif()
  leasehold_own_code(${name})
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE paths)
  set_property(GLOBAL APPEND PROPERTY leasehold_files ${paths})
endfunction()

function(leasehold_check_arguments function name unparsed)
  if(NOT name)
    message(FATAL_ERROR "${function}: NAME is missing")
  endif()
  if(unparsed)
    message(FATAL_ERROR "${function} ${name}: what is '${unparsed}'?")
  endif()
endfunction()

# Declares a target of the current folder; its files may lie in sub-folders too.
function(leasehold_declare_folder target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FILES;PUBLIC;PRIVATE")
  list(TRANSFORM arg_FILES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE paths)
  set(folders)
  foreach(path IN LISTS paths)
    get_filename_component(folder "${path}" DIRECTORY)
    file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${folder}")
    list(APPEND folders "${folder}")
  endforeach()
  list(REMOVE_DUPLICATES folders)
  set_property(GLOBAL APPEND PROPERTY leasehold_files ${paths})
  leasehold_declare(${target} FOLDERS ${folders} CHECK ${paths}
    PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# Fails for sources that no target lists: nothing would compile or check them. Only the syntax-only
# build asks, so that a file may exist before it is listed while one is writing it.
function(leasehold_check_unlisted)
  file(GLOB_RECURSE present CONFIGURE_DEPENDS
    server/*.h server/*.cc storage/*.h storage/*.cc client/*.h client/*.cc tests/*.cc)
  list(FILTER present EXCLUDE REGEX "/node_modules/")
  get_property(listed GLOBAL PROPERTY leasehold_files)
  list(REMOVE_ITEM present ${listed} "${CMAKE_SOURCE_DIR}/tests/main.cc")
  if(present)
    list(JOIN present "\n  " present)
    message(FATAL_ERROR "no CMakeLists.txt lists these files:\n  ${present}")
  endif()
endfunction()
