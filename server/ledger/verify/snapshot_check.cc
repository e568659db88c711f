#include "server/ledger/verify/snapshot_check.h"

#include "server/base/str_cat.h"
#include "server/leases/state/lease_table.h"

namespace leasehold {
namespace {

// The number that a key's bytes from `at` on are: 8, big-endian.
uint64_t NumberAt(const std::string& key, size_t at) {
  uint64_t number = 0;
  for (size_t i = at; i < at + 8 && i < key.size(); ++i) {
    number = number << 8 | static_cast<uint8_t>(key[i]);
  }
  return number;
}

// A key that starts with the kind of a selector.
std::string SelectorName(const std::string& key) {
  static constexpr std::string_view kKinds[] = {"everything", "lease", "agent", "secret",
                                                "workflow"};
  const auto kind = static_cast<uint8_t>(key.empty() ? 255 : key[0]);
  if (kind >= std::size(kKinds)) return "something unknown";
  return kind == 0 ? std::string(kKinds[0]) : StrCat(kKinds[kind], " ", NumberAt(key, 1));
}

}  // namespace

std::string SnapshotRowName(const std::string& section, const std::string& key) {
  if (section == "leases") {
    const uint64_t first = NumberAt(key, 0) * LeaseTable::kChunkLeases + 1;
    return StrCat("leases ", first, " to ", first + LeaseTable::kChunkLeases - 1);
  }
  if (section == "watermarks" || section == "holds") {
    return StrCat(section, ", ", SelectorName(key));
  }
  if (section == "versions") {
    return StrCat("versions, ", NumberAt(key, 8), " of secret ", NumberAt(key, 0));
  }
  return key.empty() ? section : StrCat(section, ", number ", NumberAt(key, 0));
}

Objection SnapshotCheck::AddEntry(uint64_t index, const ledger::v1::Snapshot& snapshot,
                                  State& before) {
  const SnapshotChange change = snapshot_.Take(before);
  for (const SnapshotRow& row : change.removed) expected_.erase({row.section, row.key});
  for (const SnapshotRow& row : change.put) {
    expected_[{row.section, row.key}] = Sha256Of(AsBytes(row.body));
  }
  any_ = true;
  index_ = index;
  digest_ = change.digest;
  if (snapshot.state_digest() == AsText(change.digest)) return {};
  return {.what = "records a state that is not what the entries before it come to"};
}

void SnapshotCheck::AddRow(const SnapshotRow& row, Findings& findings) {
  const RowKey key{row.section, row.key};
  const auto it = expected_.find(key);
  if (it == expected_.end()) {
    AddFinding(findings, key, "should not be there");
    return;
  }
  if (it->second != Sha256Of(AsBytes(row.body))) {
    AddFinding(findings, key, "is not what the entries come to");
  }
  expected_.erase(it);
}

void SnapshotCheck::Finish(Findings& findings) {
  for (const auto& [key, hash] : expected_) AddFinding(findings, key, "is missing");
}

void SnapshotCheck::AddFinding(Findings& findings, const RowKey& key, std::string_view what) const {
  const std::string row =
      StrCat("the snapshot's row (", SnapshotRowName(key.first, key.second), ") ", what);
  if (any_) {
    findings.AddViolation(index_, row);
  } else {
    findings.AddViolation(row);
  }
}

}  // namespace leasehold
