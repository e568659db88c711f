#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/crypto_bytes.h"

namespace leasehold {
namespace {

TEST_CASE("base64 answers the test vectors of RFC 4648, section 10", "[base][byte_text]") {
  struct Row {
    std::string bytes;
    std::string base64;
    std::string base64url;
    std::string hex;
  };
  const Row row = GENERATE(values<Row>({
      {"", "", "", ""},
      {"f", "Zg==", "Zg", "66"},
      {"fo", "Zm8=", "Zm8", "666f"},
      {"foo", "Zm9v", "Zm9v", "666f6f"},
      {"foob", "Zm9vYg==", "Zm9vYg", "666f6f62"},
      {"fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
      {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
      // Not in the RFC: the two digits in which the alphabets differ.
      {"\xfb\xff\xbf", "+/+/", "-_-_", "fbffbf"},
  }));
  CHECK(Base64Encode(AsBytes(row.bytes)) == row.base64);
  CHECK(Base64UrlEncode(AsBytes(row.bytes)) == row.base64url);
  CHECK(HexEncode(AsBytes(row.bytes)) == row.hex);
  std::string decoded;
  CHECK(Base64Decode(row.base64, &decoded));
  CHECK(decoded == row.bytes);
  CHECK(Base64UrlDecode(row.base64url, &decoded));
  CHECK(decoded == row.bytes);
}

TEST_CASE("base64 that is not canonical is refused", "[base][byte_text]") {
  struct Row {
    const char* why;
    std::string text;
  };
  std::string out;
  SECTION("with padding") {
    const Row row = GENERATE(values<Row>({
        {"padding is missing", "Zg"},
        {"one of two padding characters", "Zg="},
        {"three padding characters", "Z==="},
        {"nothing but padding", "===="},
        {"padding where none belongs", "Zm9v===="},
        {"padding in the middle", "Zg==Zg=="},
        {"bits behind the last byte, which would be a second spelling of 'f'", "Zh=="},
        {"bits behind the last byte, which would be a second spelling of 'fo'", "Zm9="},
        {"a digit of base64url", "-_-_"},
        {"a space", "Zm 9"},
        {"a line end", "Zm9v\n"},
        {"a zero byte", std::string("Zm9\0", 4)},
        {"a byte above 127", "Zm9\xe4"},
    }));
    INFO(row.why);
    CHECK_FALSE(Base64Decode(row.text, &out));
  }
  SECTION("without padding") {
    const Row row = GENERATE(values<Row>({
        {"padding", "Zg=="},
        {"a lone digit", "Z"},
        {"a lone digit after a group", "Zm9vZ"},
        {"bits behind the last byte", "Zh"},
        {"bits behind the last two bytes", "Zm9"},
        {"digits of plain base64", "+/+/"},
        {"a line end", "Zm9v\n"},
    }));
    INFO(row.why);
    CHECK_FALSE(Base64UrlDecode(row.text, &out));
  }
}

TEST_CASE("whatever bytes are encoded come back, and only one text stands for them",
          "[base][byte_text]") {
  for (size_t size = 0; size < 70; ++size) {
    std::vector<uint8_t> bytes(size);
    RandomBytes(bytes);
    INFO(HexEncode(bytes));
    std::string decoded;
    REQUIRE(Base64Decode(Base64Encode(bytes), &decoded));
    CHECK(decoded == AsText(bytes));
    const std::string text = Base64UrlEncode(bytes);
    REQUIRE(Base64UrlDecode(text, &decoded));
    CHECK(decoded == AsText(bytes));
    // Change the last digit to each other one: another text never means the same bytes.
    for (int c = 0; c < 256 && !text.empty(); ++c) {
      std::string other = text;
      other.back() = static_cast<char>(c);
      if (other == text) continue;
      if (Base64UrlDecode(other, &decoded)) CHECK(decoded != AsText(bytes));
    }
  }
}

}  // namespace
}  // namespace leasehold
