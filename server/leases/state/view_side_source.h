#ifndef LEASEHOLD_SERVER_LEASES_STATE_VIEW_SIDE_SOURCE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_VIEW_SIDE_SOURCE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "server/leases/state/state.h"
#include "server/ledger/commitment.h"
#include "storage/store.h"

namespace leasehold {

// Texts and bodies from a store, for folding entries that are stored already. `view` must outlive
// it.
class ViewSideSource final : public SideSource {
 public:
  explicit ViewSideSource(StoreView& view) : view_(view) {}

  // Reads the texts from `first` on into memory.
  absl::Status LoadTexts(TextId first) {
    return view_.ReadTexts([&](const TextRow& row) {
      if (row.id >= first) {
        texts_[row.id] = row;
      }
      return absl::OkStatus();
    });
  }

  std::string_view Text(TextId id) override {
    auto it = texts_.find(id);
    return it == texts_.end() ? std::string_view() : std::string_view(it->second.text);
  }

  bool TextFits(TextId id, std::string_view commitment) override {
    auto it = texts_.find(id);
    return it != texts_.end() &&
           (it->second.salt.empty() ||
            TextCommitmentHolds(commitment, it->second.salt, it->second.kind, it->second.text));
  }

  std::optional<std::string_view> Body(const Hash& hash) override {
    absl::StatusOr<std::optional<std::string>> body = view_.ReadBody(hash);
    if (!body.ok() || !body->has_value() || Sha256Of(AsBytes(**body)) != hash) {
      return std::nullopt;
    }
    body_ = **std::move(body);
    return body_;
  }

 private:
  StoreView& view_;
  absl::flat_hash_map<TextId, TextRow> texts_;
  std::string body_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_VIEW_SIDE_SOURCE_H_
