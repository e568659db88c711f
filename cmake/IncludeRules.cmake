# "A wrong include does not build": all headers are reachable from the repository root and from
# /usr/include, so the compiler alone would let server/base include the broker. Before a library is
# compiled, CheckIncludes.cmake reads the #include lines of its files and wants each of them to be
# covered by what the library declares: its PUBLIC and PRIVATE dependencies, and what those declare
# PUBLIC in turn, as CMake has it for link libraries.

# Headers from outside, and the target a folder has to name before it may include them.
set(LEASEHOLD_OUTSIDE_HEADERS
  "grpc(pp)?/:gRPC::grpc++"
  "google/protobuf/:protobuf::libprotobuf"
  "openssl/:OpenSSL::Crypto"
  "sodium[.]h:sodium::sodium"
  "sqlite3[.]h:SQLite::SQLite3"
  "boost/:Boost::headers"
  "nghttp2/:PkgConfig::nghttp2"
  "re2/:re2::re2"
  "CLI/:CLI11::CLI11"
  "yaml-cpp/:yaml-cpp::yaml-cpp"
  "prometheus/:prometheus-cpp::core")

# Remembers a target until all folders are known. FOLDERS are those whose headers it gives to
# others, CHECK the files to read, PUBLIC and PRIVATE its dependencies.
function(leasehold_declare target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FOLDERS;CHECK;PUBLIC;PRIVATE")
  set_property(GLOBAL APPEND PROPERTY leasehold_targets ${target})
  foreach(what FOLDERS CHECK PUBLIC PRIVATE)
    set_property(GLOBAL PROPERTY leasehold_${what}_${target} ${arg_${what}})
  endforeach()
endfunction()

# Puts into `out` all targets whose headers those of ARGN hand on, themselves included. `path` is
# the way here, to name a circle by its members.
function(leasehold_reachable out path)
  set(found)
  foreach(name IN LISTS ARGN)
    list(APPEND found ${name})
    string(REGEX REPLACE "^leasehold::" "leasehold_" target "${name}")
    if(target IN_LIST path)
      list(JOIN path " -> " way)
      message(FATAL_ERROR "these folders depend on each other in a circle: ${way} -> ${target}")
    endif()
    get_property(public GLOBAL PROPERTY leasehold_PUBLIC_${target})
    if(public)
      leasehold_reachable(more "${path};${target}" ${public})
      list(APPEND found ${more})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# Makes the check of every declared target a step before its compilation.
function(leasehold_check_includes)
  get_property(targets GLOBAL PROPERTY leasehold_targets)
  foreach(target IN LISTS targets)
    get_property(files GLOBAL PROPERTY leasehold_CHECK_${target})
    get_property(folders GLOBAL PROPERTY leasehold_FOLDERS_${target})
    get_property(public GLOBAL PROPERTY leasehold_PUBLIC_${target})
    get_property(private GLOBAL PROPERTY leasehold_PRIVATE_${target})
    leasehold_reachable(visible "${target}" ${public} ${private})
    if(NOT files)
      continue()
    endif()
    foreach(name IN LISTS visible)
      string(REGEX REPLACE "^leasehold::" "leasehold_" dependency "${name}")
      get_property(more GLOBAL PROPERTY leasehold_FOLDERS_${dependency})
      list(APPEND folders ${more})
    endforeach()
    set(rules "${CMAKE_BINARY_DIR}/includes/${target}.cmake")
    file(CONFIGURE OUTPUT "${rules}" @ONLY CONTENT [[
set(target "@target@")
set(root "@CMAKE_SOURCE_DIR@")
set(files "@files@")
set(folders "@folders@")
set(visible "@visible@")
set(outside "@LEASEHOLD_OUTSIDE_HEADERS@")
]])
    set(stamp "${CMAKE_BINARY_DIR}/includes/${target}.stamp")
    set(script "${CMAKE_SOURCE_DIR}/cmake/CheckIncludes.cmake")
    add_custom_command(OUTPUT "${stamp}"
      COMMAND "${CMAKE_COMMAND}" "-Drules=${rules}" -P "${script}"
      COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
      DEPENDS ${files} "${rules}" "${script}"
      COMMENT "Checking what ${target} includes" VERBATIM)
    add_custom_target(${target}_includes DEPENDS "${stamp}")
    add_dependencies(${target} ${target}_includes)
  endforeach()
endfunction()
