#include "client/cli/terminal/message_json.h"

#include <catch2/catch.hpp>

#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/lease.pb.h"
#include "leasehold/v1/ledger.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "leasehold/v1/secret.pb.h"

namespace leasehold {
namespace {

TEST_CASE("a message has all its fields, named as in the API") {
  v1::Secret secret;
  secret.set_name("secrets/a");
  secret.set_uid(uint64_t{1} << 40);
  (*secret.mutable_labels())["z"] = "1";
  (*secret.mutable_labels())["a"] = "2";
  secret.mutable_create_time()->set_seconds(1767323045);
  secret.mutable_create_time()->set_nanos(120'000'000);
  CHECK(MessageJson(secret).ToJson() == R"({
  "name": "secrets/a",
  "uid": 1099511627776,
  "description": "",
  "labels": {
    "a": "2",
    "z": "1"
  },
  "latest_version": 0,
  "version_count": 0,
  "create_time": "2026-01-02T03:04:05.12Z",
  "etag": ""
}
)");
}

TEST_CASE("enums, lists of messages, oneofs, durations and bytes follow protobuf's mapping") {
  v1::Policy policy;
  policy.set_effect(v1::EFFECT_DENY);
  policy.mutable_lease()->mutable_ttl()->set_seconds(900);
  policy.mutable_lease()->mutable_max_ttl()->set_nanos(500'000'000);
  policy.add_allow()->add_methods("GET");
  const std::string json = MessageJson(policy).ToYaml();
  CHECK(json.find("effect: EFFECT_DENY\n") != std::string::npos);
  CHECK(json.find("ttl: \"900s\"\n") != std::string::npos);
  CHECK(json.find("max_ttl: \"0.500s\"\n") != std::string::npos);
  CHECK(json.find("methods:\n  - GET\n") != std::string::npos);

  v1::Injection injection;
  injection.mutable_header()->set_name("Authorization");
  CHECK(MessageJson(injection).ToYaml() == "header:\n  name: Authorization\n  template: \"\"\n");

  v1::ExportEntry entry;
  entry.set_raw(std::string("\x00\xff", 2));
  CHECK(MessageJson(entry).ToYaml() == "index: 0\nraw: \"AP8=\"\n");

  v1::QueryUsageRequest usage;
  usage.add_group_by(v1::USAGE_DIMENSION_AGENT);
  CHECK(MessageJson(usage).ToYaml().find("group_by:\n- USAGE_DIMENSION_AGENT\n") !=
        std::string::npos);
}

}  // namespace
}  // namespace leasehold
