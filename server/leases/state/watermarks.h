#ifndef LEASEHOLD_SERVER_LEASES_STATE_WATERMARKS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_WATERMARKS_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/leases/state/selector.h"

namespace leasehold {

struct Lease;

// One revocation, as acknowledged.
struct Revocation {
  uint64_t number = 0;  // counted from 1; 0 for the server's own (clock)
  Selector selector = Selector::All();
  LeaseNumber through;
  LogIndex index;
  UnixMillis time;
  bool hold = false;
  TextId reason;
  TextId actor;
  UnixMillis issued_before;  // empty = whenever they were issued
  // Of a selector that names a group: its members at that moment, ascending.
  std::vector<EntityUid> member_agents;
  std::vector<TextId> member_users;

  // Whether it covers `lease`.
  bool Covers(const Lease& lease) const;
};

// The earlier of two, either of which may be nullptr.
const Revocation* First(const Revocation* a, const Revocation* b);

// Watermarks say what has been revoked: "everything that matches this selector and was issued up
// to this number". One mark revokes one lease or ten million, so a revocation never becomes a list
// that can be left half done.
//
// A group has a mark, for the leases in whose groups at issue it is, and so has each of its members
// at the moment of the revocation, for the leases that they have.
class Watermarks {
 public:
  // Raises the marks of `revocation`, which must stay where it is for as long as the marks. A lower
  // number changes nothing, so that folding an entry twice is harmless. Combinations have no mark.
  void Raise(const Revocation& revocation);

  // The first revocation that covers `lease`, or nullptr. Does not allocate: it runs once per use,
  // and looks only for the kinds of marks that there are.
  const Revocation* Covering(const Lease& lease) const;

 private:
  // How a mark rose, ascending: of all that cover a lease the first one ended it.
  using Rises = absl::InlinedVector<const Revocation*, 1>;
  void Raise(const Selector::Mark& mark, const Revocation& revocation);
  const Revocation* Find(const Selector::Mark& mark, LeaseNumber number) const;
  const Revocation* FindKind(Selector::Kind kind, const Lease& lease) const;

  absl::flat_hash_map<Selector::Mark, Rises> marks_;
  uint32_t kinds_ = 0;  // bit n: there is a mark of kind n
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_WATERMARKS_H_
