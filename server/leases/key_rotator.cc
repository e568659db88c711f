#include "server/leases/key_rotator.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"
#include "server/base/status.h"
#include "server/leases/operations/deciding.h"

namespace leasehold {
namespace {

// Looked at under the readers' lock at once.
constexpr uint64_t kSecretsAtOnce = 256;

}  // namespace

// Who works; nobody where somebody else does.
class KeyRotator::Turn {
 public:
  explicit Turn(std::atomic<bool>& busy) : busy_(busy), mine_(!busy.exchange(true)) {}
  ~Turn() {
    if (mine_) {
      busy_.store(false);
    }
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  absl::Status Check() const {
    return mine_ ? absl::OkStatus()
                 : Error(Reason::kOverloaded,
                         "keys are being rotated already; try again when that is done",
                         {.retry_after = absl::Seconds(1)});
  }

 private:
  std::atomic<bool>& busy_;
  const bool mine_;
};

KeyRotator::KeyRotator(Committer& committer, Store& store, SealableVault& vault,
                       std::function<void()> between_batches)
    : committer_(committer),
      store_(store),
      vault_(vault),
      between_batches_(std::move(between_batches)) {}

template <typename Result, typename Decide>
absl::StatusOr<Result> KeyRotator::Submit(Decide decide, std::function<void()> after_commit) {
  absl::StatusOr<Result> answer = absl::InternalError("not decided");
  absl::Notification known;
  committer_.Submit(MakeOperation<Result>(Urgency::kNormal, std::move(decide),
                                          [&](absl::StatusOr<Result> result) {
                                            // On the Committer's thread, before it judges anything
                                            // else.
                                            if (result.ok() && after_commit) {
                                              after_commit();
                                            }
                                            answer = std::move(result);
                                            known.Notify();
                                          }));
  known.WaitForNotification();
  return answer;
}

absl::StatusOr<KeyRotator::Rotated> KeyRotator::Rotate(const Principal& principal, KeyClass cls) {
  Turn turn(busy_);
  RETURN_IF_ERROR(turn.Check());
  ASSIGN_OR_RETURN(
      const KeyAdded added,
      Submit<KeyAdded>([&](Transaction& tx) { return RotateKey(tx, vault_, principal, cls); },
                       [&] { UseNewestKeys(vault_); }));
  Rotated rotated{.cls = cls, .number = added.number, .index = added.index};
  if (cls == KeyClass::kKeyEncryption) {
    ASSIGN_OR_RETURN(rotated.rewrapped_versions, Rewrap());
  }
  return rotated;
}

absl::StatusOr<uint64_t> KeyRotator::FinishRewrapping() {
  Turn turn(busy_);
  RETURN_IF_ERROR(turn.Check());
  return Rewrap();
}

absl::StatusOr<uint64_t> KeyRotator::Rewrap() {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vault> vault, vault_.Open());
  if (!vault->HasRetiredKeys()) {
    return 0;
  }
  // The new key is current, so whatever is added from here on is wrapped by it, and all that was
  // added before is published.
  uint64_t rewrapped = 0;
  EntityUid next(1);
  std::vector<VersionKey> versions;
  while (NextVersions(&next, &versions)) {
    ASSIGN_OR_RETURN(const uint64_t some, RewrapAll(*vault, versions));
    rewrapped += some;
  }
  RETURN_IF_ERROR(Submit<bool>(
                      [&](Transaction& tx) -> absl::StatusOr<bool> {
                        RemoveRetiredKeys(tx, *vault);
                        return true;
                      },
                      [&] { DropRetiredKeys(vault_); })
                      .status());
  return rewrapped;
}

bool KeyRotator::NextVersions(EntityUid* next, std::vector<VersionKey>* versions) {
  versions->clear();
  return committer_.published().Read([&](const PublishedState::View& view) {
    const State& state = view.state;
    if (*next >= state.entities().next()) {
      return false;
    }
    const uint64_t end = std::min(next->value() + kSecretsAtOnce, state.entities().next().value());
    for (; next->value() < end; *next = EntityUid(next->value() + 1)) {
      for (const VersionInfo& version : state.versions().Of(*next)) {
        if (version.state != VersionState::kDestroyed) {
          versions->push_back({*next, version.number});
        }
      }
    }
    return true;
  });
}

absl::StatusOr<uint64_t> KeyRotator::RewrapAll(const Vault& vault,
                                               const std::vector<VersionKey>& versions) {
  uint64_t rewrapped = 0;
  std::vector<VersionRow> rows;
  size_t bytes = 0;
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store_.NewView());
  for (const VersionKey& key : versions) {
    ASSIGN_OR_RETURN(std::optional<VersionRow> row, view->ReadVersion(key));
    if (!row.has_value() || row->wrapped_key.empty() ||
        row->key_number == vault.CurrentKey(KeyClass::kKeyEncryption)) {
      continue;
    }
    SealedVersion sealed{.key_number = row->key_number, .wrapped_key = row->wrapped_key};
    RETURN_IF_ERROR(vault.Rewrap(key.secret, key.number, &sealed));
    row->key_number = sealed.key_number;
    row->wrapped_key = std::move(sealed.wrapped_key);
    bytes += row->ciphertext.size();
    rows.push_back(*std::move(row));
    if (rows.size() == kBatchVersions || bytes >= kBatchBytes) {
      ASSIGN_OR_RETURN(const uint64_t put, PutBatch(std::exchange(rows, {})));
      rewrapped += put;
      bytes = 0;
    }
  }
  ASSIGN_OR_RETURN(const uint64_t put, PutBatch(std::move(rows)));
  return rewrapped + put;
}

absl::StatusOr<uint64_t> KeyRotator::PutBatch(std::vector<VersionRow> rows) {
  if (rows.empty()) {
    return 0;
  }
  if (stopped_.load()) {
    return Error(Reason::kShuttingDown,
                 "the server is shutting down; it goes on wrapping keys anew when it is back");
  }
  ASSIGN_OR_RETURN(const uint64_t put,
                   Submit<uint64_t>([&](Transaction& tx) -> absl::StatusOr<uint64_t> {
                     return PutRewrapped(tx, std::move(rows));
                   }));
  if (between_batches_) {
    between_batches_();
  }
  return put;
}

}  // namespace leasehold
