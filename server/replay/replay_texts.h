#ifndef LEASEHOLD_SERVER_REPLAY_REPLAY_TEXTS_H_
#define LEASEHOLD_SERVER_REPLAY_REPLAY_TEXTS_H_

#include <cstddef>
#include <string>

#include "absl/container/node_hash_map.h"
#include "server/base/ids.h"
#include "server/leases/published_state.h"

namespace leasehold {

// Texts of the ledger by id, copied once out of the published state. One thread.
class ReplayTexts {
 public:
  explicit ReplayTexts(const PublishedState& published) : published_(published) {}

  // "" for an id that is empty, unknown or erased. Valid until Trim.
  const std::string& Get(TextId id) {
    const auto found = texts_.try_emplace(id);
    std::string& text = found.first->second;
    if (found.second) {
      published_.Read([&](const PublishedState::View& view) {
        text = std::string(view.state.texts().Get(id));
      });
    }
    return text;
  }
  // Forgets all where there are too many: a ledger may have any number of users.
  void Trim() {
    if (texts_.size() > kTextsMax) texts_.clear();
  }

 private:
  // About 100 MiB of the longest.
  static constexpr size_t kTextsMax = 100'000;

  const PublishedState& published_;
  absl::node_hash_map<TextId, std::string> texts_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_REPLAY_TEXTS_H_
