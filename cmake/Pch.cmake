# Precompiled headers: one for each family of heavy headers, built once and reused by every target
# that asks for it (PCH in leasehold_library). A carrier target owns each; it compiles one empty
# source file and nothing links it, and one that nobody reuses is not built.

set(LEASEHOLD_PCH_KINDS grpc proto beast catch)

function(leasehold_pch_carrier kind)
  set(source "${CMAKE_BINARY_DIR}/pch/${kind}.cc")
  file(CONFIGURE OUTPUT "${source}" CONTENT "")
  add_library(leasehold_pch_${kind} OBJECT EXCLUDE_FROM_ALL "${source}")
  target_precompile_headers(leasehold_pch_${kind} PRIVATE ${ARGN})
endfunction()

leasehold_pch_carrier(proto
  <google/protobuf/message.h> <google/protobuf/arena.h> <google/protobuf/map.h>
  <google/protobuf/repeated_field.h> <google/protobuf/timestamp.pb.h>
  <google/protobuf/duration.pb.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
  <absl/container/flat_hash_map.h> <absl/time/time.h> <memory> <string> <vector>)
leasehold_pch_carrier(grpc
  <grpcpp/grpcpp.h> <google/protobuf/message.h> <google/protobuf/timestamp.pb.h>
  <google/protobuf/duration.pb.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
  <absl/container/flat_hash_map.h> <absl/synchronization/mutex.h> <absl/time/time.h>
  <memory> <string> <vector>)
leasehold_pch_carrier(beast
  <boost/asio.hpp> <boost/beast/core.hpp> <boost/beast/http.hpp> <absl/status/statusor.h>
  <absl/strings/str_cat.h> <absl/synchronization/mutex.h> <absl/time/time.h>
  <memory> <string> <vector>)
leasehold_pch_carrier(catch
  <catch2/catch.hpp> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/time/time.h>
  <memory> <string> <vector>)

# Lets `target` reuse the precompiled header `kind`; `none` is allowed and does nothing.
function(leasehold_use_pch target kind)
  if(kind STREQUAL "none" OR NOT kind)
    return()
  endif()
  if(NOT kind IN_LIST LEASEHOLD_PCH_KINDS)
    message(FATAL_ERROR "${target}: PCH is one of ${LEASEHOLD_PCH_KINDS} or none, not ${kind}")
  endif()
  target_precompile_headers(${target} REUSE_FROM leasehold_pch_${kind})
endfunction()
