// The stored form of a summary:
//
//   byte            format, 1
//   varint          kinds: bit k where an entry of kind k is there
//   byte            1 where anything was denied, else 0
//   varint, varint  smallest time in milliseconds since 1970; the largest less the smallest
//   varint, varint  smallest lease number, 0 = none; the largest less the smallest
//   4 sets          agents, secrets, workflows, targets; see id_set.cc
#include "server/ledger/block_summary.h"

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

constexpr uint8_t kFormat = 1;
// Two bytes, and five numbers of at most ten.
static_assert(2 + 5 * 10 + 4 * IdSet::kBytesMax <= BlockSummary::kBytesMax);

// Bit of a kind.
constexpr uint64_t KindBit(int kind) { return uint64_t{1} << kind; }

absl::Time FromMs(uint64_t ms) { return absl::FromUnixMillis(static_cast<int64_t>(ms)); }

template <typename Id>
bool Wanted(Id wanted, Id has) {
  return wanted.empty() || wanted == has;
}

template <typename Id>
bool MayHave(Id wanted, const IdSet& set) {
  return wanted.empty() || set.MayContain(wanted.value());
}

}  // namespace

bool EntryFilter::Matches(const EntryFacts& facts) const {
  return (kinds == 0 || (kinds & KindBit(facts.kind)) != 0) && Wanted(agent, facts.agent) &&
         Wanted(secret, facts.secret) && Wanted(workflow, facts.workflow) &&
         Wanted(target, facts.target) && Wanted(lease, facts.lease) &&
         (!start.has_value() || facts.time >= *start) && (!end.has_value() || facts.time < *end) &&
         (!denied_only || facts.denied);
}

void BlockSummary::Add(const EntryFacts& facts) {
  LEASEHOLD_CHECK(facts.kind >= 0 && facts.kind < 64);
  const auto ms = static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixMillis(facts.time), 0));
  time_min_ms_ = kinds_ == 0 ? ms : std::min(time_min_ms_, ms);
  time_max_ms_ = std::max(time_max_ms_, ms);
  kinds_ |= KindBit(facts.kind);
  any_denied_ = any_denied_ || facts.denied;
  if (const uint64_t lease = facts.lease.value(); lease != 0) {
    lease_min_ = lease_min_ == 0 ? lease : std::min(lease_min_, lease);
    lease_max_ = std::max(lease_max_, lease);
  }
  agents_.Add(facts.agent.value());
  secrets_.Add(facts.secret.value());
  workflows_.Add(facts.workflow.value());
  targets_.Add(facts.target.value());
}

bool BlockSummary::MayContain(const EntryFilter& filter) const {
  // Every entry has a kind, so this is a block without entries.
  if (kinds_ == 0) return false;
  if (filter.kinds != 0 && (filter.kinds & kinds_) == 0) return false;
  if (filter.denied_only && !any_denied_) return false;
  if (filter.start.has_value() && FromMs(time_max_ms_) < *filter.start) return false;
  if (filter.end.has_value() && FromMs(time_min_ms_) >= *filter.end) return false;
  if (const uint64_t lease = filter.lease.value();
      lease != 0 && (lease < lease_min_ || lease > lease_max_)) {
    return false;
  }
  return MayHave(filter.agent, agents_) && MayHave(filter.secret, secrets_) &&
         MayHave(filter.workflow, workflows_) && MayHave(filter.target, targets_);
}

std::string BlockSummary::Encode() const {
  std::string out;
  out.push_back(kFormat);
  AppendVarint(&out, kinds_);
  out.push_back(any_denied_ ? 1 : 0);
  AppendVarint(&out, time_min_ms_);
  AppendVarint(&out, time_max_ms_ - time_min_ms_);
  AppendVarint(&out, lease_min_);
  AppendVarint(&out, lease_max_ - lease_min_);
  for (const IdSet* set : {&agents_, &secrets_, &workflows_, &targets_}) set->EncodeTo(&out);
  return out;
}

absl::StatusOr<BlockSummary> BlockSummary::Decode(std::string_view bytes) {
  BlockSummary summary;
  ByteReader reader(bytes);
  const uint8_t format = reader.Byte();
  summary.kinds_ = reader.Varint();
  summary.any_denied_ = reader.Byte() != 0;
  summary.time_min_ms_ = reader.Varint();
  summary.time_max_ms_ = summary.time_min_ms_ + reader.Varint();
  summary.lease_min_ = reader.Varint();
  summary.lease_max_ = summary.lease_min_ + reader.Varint();
  for (IdSet* set : {&summary.agents_, &summary.secrets_, &summary.workflows_, &summary.targets_}) {
    *set = IdSet::DecodeFrom(&reader);
  }
  // The comparison finds what parses and yet is nothing that Encode makes: sums beyond 64 bits, a
  // set that is larger than it may be, a flag that is neither 0 nor 1.
  if (format != kFormat || !reader.AtEnd() || summary.Encode() != bytes) {
    return Error(Reason::kStoreDamaged,
                 "a summary of ledger entries is not in the form this server writes; restore a "
                 "backup");
  }
  return summary;
}

void BlockSummaryBuilder::Add(LogIndex index, const EntryFacts& facts) {
  const uint64_t block = index.value() / BlockSummary::kBlockEntries;
  if (block == block_ + 1) CloseBlock();
  LEASEHOLD_CHECK(block == block_, "a block of entries was left out or comes again");
  open_.Add(facts);
}

std::vector<SummaryRow> BlockSummaryBuilder::TakeFull(uint64_t size) {
  if (size / BlockSummary::kBlockEntries == block_ + 1) CloseBlock();
  LEASEHOLD_CHECK(size / BlockSummary::kBlockEntries == block_, "not the size of this log");
  return std::exchange(full_, {});
}

void BlockSummaryBuilder::CloseBlock() {
  full_.push_back({block_, std::exchange(open_, {}).Encode()});
  ++block_;
}

}  // namespace leasehold
