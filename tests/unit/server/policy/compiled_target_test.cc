#include "server/policy/compiled_target.h"

#include <catch2/catch.hpp>
#include <string>

#include "leasehold/v1/identity.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

const char* const kGithub = R"(
  name: "targets/github" base_url: "https://api.github.com" secrets: "github/**"
  injection { header { name: "Authorization" template: "Bearer {value}" } })";

std::shared_ptr<const CompiledTarget> Compile(const std::string& text) {
  const auto target = CompiledTarget::Compile(FromText<v1::Target>(text));
  INFO(target.status().message());
  REQUIRE(target.ok());
  return *target;
}

TEST_CASE("what a target leaves out has its default", "[policy][target]") {
  const auto target = Compile(kGithub);
  CHECK(target->name() == "github");
  CHECK(target->url().host == "api.github.com");
  CHECK(target->timeout() == absl::Seconds(30));
  CHECK(target->allow_cidrs().empty());
  CHECK(target->ca_pem().empty());
  CHECK(std::get<HeaderTemplate>(target->injection()).header == "Authorization");
  CHECK(target->IsRead("GET", "/any"));
  CHECK(target->IsRead("HEAD", "/any"));
  CHECK(target->IsRead("OPTIONS", "/any"));
  CHECK_FALSE(target->IsRead("POST", "/any"));
}

TEST_CASE("what a target says is kept", "[policy][target]") {
  const auto target = Compile(R"(
    name: "targets/nginx" base_url: "http://127.0.0.1:8081/api" secrets: ["web/login", "web/*/login"]
    injection { basic { user_field: "name" } } allow_cidrs: ["127.0.0.0/8", "::1/128"]
    timeout { nanos: 1000000 } read { methods: ["GET", "REPORT"] paths: ["/open/**", "/"] })");
  CHECK(target->url().prefix == "/api");
  CHECK(target->timeout() == absl::Milliseconds(1));
  REQUIRE(target->allow_cidrs().size() == 2);
  CHECK(target->allow_cidrs()[1].v6);
  const auto& basic = std::get<BasicFields>(target->injection());
  CHECK(basic.user_field == "name");
  CHECK(basic.password_field == "password");
}

TEST_CASE("a target injects only the secrets that it lists", "[policy][target]") {
  const auto target = Compile(kGithub);
  CHECK(target->MayInject("github/pat"));
  CHECK(target->MayInject("github"));
  CHECK_FALSE(target->MayInject("github-prod/pat"));
  CHECK_FALSE(target->MayInject("stripe/live"));
}

