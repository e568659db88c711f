# Everything we link that is not ours, all of it from Debian 12. Folders name these targets:
#   absl::status absl::time ...   OpenSSL::Crypto OpenSSL::SSL   SQLite::SQLite3
#   protobuf::libprotobuf         gRPC::grpc++ gRPC::grpc++_reflection
#   Boost::headers (1.81)         re2::re2                       CLI11::CLI11
#   yaml-cpp::yaml-cpp            prometheus-cpp::core
#   sodium::sodium (Argon2id)
#   PkgConfig::nghttp2
#   Threads::Threads              Catch2::Catch2 (tests have it already)

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 REQUIRED)
find_library(LEASEHOLD_JEMALLOC jemalloc REQUIRED)
find_package(Protobuf REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(Catch2 2 CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED)

# gRPC's own CMake files name a target of RE2 that Debian's package does not define.
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET GLOBAL re2)
if(NOT TARGET re2::re2)
  add_library(re2::re2 INTERFACE IMPORTED)
  target_link_libraries(re2::re2 INTERFACE PkgConfig::re2)
endif()
find_package(gRPC CONFIG REQUIRED)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET GLOBAL libnghttp2)

# Argon2id, and nothing else of it.
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET GLOBAL libsodium)
if(NOT TARGET sodium::sodium)
  add_library(sodium::sodium INTERFACE IMPORTED)
  target_link_libraries(sodium::sodium INTERFACE PkgConfig::sodium)
endif()

if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()
