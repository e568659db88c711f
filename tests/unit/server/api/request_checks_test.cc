#include "server/api/request_checks.h"

#include <catch2/catch.hpp>

#include "leasehold/v1/secret.pb.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("an etag is what EtagOf gives, or nothing") {
  for (uint64_t index : {uint64_t{0}, uint64_t{1}, UINT64_MAX}) {
    auto etag = ParseEtag(EtagOf(LogIndex(index)));
    REQUIRE(etag.ok());
    CHECK(*etag == LogIndex(index));
  }
  CHECK(ParseEtag("").value() == std::nullopt);
  for (const char* text : {"x", " 1", "1 ", "01", "+1", "-1", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK(ReasonOf(ParseEtag(text).status()) == Reason::kInvalidArgument);
  }
}

TEST_CASE("an id is one segment") {
  CHECK(ParseId("agents/ci", "agents/").ok());
  for (const char* name : {"agents/", "agents/a/b", "groups/ci", "ci", "agents/CI", "agents//a"}) {
    CAPTURE(name);
    CHECK(ReasonOf(ParseId(name, "agents/").status()) == Reason::kInvalidArgument);
  }
}

TEST_CASE("equal messages have equal bytes, in whatever order their maps were filled") {
  v1::Secret a;
  v1::Secret b;
  for (int i = 0; i < 50; ++i) {
    (*a.mutable_labels())["k" + std::to_string(i)] = "v";
    (*b.mutable_labels())["k" + std::to_string(49 - i)] = "v";
  }
  CHECK(DeterministicBytes(a) == DeterministicBytes(b));
  v1::Secret parsed;
  REQUIRE(parsed.ParseFromString(DeterministicBytes(a)));
  CHECK(parsed.labels_size() == 50);
}

TEST_CASE("an end lies in the future, or there is none") {
  google::protobuf::Timestamp time;
  CHECK(ParseExpireTime(false, time, UnixMillis(5000)).value().empty());
  CHECK_FALSE(ParseExpireTime(true, time, UnixMillis(5000)).ok());
  time.set_seconds(5);
  CHECK_FALSE(ParseExpireTime(true, time, UnixMillis(5000)).ok());
  time.set_nanos(1'000'000);
  CHECK(ParseExpireTime(true, time, UnixMillis(5000)).value() == UnixMillis(5001));
}

}  // namespace
}  // namespace leasehold
