#include "server/vault/secret_fields.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

TEST_CASE("fields keep their order, names and bytes", "[vault][secret_fields]") {
  const PlainFields plain = {
      {"user", "alice"}, {"password", std::string("\0\xff\n", 3)}, {"a.b_c-d", RandomText(1000)}};
  const SecretFields fields = MakeFields(plain);
  CHECK(PlainOf(fields) == plain);
  CHECK(fields.Names() == std::vector<std::string>{"user", "password", "a.b_c-d"});
  CHECK(fields.size_bytes() == 5 + 3 + 1000);
  REQUIRE(fields.Find("user") != nullptr);
  CHECK(Plaintext(*fields.Find("user")) == "alice");
  CHECK(fields.Find("User") == nullptr);
  CHECK(fields.Find("") == nullptr);
}

TEST_CASE("fields that break a rule are refused", "[vault][secret_fields]") {
  struct Row {
    const char* why;
    PlainFields fields;
    Reason reason;
    const char* message;
  };
  const std::string half(SecretFields::kBytesMax / 2, 'x');
  PlainFields many;
  for (size_t i = 0; i <= SecretFields::kFieldsMax; ++i) many.emplace_back(StrCat("f", i), "x");
  const std::vector<Row> rows = {
      {"none", {}, Reason::kInvalidArgument, "at least one field"},
      {"an empty value", {{"value", ""}}, Reason::kInvalidArgument, "field value is empty"},
      {"an empty value beside another",
       {{"user", "x"}, {"password", ""}},
       Reason::kInvalidArgument,
       "field password is empty"},
      {"an empty name", {{"", "x"}}, Reason::kInvalidArgument, "field name is empty"},
      {"upper case", {{"User", "x"}}, Reason::kInvalidArgument, "field name has 'U'"},
      {"two segments", {{"a/b", "x"}}, Reason::kInvalidArgument, "single segment"},
      {"a name twice",
       {{"user", "x"}, {"password", "y"}, {"user", "z"}},
       Reason::kInvalidArgument,
       "field user is given twice"},
      {"33 fields", many, Reason::kInvalidArgument, "33 fields; at most 32"},
      {"64 KiB + 1 in one field",
       {{"value", half + half + "x"}},
       Reason::kTooLarge,
       "65537 bytes together; at most 65536"},
      {"64 KiB + 1 in three",
       {{"a", half}, {"b", half}, {"c", "x"}},
       Reason::kTooLarge,
       "65537 bytes together; at most 65536"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const absl::Status status = SecretFields::Make(FieldsOf(row.fields)).status();
    CHECK(ReasonOf(status) == row.reason);
    CHECK_THAT(std::string(status.message()), Catch::Contains(row.message));
  }
}

TEST_CASE("fields at the limits are accepted", "[vault][secret_fields]") {
  const std::string half(SecretFields::kBytesMax / 2, 'x');
  CHECK(MakeFields({{"value", "x"}}).size_bytes() == 1);
  CHECK(MakeFields({{"value", half + half}}).size_bytes() == 65536);
  CHECK(MakeFields({{"a", half}, {"b", half}}).size_bytes() == 65536);
  PlainFields many;
  for (size_t i = 0; i < SecretFields::kFieldsMax; ++i) many.emplace_back(StrCat("f", i), "x");
  CHECK(MakeFields(many).fields().size() == 32);
}

}  // namespace
}  // namespace leasehold
