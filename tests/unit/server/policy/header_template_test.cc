#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/policy/target_parts.h"

namespace leasehold {
namespace {

// "Bearer <value>", with fields in angle brackets.
std::string Shown(const HeaderTemplate& header) {
  std::string text;
  for (const auto& piece : header.pieces)
    text += piece.is_field ? "<" + piece.text + ">" : piece.text;
  return text;
}

TEST_CASE("a header's value is literals and fields in turn", "[policy][target]") {
  struct Row {
    const char* value;
    const char* shown;
    size_t pieces;
  };
  const Row row = GENERATE(values<Row>({{"{value}", "<value>", 1},
                                        {"Bearer {value}", "Bearer <value>", 2},
                                        {"{user}:{password}", "<user>:<password>", 3},
                                        {"a{b}{c}d", "a<b><c>d", 4},
                                        {"token=\"{api-key.v1}\"", "token=\"<api-key.v1>\"", 3}}));
  const auto header = ParseHeaderTemplate("Authorization", row.value);
  REQUIRE(header.ok());
  CHECK(header->header == "Authorization");
  CHECK(header->pieces.size() == row.pieces);
  CHECK(Shown(*header) == row.shown);
}

TEST_CASE("a header that cannot carry a credential safely is refused", "[policy][target]") {
  struct Row {
    std::string name;
    std::string value;
    const char* offence;
  };
  const std::string ok = "{value}";
  const Row row = GENERATE_COPY(values<Row>({
      {"", ok, "name is missing"},
      {"X Y", ok, "no header's name may have"},
      {"X:", ok, "no header's name may have"},
      {"X\r\nY", ok, "no header's name may have"},
      {std::string(65, 'x'), ok, "more than 64"},
      {"Host", ok, "not for credentials"},
      {"content-LENGTH", ok, "not for credentials"},
      {"Transfer-Encoding", ok, "not for credentials"},
      {"Connection", ok, "not for credentials"},
      {"X-Leasehold-Entry", ok, "not for credentials"},
      {"X-Key", "", "names no field"},
      {"X-Key", "Bearer", "names no field"},
      {"X-Key", "{", "'{' without '}'"},
      {"X-Key", "{value", "'{' without '}'"},
      {"X-Key", "value}", "'}' without '{'"},
      {"X-Key", "{value}}", "'}' without '{'"},
      {"X-Key", "{}", "is empty"},
      {"X-Key", "{Value}", "has 'V'"},
      {"X-Key", "{a/b}", "has a '/'"},
      {"X-Key", "{{value}}", "has '{'"},
      {"X-Key", " {value}", "blank"},
      {"X-Key", "{value} ", "blank"},
      {"X-Key", "a\r\nb: {value}", "visible ASCII"},
      {"X-Key", "\x7f{value}", "visible ASCII"},
      {"X-Key", "caf\xc3\xa9{value}", "visible ASCII"},
      {"X-Key", std::string(1018, 'a') + ok, "more than 1024"},
  }));
  INFO(row.name << ": " << row.value);
  const auto header = ParseHeaderTemplate(row.name, row.value);
  REQUIRE(ReasonOf(header.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(header.status().message()),
             Catch::StartsWith("injection.header.") && Catch::Contains(row.offence));
}

}  // namespace
}  // namespace leasehold
