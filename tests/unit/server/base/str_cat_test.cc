#include "server/base/str_cat.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace leasehold {
namespace {

TEST_CASE("texts of every kind, characters and integers are joined", "[base][str_cat]") {
  CHECK(StrCat() == "");
  CHECK(StrCat("a", std::string("b"), std::string_view("c"), absl::string_view("d"), 'e') ==
        "abcde");
  CHECK(StrCat(1, "/", 2U, "/", -3L, "/", uint8_t{4}) == "1/2/-3/4");
  CHECK(StrCat(std::numeric_limits<int64_t>::min()) == "-9223372036854775808");
  CHECK(StrCat(std::numeric_limits<uint64_t>::max()) == "18446744073709551615");
  CHECK(StrCat(std::string_view("a\0b", 3)).size() == 3);
}

TEST_CASE("appending keeps what is there", "[base][str_cat]") {
  std::string out = "a";
  StrAppend(&out);
  StrAppend(&out, "b", 1);
  CHECK(out == "ab1");
}

TEST_CASE("the two string views lead to the same characters", "[base][str_cat]") {
  const std::string text = "text";
  CHECK(ToStd(ToAbsl(text)).data() == text.data());
  CHECK(ToStd(ToAbsl(text)) == text);
}

}  // namespace
}  // namespace leasehold
