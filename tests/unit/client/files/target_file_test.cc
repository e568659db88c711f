#include "client/files/target_file.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <string>

#include "leasehold/v1/identity.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/unit/client/files/temporary_folder.h"

namespace leasehold {
namespace {

const char* const kGood = R"(version: 1
targets:
- name: github
  description: the company's organisation
  base_url: https://api.github.com
  secrets: [github/readonly-pat, "github/bots/*"]
  inject: {header: Authorization, template: "Bearer {value}"}
  read: {methods: [GET, HEAD], paths: ["/**"]}
  allow_cidrs: ["127.0.0.0/8"]
  timeout: 1m30s
  ca_file: ca/authority.pem
- name: nginx
  base_url: http://127.0.0.1:8081
  secrets: [web/login]
  inject: {basic: {user_field: name, password_field: word}}
- {name: plain, base_url: "http://a", secrets: [s], inject: {basic: {}}}
)";

const char* const kMessages[] = {R"(
  name: "targets/github" description: "the company's organisation"
  base_url: "https://api.github.com" secrets: ["github/readonly-pat", "github/bots/*"]
  injection { header { name: "Authorization" template: "Bearer {value}" } }
  read { methods: ["GET", "HEAD"] paths: "/**" } allow_cidrs: "127.0.0.0/8"
  timeout { seconds: 90 } ca_pem: "certificates\n")",
                                 R"(
  name: "targets/nginx" base_url: "http://127.0.0.1:8081" secrets: "web/login"
  injection { basic { user_field: "name" password_field: "word" } })",
                                 R"(
  name: "targets/plain" base_url: "http://a" secrets: "s" injection { basic {} })"};

TEST_CASE("a target file becomes the messages that it says", "[files][target]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.Path("ca"));
  folder.Write("ca/authority.pem", "certificates\n");
  const auto targets = ReadTargetFile(folder.Write("targets.yaml", kGood));
  INFO(targets.status().message());
  REQUIRE(targets.ok());
  REQUIRE(targets->size() == std::size(kMessages));
  for (size_t i = 0; i < targets->size(); ++i) {
    v1::Target expected;
    REQUIRE(google::protobuf::TextFormat::ParseFromString(kMessages[i], &expected));
    INFO((*targets)[i].DebugString());
    CHECK(google::protobuf::util::MessageDifferencer::Equals((*targets)[i], expected));
  }
}

void CheckRefused(const std::string& text, const std::string& message) {
  INFO(text);
  const auto targets = ParseTargets(text, "t.yaml");
  REQUIRE(ReasonOf(targets.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(targets.status().message()),
             Catch::StartsWith("t.yaml:") && Catch::Contains(message));
}

TEST_CASE("a certificate file may stand elsewhere, and must be there", "[files][target]") {
  const TemporaryFolder folder;
  const auto text = [](const std::string& ca_file) {
    return StrCat("targets:\n- {name: a, base_url: \"https://a\", secrets: [s], ",
                  "inject: {basic: {}}, ca_file: \"", ca_file, "\"}\n");
  };
  const auto targets = ParseTargets(text(folder.Write("x.pem", "pem")), "t.yaml");
  REQUIRE(targets.ok());
  CHECK((*targets)[0].ca_pem() == "pem");
  CheckRefused(text(folder.Path("none.pem")), "ca_file: open ");
  CheckRefused(text(folder.Path(".")), "is not a regular file");
  CheckRefused(text(""), "ca_file is empty");
  CheckRefused(text(folder.Write("large.pem", std::string(65'537, 'x'))), "more than 65536 bytes");
}

TEST_CASE("what is wrong with a target file is said with its place", "[files][target]") {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"", "the file says nothing"},
      {"version: 2\ntargets: []\n", "version is not 1"},
      {"version: 1\n", "the file has no `targets`"},
      {"targets: []\n", "targets is not a list of at least one target"},
      {"targets: {}\n", "targets is not a list"},
      {"targets: [a]\n", "t.yaml:1:11: target is not a map"},
      {"targets: []\nother: 1\n", "the file has no key `other`"},
  }));
  CheckRefused(row.text, row.message);
}

// A target whose other keys are right.
std::string Whole(const std::string& line) {
  return StrCat("targets:\n- name: a\n  base_url: http://a\n  secrets: [s]\n  ", line, "\n");
}

TEST_CASE("what is wrong with a target is said with its place", "[files][target]") {
  struct Row {
    const char* line;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"timeout: 1s", "t.yaml:2:3: target has no `inject`"},
      {"inject: {}", "inject has neither basic nor both header and template"},
      {"inject: {header: A}", "inject has neither"},
      {"inject: {template: A}", "inject has neither"},
      {"inject: {basic: {}, header: A}", "t.yaml:5:11: inject has basic and a header"},
      {"inject: {basic: {}, template: A}", "inject has basic and a header"},
      {"inject: {basic: {user: a}}",
       "basic has no key `user`; its keys are user_field, password_field"},
      {"inject: {basic: user}", "basic is not a map"},
      {"inject: {basic: }", "basic is not a map"},
      {"inject: {header: [A], template: b}", "header is a list or map"},
      {"inject: {header: A, templat: b}", "inject has no key `templat`"},
      {"inject: {query: key}", "`query` is not enforced by this version"},
      {"inject: {basic: {}}\n  timeout: soon", "timeout is not a duration"},
      {"inject: {basic: {}}\n  read: [GET]", "read is not a map"},
      {"inject: {basic: {}}\n  read: {methods: []}", "methods is an empty list"},
      {"inject: {basic: {}}\n  read: {method: [GET]}", "read has no key `method`"},
      {"inject: {basic: {}}\n  allow_cidrs: 10.0.0.0/8", "allow_cidrs is not a list"},
      {"inject: {basic: {}}\n  tools: []", "`tools` is not enforced by this version"},
      {"inject: {basic: {}}\n  url: http://a", "t.yaml:6:3: target has no key `url`"},
      {"inject: {basic: {}}\n- {name: a, base_url: b, secrets: [s], inject: {basic: {}}}",
       "t.yaml:6:3: `targets/a` stands here twice"},
  }));
  CheckRefused(Whole(row.line), row.message);
}

TEST_CASE("a target names itself, its URL and its secrets", "[files][target]") {
  CheckRefused("targets: [{base_url: b, secrets: [s]}]\n", "target has no `name`");
  CheckRefused("targets: [{name: a, secrets: [s]}]\n", "target has no `base_url`");
  CheckRefused("targets: [{name: a, base_url: b}]\n", "target has no `secrets`");
}

}  // namespace
}  // namespace leasehold
