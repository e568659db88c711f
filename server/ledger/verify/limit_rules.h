#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_LIMIT_RULES_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_LIMIT_RULES_H_

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/state.h"
#include "server/ledger/verify/findings.h"

namespace leasehold {

// The promise about rate windows, written a second time: every use is remembered with its time, and
// counted one by one. Memory grows with the uses of the longest window.
class LimitRules {
 public:
  // Takes the next entry, well formed, and says which limit it passes. `before` is the fold of all
  // entries before it. Call for every entry in order.
  Objection Add(const ledger::v1::Entry& entry, const State& before);

 private:
  // A limit, by what it is without its max, and what it counts apart.
  struct Window {
    std::string policy;
    int by = 0;
    int64_t per_ms = 0;
    uint64_t scope = 0;
    auto operator<=>(const Window&) const = default;
  };

  void ForgetOld(int64_t now_ms);

  std::map<Window, std::deque<int64_t>> uses_;  // times, ascending
  uint64_t counted_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_LIMIT_RULES_H_
