#ifndef LEASEHOLD_SERVER_LEASES_STATE_HOLDS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_HOLDS_H_

#include <span>

#include "absl/container/btree_map.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/leases/state/selector.h"

namespace leasehold {

// No new leases for `selector` until resumed.
struct Hold {
  Selector selector = Selector::All();
  LogIndex index;
  UnixMillis time;
  TextId reason;
  TextId actor;
};

class Holds {
 public:
  // A hold that is there stays as it is: its first reason and time tell more.
  void Set(const Hold& hold) { holds_.try_emplace(hold.selector, hold); }
  // False where there was none.
  bool Clear(const Selector& selector) { return holds_.erase(selector) > 0; }

  const Hold* Find(const Selector& selector) const {
    auto it = holds_.find(selector);
    return it == holds_.end() ? nullptr : &it->second;
  }

  // What a new lease, or more time for one, would be of.
  struct Subject {
    EntityUid agent;
    EntityUid secret;
    TextId workflow;
    TextId user;                        // empty = none
    std::span<const EntityUid> groups;  // that count for agent and user
  };
  // The hold that forbids it, or nullptr.
  const Hold* Blocking(const Subject& subject) const {
    if (holds_.empty()) {
      return nullptr;
    }
    for (const Selector& selector :
         {Selector::OfAgent(subject.agent), Selector::OfSecret(subject.secret),
          Selector::OfWorkflow(subject.workflow), Selector::OfUser(subject.user)}) {
      if (const Hold* hold = Find(selector)) {
        return hold;
      }
    }
    for (EntityUid group : subject.groups) {
      if (const Hold* hold = Find(Selector::OfGroup(group))) {
        return hold;
      }
    }
    return nullptr;
  }
  // Ordered by selector.
  const absl::btree_map<Selector, Hold>& all() const { return holds_; }

 private:
  absl::btree_map<Selector, Hold> holds_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_HOLDS_H_
