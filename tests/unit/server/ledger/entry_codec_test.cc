#include "server/ledger/entry_codec.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

std::string Encoded(const Entry& entry) {
  std::string bytes;
  REQUIRE(EncodeEntry(entry, &bytes).ok());
  return bytes;
}

Entry UseEntry() {
  Entry entry;
  entry.set_time_ms(1000);
  entry.mutable_use()->set_lease(5);
  entry.mutable_use()->set_verdict(ledger::v1::VERDICT_ALLOWED);
  entry.mutable_use()->set_adapter(ledger::v1::ADAPTER_BROKER);
  entry.mutable_use()->set_target(7);
  return entry;
}

// An entry that has the kind and nothing else.
Entry BareEntry(EntryKind kind) {
  Entry entry;
  entry.GetReflection()->MutableMessage(&entry, Entry::descriptor()->FindFieldByNumber(kind));
  return entry;
}

TEST_CASE("a use has the bytes that the format says", "[ledger][entry_codec]") {
  // time 1000; use: lease 5, allowed, broker, target 7. Written out by hand: these bytes are final.
  CHECK(HexEncode(AsBytes(Encoded(UseEntry()))) ==
        "08e8071208"
        "0805100118022007");
}

TEST_CASE("every kind comes back from its bytes and from its name", "[ledger][entry_codec]") {
  const std::vector<EntryKind> kinds = AllEntryKinds();
  CHECK(kinds.size() == 33);
  for (const EntryKind kind : kinds) {
    CAPTURE(kind);
    const absl::StatusOr<Entry> entry = DecodeEntry(AsBytes(Encoded(BareEntry(kind))));
    REQUIRE(entry.ok());
    CHECK(entry->kind_case() == kind);
    CHECK(ParseEntryKind(EntryKindName(kind)) == kind);
    // Block summaries have a bit for each kind.
    CHECK(static_cast<int>(kind) < 64);
  }
}

TEST_CASE("kinds are named as their fields", "[ledger][entry_codec]") {
  CHECK(EntryKindName(Entry::kUse) == "use");
  CHECK(EntryKindName(Entry::kLeaseIssued) == "lease_issued");
  CHECK(EntryKindName(Entry::kBackupTaken) == "backup_taken");
  CHECK(EntryKindName(Entry::KIND_NOT_SET) == "unknown");
  CHECK(ParseEntryKind("refusals_summarized") == Entry::kRefusalsSummarized);
  for (const std::string_view name : {"", "unknown", "time_ms", "kind", "Use", "uses", "use "}) {
    CAPTURE(name);
    CHECK(ParseEntryKind(name) == std::nullopt);
  }
}

TEST_CASE("an entry of 65,535 bytes is the largest", "[ledger][entry_codec]") {
  // Two tags, of one byte and of two, and two lengths of three bytes.
  constexpr size_t kAround = 1 + 3 + 2 + 3;
  Entry entry;
  entry.mutable_use()->set_trace_id(std::string(65'535 - kAround, 't'));
  std::string bytes = Encoded(entry);
  CHECK(bytes.size() == 65'535);
  CHECK(DecodeEntry(AsBytes(bytes)).ok());

  entry.mutable_use()->mutable_trace_id()->push_back('t');
  CHECK(ReasonOf(EncodeEntry(entry, &bytes)) == Reason::kTooLarge);
  CHECK(bytes.empty());
  const absl::StatusOr<Entry> decoded = DecodeEntry(AsBytes(entry.SerializeAsString()));
  CHECK(ReasonOf(decoded.status()) == Reason::kStoreDamaged);
}

TEST_CASE("bytes that no server writes are not an entry", "[ledger][entry_codec]") {
  const std::string use = Encoded(UseEntry());
  const std::string revoked = Encoded(BareEntry(Entry::kRevoked));
  struct Row {
    std::string why;
    std::string bytes;
  };
  const std::vector<Row> rows = {
      {"nothing", ""},
      {"no kind", "\x08\x05"},
      {"no protobuf", "\xff\xff\xff"},
      {"cut off", use.substr(0, use.size() - 1)},
      {"a zero behind", use + std::string(1, '\0')},
      {"a second kind", use + revoked},
      {"the same kind again", use + use.substr(3)},
      {"the time twice", use.substr(0, 3) + use},
      {"the time behind the kind", use.substr(3) + use.substr(0, 3)},
      {"a time of zero, which is left out", std::string("\x08\0", 2) + use.substr(3)},
      {"a time in a longer form", std::string("\x08\xe8\x87\0", 4) + use.substr(3)},
      {"an unknown field beside two kinds", use + revoked + "\xf8\x07\x01"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(ReasonOf(DecodeEntry(AsBytes(row.bytes)).status()) == Reason::kStoreDamaged);
  }
}

TEST_CASE("what a later server added is kept and noticed", "[ledger][entry_codec]") {
  const std::string use = Encoded(UseEntry());
  SECTION("a kind") {
    // Field 200, two bytes.
    const absl::StatusOr<Entry> entry = DecodeEntry(AsBytes("\x08\x05\xc2\x0c\x02\x08\x01"));
    REQUIRE(entry.ok());
    CHECK(entry->kind_case() == Entry::KIND_NOT_SET);
    CHECK(entry->time_ms() == 5);
    CHECK(HasUnknown(*entry));
  }
  SECTION("a field beside the kind") {
    const absl::StatusOr<Entry> entry = DecodeEntry(AsBytes(use + "\xf8\x07\x01"));
    REQUIRE(entry.ok());
    CHECK(entry->kind_case() == Entry::kUse);
    CHECK(HasUnknown(*entry));
  }
  SECTION("a field with a number between those we know") {
    // Field 12 before field 20.
    const std::string put = Encoded(BareEntry(Entry::kEntityPut));
    const absl::StatusOr<Entry> entry = DecodeEntry(AsBytes("\x60\x01" + put));
    REQUIRE(entry.ok());
    CHECK(HasUnknown(*entry));
  }
  SECTION("a field deep inside") {
    Entry entry = BareEntry(Entry::kHoldSet);
    auto* control = entry.mutable_hold_set()->mutable_control();
    control->GetReflection()->MutableUnknownFields(control)->AddVarint(99, 1);
    const absl::StatusOr<Entry> decoded = DecodeEntry(AsBytes(Encoded(entry)));
    REQUIRE(decoded.ok());
    CHECK(HasUnknown(*decoded));
  }
  SECTION("a number in an enumeration") {
    Entry entry = UseEntry();
    entry.mutable_use()->set_verdict(static_cast<ledger::v1::Verdict>(9));
    const absl::StatusOr<Entry> decoded = DecodeEntry(AsBytes(Encoded(entry)));
    REQUIRE(decoded.ok());
    CHECK(HasUnknown(*decoded));
  }
  SECTION("nothing") {
    Entry entry;
    entry.mutable_revoked()->mutable_control()->set_method(ledger::v1::AUTH_METHOD_MTLS);
    entry.mutable_revoked()->mutable_selector()->set_agent(4);
    entry.mutable_revoked()->add_member_agents(5);
    CHECK_FALSE(HasUnknown(entry));
    CHECK_FALSE(HasUnknown(UseEntry()));
  }
}

}  // namespace
}  // namespace leasehold
