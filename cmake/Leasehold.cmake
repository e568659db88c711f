# The functions that describe our libraries and programs; Tests.cmake has those for tests. A folder's
# CMakeLists.txt looks like this:
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
include(Unfinished)

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

# leasehold_library(NAME n [SRCS ...] [HDRS ...] [PUBLIC ...] [PRIVATE ...] [PCH grpc|proto|beast|none])
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

# leasehold_executable(NAME n SRCS ... DEPS ... [PCH grpc|proto|beast|none]): a program in build/bin.
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