TEST_CASE("a read has one of the methods and one of the paths", "[policy][target]") {
  const auto target =
      Compile(StrCat(kGithub, R"(read { methods: ["GET", "REPORT"] paths: "/open/**" })"));
  struct Row {
    const char* method;
    const char* path;
    bool read;
  };
  const Row row = GENERATE(values<Row>({{"GET", "/open/a", true},
                                        {"REPORT", "/open", true},
                                        {"HEAD", "/open/a", false},
                                        {"get", "/open/a", false},
                                        {"GET", "/closed", false},
                                        {"GET", "/open/../closed", false},
                                        {"GET", "/open//a", false},
                                        {"GET", "", false}}));
  INFO(row.method << " " << row.path);
  CHECK(target->IsRead(row.method, row.path) == row.read);
}

TEST_CASE("a tool reads where the target lists it, and no other does", "[policy][target]") {
  CHECK_FALSE(Compile(kGithub)->HasToolReads());
  CHECK_FALSE(Compile(kGithub)->IsToolRead("get_issue"));
  auto message = FromText<v1::Target>(kGithub);
  message.mutable_read()->add_tools("get_*");
  const auto target = *CompiledTarget::Compile(message);
  CHECK(target->IsToolRead("get_issue"));
  CHECK_FALSE(target->IsToolRead("forget_issue"));
  CHECK(target->IsRead("GET", "/any"));  // methods stay what they are without a list
  CHECK_FALSE(target->records_paths());
  message.set_record(v1::RECORD_MODE_PATH);
  CHECK((*CompiledTarget::Compile(message))->records_paths());
}

TEST_CASE("what could be a read at a target", "[policy][target]") {
  auto message = FromText<v1::Target>(kGithub);
  message.mutable_read()->add_methods("GET");
  message.mutable_read()->add_paths("/repos/*/issues");
  const auto target = *CompiledTarget::Compile(message);
  CHECK(target->ReadsWith("GET"));
  CHECK_FALSE(target->ReadsWith("HEAD"));
  CHECK(target->MayReadAt(*PathPattern::Parse("/repos/**", "p")));
  CHECK_FALSE(target->MayReadAt(*PathPattern::Parse("/user/**", "p")));
}

TEST_CASE("a path that is not canonical is no read, whatever the target lists",
          "[policy][target]") {
  CHECK_FALSE(Compile(kGithub)->IsRead("GET", "/a/../b"));
}

TEST_CASE("a target that cannot work is refused with its name and the field", "[policy][target]") {
  struct Row {
    const char* why;
    const char* change;  // merged into the target above: the last value counts, lists grow
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"no collection", R"(name: "github")", "does not start with targets/"},
      {"no canonical name", R"(name: "targets/GitHub")", "name after targets/ has 'G'"},
      {"two segments", R"(name: "targets/a/b")", "one segment"},
      {"a URL with a user", R"(base_url: "https://u@a")", "target github: base_url has a user"},
      {"a secret that cannot be", R"(secrets: "A")", "secrets[1] has 'A'"},
      {"no ways in", "injection {}", "injection is missing"},
      {"a forbidden header", R"(injection { header { name: "Host" } })", "injection.header.name"},
      {"a field that cannot be", R"(injection { basic { user_field: "U" } })",
       "injection.basic.user_field has 'U'"},
      {"a read without methods", R"(read { paths: "/" })", "read.methods is empty"},
      {"a method in small letters", R"(read { methods: "get" })", "read.methods[0] is not"},
      {"a bad path", R"(read { methods: "GET" paths: "a" })", "read.paths[0] does not start"},
      {"a bad network", R"(allow_cidrs: "127.0.0.1/8")", "allow_cidrs[0]: network has"},
      {"what is recorded in no version yet", "record: 9", "record is not known"},
      {"tools with a line feed", "read { tools: \"a\\nb\" }", "read.tools[0]"},
      {"paths beside tools alone", R"(read { tools: "a" paths: "/" })", "read.methods is empty"},
      {"no time", "timeout {}", "timeout must be 1ms to 10m"},
      {"too little time", "timeout { nanos: 999999 }", "timeout must be 1ms to 10m"},
      {"too much time", "timeout { seconds: 600 nanos: 1 }", "timeout must be 1ms to 10m"},
      {"negative time", "timeout { seconds: -1 }", "timeout must be 1ms to 10m"},
      {"a bad certificate", R"(ca_pem: "x")", "ca_pem has no certificate"},
      {"a certificate without TLS", R"(base_url: "http://a" ca_pem: "x")", "not https"},
  }));
  INFO(row.why);
  auto message = FromText<v1::Target>(kGithub);
  auto change = FromText<v1::Target>(row.change);
  if (change.has_injection()) message.clear_injection();
  message.MergeFrom(change);
  const auto target = CompiledTarget::Compile(message);
  REQUIRE(ReasonOf(target.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(target.status().message()), Catch::Contains(row.message));
}

TEST_CASE("limits of a target", "[policy][target]") {
  auto message = FromText<v1::Target>(kGithub);
  SECTION("description") {
    message.set_description(std::string(1024, 'a'));
    CHECK(CompiledTarget::Compile(message).ok());
    message.set_description(std::string(1025, 'a'));
    CHECK_FALSE(CompiledTarget::Compile(message).ok());
  }
  SECTION("secrets") {
    while (message.secrets_size() < 256) message.add_secrets("a");
    CHECK(CompiledTarget::Compile(message).ok());
    message.add_secrets("a");
    CHECK_FALSE(CompiledTarget::Compile(message).ok());
  }
  SECTION("no secrets") {
    message.clear_secrets();
    CHECK_FALSE(CompiledTarget::Compile(message).ok());
  }
  SECTION("networks") {
    while (message.allow_cidrs_size() < 64) message.add_allow_cidrs("10.0.0.0/8");
    CHECK(CompiledTarget::Compile(message).ok());
    message.add_allow_cidrs("10.0.0.0/8");
    CHECK_FALSE(CompiledTarget::Compile(message).ok());
  }
  SECTION("a field from a later version") {
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(999, 1);
    CHECK_FALSE(CompiledTarget::Compile(message).ok());
  }
}

}  // namespace
}  // namespace leasehold
