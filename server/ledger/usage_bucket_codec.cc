// The stored form of a bucket of the usage map: a byte for the format, 1, a varint with the number
// of lines, and then for each line, in ascending order of the keys:
//
//   varint  agent, less the agent of the line before
//   varint  secret
//   varint  workflow, 0 = all that the map had no room for
//   byte    kind of destination, 1..5, and 128 where the lease was delegated, 64 where some of the
//           denied were not enforced
//   varint  its target or text; only with kinds 1 and 2
//   varint  delegator; only with 128
//   varint  first time, milliseconds since 1970
//   varint  last time, less the first
//   varint  allowed
//   varint  denied
//   varint  how many of these were not enforced; only with 64
//   varint  writes; only where some were allowed
//   varint  index of the last entry
//   varint  reason of the last denial; only where some were denied, as the next
//   varint  index of the last entry, less that of the last denial
#include "server/ledger/usage_bucket_codec.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/ledger/varint.h"

namespace leasehold {
namespace {

constexpr uint8_t kFormat = 1;

uint64_t ToMs(absl::Time time) { return static_cast<uint64_t>(absl::ToUnixMillis(time)); }
absl::Time FromMs(uint64_t ms) { return absl::FromUnixMillis(static_cast<int64_t>(ms)); }

// Stand beside the kind of destination.
constexpr uint8_t kDelegated = 0x80;
constexpr uint8_t kNotEnforced = 0x40;

void AppendPlace(std::string* out, const UsageKey& key, const UsageCounters& counters) {
  const uint8_t delegated = key.delegator.empty() ? 0 : kDelegated;
  const uint8_t not_enforced = counters.not_enforced == 0 ? 0 : kNotEnforced;
  out->push_back(
      static_cast<char>(static_cast<uint8_t>(key.destination.kind()) | delegated | not_enforced));
  if (key.destination.id() != 0) AppendVarint(out, key.destination.id());
  if (delegated != 0) AppendVarint(out, key.delegator.value());
}

void AppendCounters(std::string* out, const UsageCounters& counters) {
  AppendVarint(out, ToMs(counters.first));
  AppendVarint(out, ToMs(counters.last) - ToMs(counters.first));
  AppendVarint(out, counters.allowed);
  AppendVarint(out, counters.denied);
  if (counters.not_enforced > 0) AppendVarint(out, counters.not_enforced);
  if (counters.allowed > 0) AppendVarint(out, counters.writes);
  AppendVarint(out, counters.last_index.value());
  if (counters.denied > 0) {
    AppendVarint(out, static_cast<uint64_t>(counters.last_denied_reason));
    AppendVarint(out, counters.last_index.value() - counters.last_denied_index.value());
  }
}

uint64_t ReadId(ByteReader* reader) {
  const uint64_t id = reader->Varint();
  if (id == 0) reader->Fail();
  return id;
}

UsageDestination ReadDestination(uint8_t kind, ByteReader* reader) {
  using Kind = UsageDestination::Kind;
  switch (static_cast<Kind>(kind)) {
    case Kind::kTarget:
      return UsageDestination::Target(EntityUid(ReadId(reader)));
    case Kind::kText:
      return UsageDestination::Named(TextId(ReadId(reader)));
    case Kind::kReveal:
      return UsageDestination::Reveal();
    case Kind::kAcquire:
      return UsageDestination::Acquire();
    case Kind::kUndeclared:
      return UsageDestination::Undeclared();
    default:
      reader->Fail();
      return UsageDestination();
  }
}

UsageCounters ReadCounters(bool not_enforced, ByteReader* reader) {
  UsageCounters counters;
  const uint64_t first_ms = reader->Varint();
  const uint64_t last_ms = first_ms + reader->Varint();
  if (last_ms < first_ms || last_ms > std::numeric_limits<int64_t>::max()) reader->Fail();
  counters.first = FromMs(first_ms);
  counters.last = FromMs(last_ms);
  counters.allowed = reader->Varint();
  counters.denied = reader->Varint();
  if (counters.allowed == 0 && counters.denied == 0) reader->Fail();
  if (not_enforced) counters.not_enforced = ReadId(reader);
  if (counters.not_enforced > counters.denied) reader->Fail();
  if (counters.allowed > 0) counters.writes = reader->Varint();
  if (counters.writes > counters.allowed) reader->Fail();
  counters.last_index = LogIndex(reader->Varint());
  if (counters.denied == 0) return counters;
  const uint64_t number = reader->Varint();
  const std::optional<Reason> reason = number > std::numeric_limits<uint32_t>::max()
                                           ? std::nullopt
                                           : ReasonFromNumber(static_cast<uint32_t>(number));
  if (!reason.has_value() || *reason == Reason::kNone) reader->Fail();
  counters.last_denied_reason = reason.value_or(Reason::kNone);
  const uint64_t since = reader->Varint();
  if (since > counters.last_index.value()) reader->Fail();
  counters.last_denied_index = LogIndex(counters.last_index.value() - since);
  return counters;
}

}  // namespace

std::string EncodeUsageBucket(const std::vector<UsageLine>& lines) {
  std::string out;
  out.push_back(kFormat);
  AppendVarint(&out, lines.size());
  uint64_t previous_agent = 0;
  for (const UsageLine& line : lines) {
    AppendVarint(&out, line.key.agent.value() - previous_agent);
    previous_agent = line.key.agent.value();
    AppendVarint(&out, line.key.secret.value());
    AppendVarint(&out, line.key.workflow.value());
    AppendPlace(&out, line.key, line.counters);
    AppendCounters(&out, line.counters);
  }
  return out;
}

absl::StatusOr<std::vector<UsageLine>> DecodeUsageBucket(std::string_view bytes) {
  std::vector<UsageLine> lines;
  ByteReader reader(bytes);
  if (reader.Byte() != kFormat) reader.Fail();
  const uint64_t count = reader.Varint();
  uint64_t agent = 0;
  // A count that promises more than there is ends with the bytes, and nothing is reserved for it.
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    UsageLine line;
    agent += reader.Varint();
    line.key.agent = EntityUid(agent);
    line.key.secret = EntityUid(reader.Varint());
    line.key.workflow = TextId(reader.Varint());
    const uint8_t place = reader.Byte();
    line.key.destination = ReadDestination(place & ~(kDelegated | kNotEnforced), &reader);
    if ((place & kDelegated) != 0) line.key.delegator = EntityUid(ReadId(&reader));
    line.counters = ReadCounters((place & kNotEnforced) != 0, &reader);
    // An agent's sum that ran over 64 bits is out of order too.
    if (!lines.empty() && line.key <= lines.back().key) reader.Fail();
    lines.push_back(line);
  }
  if (!reader.AtEnd()) {
    return Error(Reason::kStoreDamaged,
                 "a part of the usage map is not in the form this server writes; restore a backup");
  }
  return lines;
}

}  // namespace leasehold
