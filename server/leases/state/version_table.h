#ifndef LEASEHOLD_SERVER_LEASES_STATE_VERSION_TABLE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_VERSION_TABLE_H_

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/base/millis.h"

namespace leasehold {

// What a version may do; the numbers of the ledger's VersionStateKind.
enum class VersionState { kEnabled = 1, kDisabled = 2, kDestroyed = 3 };

struct VersionInfo {
  VersionNumber number;
  VersionState state = VersionState::kEnabled;
  UnixMillis create_time;
  UnixMillis expire_time;  // empty = never
  Hash ciphertext_hash{};

  bool UsableAt(UnixMillis now) const {
    return state == VersionState::kEnabled && (expire_time.empty() || now < expire_time);
  }
};

// The versions of every secret, without their values.
class VersionTable {
 public:
  // All versions of `secret`, oldest first; version n stands at n - 1.
  const std::vector<VersionInfo>& Of(EntityUid secret) const {
    static const std::vector<VersionInfo>& none = *new std::vector<VersionInfo>();
    auto it = versions_.find(secret);
    return it == versions_.end() ? none : it->second;
  }
  const VersionInfo* Find(EntityUid secret, VersionNumber number) const {
    const auto& all = Of(secret);
    return number.empty() || number.value() > all.size() ? nullptr : &all[number.value() - 1];
  }
  // The newest version that is usable at `now`, or nullptr.
  const VersionInfo* Latest(EntityUid secret, UnixMillis now) const {
    const auto& all = Of(secret);
    for (auto it = all.rbegin(); it != all.rend(); ++it) {
      if (it->UsableAt(now)) {
        return &*it;
      }
    }
    return nullptr;
  }
  VersionNumber next(EntityUid secret) const { return VersionNumber(Of(secret).size() + 1); }

  // `info.number` must be next(secret).
  void Add(EntityUid secret, const VersionInfo& info) { versions_[secret].push_back(info); }
  void SetState(EntityUid secret, VersionNumber number, VersionState state) {
    versions_[secret][number.value() - 1].state = state;
  }

  const absl::flat_hash_map<EntityUid, std::vector<VersionInfo>>& all() const { return versions_; }

 private:
  absl::flat_hash_map<EntityUid, std::vector<VersionInfo>> versions_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_VERSION_TABLE_H_
