#ifndef LEASEHOLD_SERVER_LEASES_STATE_TEXT_TABLE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_TEXT_TABLE_H_

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"

namespace leasehold {

// The cleartext behind text ids, both ways. Ids are dense from 1.
class TextTable {
 public:
  TextId next() const { return TextId(texts_.size() + 1); }

  // The id of `text` as a text of `kind`; empty where it has none.
  TextId Find(ledger::v1::TextKind kind, std::string_view text) const {
    auto it = ids_.find(Key{kind, text});
    return it == ids_.end() ? TextId() : it->second;
  }
  // The text, or "" for an id that is empty, unknown or erased.
  std::string_view Get(TextId id) const {
    return Known(id) ? std::string_view(texts_[id.value() - 1].text) : std::string_view();
  }
  bool Known(TextId id) const { return !id.empty() && id.value() <= texts_.size(); }
  ledger::v1::TextKind KindOf(TextId id) const {
    return Known(id) ? texts_[id.value() - 1].kind : ledger::v1::TEXT_KIND_UNSPECIFIED;
  }

  // SHA-256 over all texts, one after the other: what the snapshot says about a table that is
  // stored beside it, so that a name exchanged for another one is found at start.
  const Hash& digest() const { return digest_; }

  // `text` is empty where it was erased.
  void Add(ledger::v1::TextKind kind, std::string_view text) {
    std::string link(AsText(digest_));
    link.push_back(static_cast<char>(kind));
    digest_ = Sha256Of(AsBytes(link.append(text)));
    // A deque, so that the keys' views stay valid.
    texts_.push_back({kind, std::string(text)});
    if (!text.empty()) {
      ids_.try_emplace(Key{kind, texts_.back().text}, TextId(texts_.size()));
    }
  }

 private:
  using Key = std::pair<int, std::string_view>;
  struct Item {
    ledger::v1::TextKind kind;
    std::string text;
  };
  std::deque<Item> texts_;
  Hash digest_{};
  absl::flat_hash_map<Key, TextId> ids_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_TEXT_TABLE_H_
