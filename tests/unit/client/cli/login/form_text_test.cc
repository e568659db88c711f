#include "client/cli/login/form_text.h"

#include <catch2/catch.hpp>
#include <string>

namespace leasehold {

TEST_CASE("a form's fields come back as they went") {
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"a", "b"},
      {"empty", ""},
      {"space & more", "=%+\n\xc3\xa9"},
      {"u", "http://127.0.0.1:1/c?d"}};
  const std::string text = EncodeForm(fields);
  CHECK(text ==
        "a=b&empty=&space%20%26%20more=%3d%25%2b%0a%c3%a9&u=http%3a%2f%2f127.0.0.1%3a1%2fc%3fd");
  const auto decoded = DecodeForm(text);
  REQUIRE(decoded.ok());
  CHECK(*decoded == std::map<std::string, std::string>(fields.begin(), fields.end()));
}

TEST_CASE("a form is decoded as browsers write it, and refused where it is ambiguous") {
  CHECK(DecodeForm("a=b+c&d&=e")->at("a") == "b c");
  CHECK(DecodeForm("d")->at("d").empty());
  CHECK(DecodeForm("")->empty());
  for (const char* wrong : {"a=%", "a=%4", "a=%zz", "a=1&a=2", "a=1&%61=2"}) {
    CAPTURE(wrong);
    CHECK_FALSE(DecodeForm(wrong).ok());
  }
}

}  // namespace leasehold
