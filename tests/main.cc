// The main of every test program. Compiling Catch2's own takes longer than most tests, so it is
// compiled once and linked into all of them.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
