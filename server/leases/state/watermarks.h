#ifndef LEASEHOLD_SERVER_LEASES_STATE_WATERMARKS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_WATERMARKS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/leases/state/selector.h"

namespace leasehold {

struct Lease;

// One revocation, as acknowledged.
struct Revocation {
  uint64_t number = 0;  // counted from 1; 0 for the server's own (clock, epoch)
  Selector selector = Selector::All();
  LeaseNumber through;
  LogIndex index;
  UnixMillis time;
  bool hold = false;
  TextId reason;
  TextId actor;
};

// Watermarks say what has been revoked: "everything that matches this selector and was issued up
// to this number". One mark revokes one lease or ten million, so a revocation never becomes a list
// that can be left half done.
class Watermarks {
 public:
  // Raises the mark of the revocation's selector. A lower number changes nothing, so that folding
  // an entry twice is harmless.
  void Raise(const Revocation& revocation);

  // The revocation that covers `lease`, or nullptr. Does not allocate: it runs once per use.
  const Revocation* Covering(const Lease& lease) const;

  // In no order.
  std::vector<Revocation> All() const;

 private:
  const Revocation* Find(const Selector& selector, LeaseNumber number) const;
  absl::flat_hash_map<Selector, Revocation> marks_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_WATERMARKS_H_
