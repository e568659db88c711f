#include "server/leases/state/selector.h"

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/lease.h"

namespace leasehold {

std::optional<Selector> Selector::FromEntry(const ledger::v1::Selector& proto) {
  if (proto.user() != 0 || proto.group() != 0 || proto.version() != 0 || proto.policy() != 0 ||
      proto.credential() != 0 || proto.run() != 0) {
    return std::nullopt;
  }
  std::optional<Selector> result;
  int set = 0;
  auto take = [&](bool present, Kind kind, uint64_t id) {
    if (present) {
      result = Selector(kind, id);
      ++set;
    }
  };
  take(proto.all(), Kind::kAll, 0);
  take(proto.lease() != 0, Kind::kLease, proto.lease());
  take(proto.agent() != 0, Kind::kAgent, proto.agent());
  take(proto.secret() != 0, Kind::kSecret, proto.secret());
  take(proto.workflow() != 0, Kind::kWorkflow, proto.workflow());
  return set == 1 ? result : std::nullopt;
}

void Selector::ToEntry(ledger::v1::Selector* proto) const {
  switch (kind_) {
    case Kind::kAll:
      proto->set_all(true);
      return;
    case Kind::kLease:
      proto->set_lease(id_);
      return;
    case Kind::kAgent:
      proto->set_agent(id_);
      return;
    case Kind::kSecret:
      proto->set_secret(id_);
      return;
    case Kind::kWorkflow:
      proto->set_workflow(id_);
      return;
  }
}

bool Selector::Matches(const Lease& lease) const {
  switch (kind_) {
    case Kind::kAll:
      return true;
    case Kind::kLease:
      return lease.number.value() == id_;
    case Kind::kAgent:
      return lease.agent.value() == id_;
    case Kind::kSecret:
      return lease.secret.value() == id_;
    case Kind::kWorkflow:
      return lease.workflow.value() == id_;
  }
  return false;
}

}  // namespace leasehold
