# Compiler flags for the whole build. They are set for the directory and not for single targets,
# because a precompiled header is only accepted by a compilation that has the same ones.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(LEASEHOLD_SYNTAX_ONLY "Check our sources without making objects (preset clang)" OFF)
set(LEASEHOLD_SANITIZER "" CACHE STRING "Value of -fsanitize, or empty")
set(LEASEHOLD_BIN_DIR "${CMAKE_BINARY_DIR}/bin" CACHE PATH "Where programs are written")

# -g1 is enough for the names and lines of a stack trace; -g doubled the size of each object.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g")

# PIE is spelled out: CMake would otherwise give libraries -fPIC and programs -fPIE, and a
# precompiled header fits only one of the two.
add_compile_options(-fPIE -pthread -fno-omit-frame-pointer -fstack-protector-strong)
add_link_options(-pie -pthread -Wl,-z,relro -Wl,-z,now)

# Neither messages nor debug information name the folder of the build: the same sources give the
# same program wherever they lie. (ccache calls the compiler with paths from the build folder.)
file(RELATIVE_PATH up "${CMAKE_BINARY_DIR}" "${CMAKE_SOURCE_DIR}")
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" "-ffile-prefix-map=${up}=")

if(LEASEHOLD_SANITIZER)
  add_compile_options(-fsanitize=${LEASEHOLD_SANITIZER} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LEASEHOLD_SANITIZER})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT LEASEHOLD_SYNTAX_ONLY)
  # _FORTIFY_SOURCE needs optimisation and hides reads from the sanitizers.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-clash-protection)
endif()
# Indexing past the end of a container stops the process in every build, release included.
add_compile_options(-D_GLIBCXX_ASSERTIONS)
# Variable length arrays are refused everywhere because -Wpedantic refuses them in our code: the
# two make gcc predefine different macros, and a precompiled header must see the same ones.
add_compile_options(-Wvla)

# Warnings are for our own targets only; see leasehold_own_code().
set(LEASEHOLD_WARNINGS
  -Wall -Wextra -Wpedantic -Wshadow -Wextra-semi -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-qual -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wundef -Wunused
  # Designated initialisers leave the other members to their defaults on purpose.
  -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND LEASEHOLD_WARNINGS -Wthread-safety -Wno-gnu-zero-variadic-macro-arguments)
else()
  # gcc 12 reports overlapping copies inside std::string's own operator+ (its bug 105651).
  list(APPEND LEASEHOLD_WARNINGS -Wduplicated-cond -Wlogical-op -Wno-restrict)
  if(LEASEHOLD_SANITIZER)
    # The instrumentation itself confuses the flow analysis behind this one.
    list(APPEND LEASEHOLD_WARNINGS -Wno-maybe-uninitialized)
  endif()
endif()

if(LEASEHOLD_SYNTAX_ONLY)
  set(CMAKE_CXX_COMPILER_LAUNCHER sh "${CMAKE_SOURCE_DIR}/cmake/syntax-only.sh")
  set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
else()
  find_program(LEASEHOLD_CCACHE ccache)
  if(LEASEHOLD_CCACHE)
    # ccache refuses precompiled headers unless told that their macros and times may be ignored;
    # gcc must then name the header in its preprocessed output, so that ccache can hash it. The
    # base directory lets a second clone use what the first one compiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 CCACHE_ABSSTDERR=1
      "${LEASEHOLD_CCACHE}")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_compile_options(-fpch-preprocess)
    endif()
  endif()
endif()

find_program(LEASEHOLD_MOLD mold)
if(LEASEHOLD_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
