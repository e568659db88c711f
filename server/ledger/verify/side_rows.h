#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_SIDE_ROWS_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_SIDE_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/state.h"
#include "server/ledger/verify/findings.h"
#include "storage/rows.h"

namespace leasehold {

// The texts and bodies that lie beside a ledger, believed only as far as entries committed to them.
// All are in memory: texts are few beside entries.
class SideRows final : public SideSource {
 public:
  // Texts in order of id.
  void AddText(TextRow row, Findings& findings);
  // Files the body under the hash that it really has.
  void AddBody(std::string body);

  // What is wrong with the text that the entry defines; with a text that was erased nothing is,
  // until it turns out that no entry says so.
  Objection CheckDefined(uint64_t index, const ledger::v1::TextDefined& defined);
  // An entry says that the text was erased.
  Objection CheckErased(const ledger::v1::TextErased& erased);
  // At the end: texts that nobody defined, and erased ones that no entry tells of.
  void CheckRest(Findings& findings) const;

  uint64_t texts_erased() const { return erased_.size(); }

  // SideSource.
  std::string_view Text(TextId id) override;
  std::optional<std::string_view> Body(const Hash& hash) override;

 private:
  const TextRow* Find(uint64_t id) const {
    return id == 0 || id > texts_.size() ? nullptr : &texts_[id - 1];
  }

  std::vector<TextRow> texts_;  // id n at n - 1
  uint64_t defined_ = 0;
  absl::flat_hash_map<Hash, std::string> bodies_;
  absl::flat_hash_map<uint64_t, uint64_t>
      blank_;                             // texts without salt and cleartext, and the entry
  absl::flat_hash_set<uint64_t> erased_;  // texts that an entry says were erased
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_SIDE_ROWS_H_
