# The functions that describe our tests.

# The tests that `make test-tsan` runs: those of these folders. None of them knows gRPC, because
# Debian's is not instrumented and the thread sanitizer then reports races that are none.
set(below_api
  "unit/(server/(base|config|ledger|leases|policy|vault)|storage)|faults(/vfs)?$|sanitizers")
set(LEASEHOLD_BELOW_API "^${CMAKE_SOURCE_DIR}/tests/(${below_api})")
add_custom_target(tsan_tests)

# leasehold_test(NAME n SRCS ... DEPS ... [LABELS unit|integration|e2e|fault|long ...]
#                [TIMEOUT seconds] [ALONE] [PCH catch|grpc|proto|beast|none])
# A Catch2 program with the shared main of tests/main.cc. It is one entry of ctest: asking each
# program for its cases after linking, and starting it once a case, costs more than the cases do;
# a failing program prints the sentences of the cases that failed. It runs in the repository root,
# so that data files are found as tests/..., and finds our programs in $LEASEHOLD_BIN_DIR.
function(leasehold_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "ALONE" "NAME;PCH;TIMEOUT" "SRCS;DEPS;LABELS")
  leasehold_check_arguments("leasehold_test" "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  if(NOT arg_PCH)
    set(arg_PCH catch)
  endif()
  leasehold_keep_existing(arg_SRCS)
  leasehold_program(${arg_NAME} "${CMAKE_BINARY_DIR}/tests" ${arg_SRCS})
  leasehold_expect_targets(${arg_NAME} ${arg_DEPS})
  target_link_libraries(${arg_NAME} PRIVATE
    leasehold_root leasehold_test_main Catch2::Catch2 ${arg_DEPS})
  leasehold_use_pch(${arg_NAME} "${arg_PCH}")
  if(NOT LEASEHOLD_SYNTAX_ONLY)
    if(LEASEHOLD_SANITIZER STREQUAL "thread" AND
       CMAKE_CURRENT_SOURCE_DIR MATCHES "${LEASEHOLD_BELOW_API}")
      list(APPEND arg_LABELS tsan)  # beside the folder's own
      add_dependencies(tsan_tests ${arg_NAME})
    endif()
    leasehold_register_test(${arg_NAME})
  endif()
endfunction()

# leasehold_script_test(NAME n SCRIPT file [ARGS ...] [LABELS ...] [TIMEOUT seconds] [ALONE])
# A test that is a bash script; it sees the same folder and environment as a test program. It may
# exit with 77 to say that this machine cannot run it; ctest then counts it as skipped, by name.
function(leasehold_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "ALONE" "NAME;SCRIPT;TIMEOUT" "ARGS;LABELS")
  leasehold_check_arguments("leasehold_script_test" "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  if(NOT LEASEHOLD_SYNTAX_ONLY)
    leasehold_register_test(bash "${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT}" ${arg_ARGS})
    set_tests_properties(${arg_NAME} PROPERTIES SKIP_RETURN_CODE 77)
  endif()
endfunction()

# Tells ctest to run the command of ARGN as test `arg_NAME` of the caller, with its LABELS, TIMEOUT
# and ALONE (no other test beside it, for what measures or fills the machine).
macro(leasehold_register_test)
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  foreach(label IN LISTS arg_LABELS)
    if(NOT label MATCHES "^(unit|integration|e2e|fault|long|tsan)$")
      message(FATAL_ERROR "test ${arg_NAME}: there is no label ${label}")
    endif()
  endforeach()
  add_test(NAME ${arg_NAME} COMMAND ${ARGN} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${arg_NAME} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    RUN_SERIAL ${arg_ALONE} ENVIRONMENT "LEASEHOLD_BIN_DIR=${LEASEHOLD_BIN_DIR}")
endmacro()
