#include "server/broker/wiped_buffer.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <type_traits>

namespace leasehold {
namespace {

static_assert(!std::is_copy_constructible_v<WipedBuffer>);
static_assert(!std::is_copy_assignable_v<WipedBuffer>);

TEST_CASE("a buffer keeps what is appended while it grows") {
  WipedBuffer buffer;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece(static_cast<size_t>(i % 17), static_cast<char>('a' + i % 26));
    buffer.Append(piece);
    expected += piece;
  }
  CHECK(buffer.view() == expected);
}

TEST_CASE("a cleared buffer holds nothing of what was in it") {
  WipedBuffer buffer;
  buffer.Append(std::string(100, 'x'));
  const char* place = buffer.view().data();
  buffer.Clear();
  CHECK(buffer.size() == 0);
  // The room stays allocated, so it may be looked at.
  CHECK(std::count(place, place + 100, '\0') == 100);
}

}  // namespace
}  // namespace leasehold
