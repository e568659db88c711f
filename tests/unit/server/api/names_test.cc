#include "server/api/names.h"

#include <catch2/catch.hpp>

#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("a lease's name is its epoch in 16 hex digits and its number") {
  for (uint64_t epoch : {uint64_t{1}, uint64_t{0xab}, UINT64_MAX}) {
    for (uint64_t number : {uint64_t{1}, uint64_t{1'000'000}, UINT64_MAX}) {
      std::string name = LeaseName(Epoch(epoch), LeaseNumber(number));
      CAPTURE(name);
      auto parsed = ParseLeaseName(name);
      REQUIRE(parsed.ok());
      CHECK(parsed->epoch == Epoch(epoch));
      CHECK(parsed->number == LeaseNumber(number));
    }
  }
  for (const char* name :
       {"", "leases/", "leases/1-1", "leases/00000000000000AB-1", "leases/00000000000000ab-0",
        "leases/00000000000000ab-01", "leases/00000000000000ab-", "leases/00000000000000ab-1 ",
        "leases/00000000000000ab-18446744073709551616", "leases/+0000000000000ab-1",
        "leases/00000000000000ab_1", "lease/00000000000000ab-1"}) {
    CAPTURE(name);
    CHECK(ReasonOf(ParseLeaseName(name).status()) == Reason::kInvalidArgument);
  }
}

TEST_CASE("a version's name is its secret's and a number from 1") {
  auto version = ParseSecretVersionName("secrets/github/pat/versions/12");
  REQUIRE(version.ok());
  CHECK(version->secret.value() == "github/pat");
  CHECK(version->version == VersionNumber(12));
  CHECK(VersionName("github/pat", VersionNumber(12)) == "secrets/github/pat/versions/12");
  CHECK(ParseSecretVersionName("secrets/github/pat").value().version.empty());
  for (const char* name :
       {"secrets/a/versions/0", "secrets/a/versions/01", "secrets/a/versions/-1",
        "secrets/a/versions/1x", "secrets/a/versions/", "secrets//versions/1", "versions/1"}) {
    CAPTURE(name);
    CHECK(ReasonOf(ParseSecretVersionName(name).status()) == Reason::kInvalidArgument);
  }
}

TEST_CASE("a selector names something, and nothing beside everything") {
  v1::Selector selector;
  CHECK_FALSE(ParseSelector(selector).ok());
  selector.set_agent("agents/ci");
  REQUIRE(ParseSelector(selector).ok());
  CHECK(ParseSelector(selector)->agent == "ci");
  selector.set_workflow("workflows/triage");
  CHECK(ParseSelector(selector)->workflow == "triage");
  CHECK(ParseSelector(selector)->agent == "ci");
  selector.set_all(true);
  CHECK_FALSE(ParseSelector(selector).ok());
  selector.Clear();
  selector.set_all(true);
  CHECK(ParseSelector(selector)->all);
  selector.Clear();
  selector.set_version("secrets/a/b/versions/3");
  CHECK(ParseSelector(selector)->secret == "a/b");
  CHECK(ParseSelector(selector)->version == VersionNumber(3));
  selector.set_secret("secrets/a/b");
  CHECK_FALSE(ParseSelector(selector).ok());
  selector.Clear();
  selector.set_version("secrets/a/b");
  CHECK_FALSE(ParseSelector(selector).ok());
  selector.Clear();
  selector.set_credential("agents/ci/tokens/7");
  CHECK(ParseSelector(selector)->credential == CredentialId(7));
  CHECK(ParseSelector(selector)->credential_agent == "ci");
  selector.set_credential("credentials/7");
  CHECK(ParseSelector(selector)->credential_agent.empty());
  for (const char* credential : {"7", "credentials/", "credentials/07", "credentials/0",
                                 "agents/ci/tokens/x", "agents//tokens/1", "tokens/1"}) {
    CAPTURE(credential);
    selector.set_credential(credential);
    CHECK(ReasonOf(ParseSelector(selector).status()) == Reason::kInvalidArgument);
  }
  selector.Clear();
  selector.set_user("a\nb");
  CHECK_FALSE(ParseSelector(selector).ok());
  selector.Clear();
  selector.set_secret("agents/ci");
  CHECK_FALSE(ParseSelector(selector).ok());
}

TEST_CASE("times and durations that protobuf calls invalid are refused") {
  struct Row {
    int64_t seconds;
    int32_t nanos;
    bool time_ok;
    bool duration_ok;
  };
  const Row rows[] = {
      {1, 0, true, true},
      {1, 999'999'999, true, true},
      {0, 0, false, true},
      {-1, 0, false, true},
      {-1, -1, false, true},
      {1, -1, false, false},
      {-1, 1, false, false},
      {1, 1'000'000'000, false, false},
      {253'402'300'799, 0, true, true},
      {253'402'300'800, 0, false, true},
      {315'576'000'001, 0, false, false},
      {INT64_MAX, 0, false, false},
      {INT64_MIN, 0, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.seconds, row.nanos);
    google::protobuf::Timestamp time;
    time.set_seconds(row.seconds);
    time.set_nanos(row.nanos);
    CHECK(FromProto(time, "start_time").ok() == row.time_ok);
    google::protobuf::Duration duration;
    duration.set_seconds(row.seconds);
    duration.set_nanos(row.nanos);
    CHECK(FromProto(duration, "ttl").ok() == row.duration_ok);
  }
}

TEST_CASE("a time survives the way out and in, to the millisecond") {
  for (int64_t ms : {int64_t{1000}, int64_t{1'700'000'000'123}, int64_t{253'402'300'799'999}}) {
    google::protobuf::Timestamp time;
    ToProto(UnixMillis(ms), &time);
    CHECK(FromProto(time, "start_time").value() == UnixMillis(ms));
  }
}

}  // namespace
}  // namespace leasehold
