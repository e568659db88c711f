#include "server/ledger/verify/delegation_rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "leasehold/ledger/v1/snapshot.pb.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;
using ledger::v1::LeaseIssued;

constexpr int kDepthMax = 8;

// The lease that `lease` was delegated from, or nullptr.
const Lease* Above(const State& state, const Lease& lease) {
  return state.leases().Find(lease.terms->parent);
}

// What is left of targets and reads; no targets = every target.
struct Left {
  std::set<uint64_t> targets;
  bool reads_only = false;
};

Left LeftOf(const Lease& lease) {
  Left left;
  if (lease.terms->narrowing.has_value()) {
    for (EntityUid target : lease.terms->narrowing->targets) left.targets.insert(target.value());
    left.reads_only = lease.terms->narrowing->reads_only;
  }
  return left;
}

// Of a lease that is being issued; nullopt where its body is not there, which State says.
std::optional<Left> LeftOf(const LeaseIssued& issued, SideSource& side) {
  Left left;
  if (issued.narrowing_hash().empty()) return left;
  Hash hash;
  if (issued.narrowing_hash().size() != hash.size()) return std::nullopt;
  std::copy(issued.narrowing_hash().begin(), issued.narrowing_hash().end(), hash.begin());
  const std::optional<std::string_view> body = side.Body(hash);
  ledger::v1::Narrowing narrowing;
  if (!body.has_value() ||
      !narrowing.ParseFromArray(body->data(), static_cast<int>(body->size()))) {
    return std::nullopt;
  }
  left.targets.insert(narrowing.targets().begin(), narrowing.targets().end());
  left.reads_only = narrowing.reads_only();
  return left;
}

bool IsWider(const Left& below, const Left& above) {
  if (above.reads_only && !below.reads_only) return true;
  return !above.targets.empty() &&
         (below.targets.empty() || !std::includes(above.targets.begin(), above.targets.end(),
                                                  below.targets.begin(), below.targets.end()));
}

// What is the same for both, since the agent below works for the one above.
bool IsAnotherRight(const LeaseIssued& issued, const Lease& parent) {
  return issued.secret() != parent.secret.value() || issued.workflow() != parent.workflow.value() ||
         issued.user() != parent.terms->user.value() || issued.run() != parent.run.value() ||
         issued.version() != parent.version.value() ||
         issued.follows_latest() != parent.follows_latest;
}

std::string WhyWider(const LeaseIssued& issued, const Lease& parent, const State& state,
                     SideSource& side) {
  const int64_t start = state.epoch_start().value();
  if (IsAnotherRight(issued, parent)) return "which is of another secret, workflow, run or user";
  if (issued.delivery() != ledger::v1::DELIVERY_BROKERED ||
      parent.delivery != Delivery::kBrokered) {
    return "though one of the two may reveal the value";
  }
  if (parent.terms->approval != 0) return "which was approved for its agent alone";
  if (start + static_cast<int64_t>(issued.expire_time_ms()) > parent.expire_time.value() ||
      start + static_cast<int64_t>(issued.max_expire_time_ms()) > parent.max_expire_time.value()) {
    return "which ends earlier";
  }
  const std::optional<Left> below = LeftOf(issued, side);
  if (below.has_value() && IsWider(*below, LeftOf(parent))) {
    return "for targets or writes that that one leaves out";
  }
  int depth = 0;
  for (const Lease* above = &parent; above != nullptr; above = Above(state, *above)) {
    if (++depth > kDepthMax) return StrCat("and so more than ", kDepthMax, " times");
    if (above->agent.value() == issued.agent()) return "which comes from the same agent";
    if (above->terms->use_limit != 0 && issued.use_limit() > above->terms->use_limit) {
      return "with more uses than one above it";
    }
  }
  return "";
}

Objection CheckIssued(const LeaseIssued& issued, const State& state, SideSource& side) {
  if (issued.parent() == 0) {
    return issued.narrowing_hash().empty()
               ? Objection{}
               : Objection{.what = "narrows a lease that was not delegated"};
  }
  const Lease* parent = state.leases().Find(LeaseNumber(issued.parent()));
  if (parent == nullptr) return {};  // State says so
  const std::string why = WhyWider(issued, *parent, state, side);
  if (why.empty()) return {};
  return {.what = StrCat("delegates lease ", issued.number(), " from lease ", issued.parent(), ", ",
                         why)};
}

Objection CheckRenewed(const ledger::v1::LeaseRenewed& renewed, const State& state) {
  const Lease* lease = state.leases().Find(LeaseNumber(renewed.number()));
  if (lease == nullptr) return {};
  const Lease* above = Above(state, *lease);
  if (above == nullptr ||
      state.epoch_start().value() + static_cast<int64_t>(renewed.expire_time_ms()) <=
          above->expire_time.value()) {
    return {};
  }
  return {.what = StrCat("renews lease ", renewed.number(), " beyond lease ", above->number.value(),
                         ", which it was delegated from")};
}

Objection CheckUse(const ledger::v1::Use& use, const State& state) {
  if (use.verdict() != ledger::v1::VERDICT_ALLOWED && !use.not_enforced()) return {};
  for (const Lease* lease = state.leases().Find(LeaseNumber(use.lease())); lease != nullptr;
       lease = Above(state, *lease)) {
    const Left left = LeftOf(*lease);
    if ((!left.targets.empty() && !left.targets.contains(use.target())) ||
        (left.reads_only && use.write())) {
      return {.what =
                  StrCat("allows a use of lease ", use.lease(), " that was left out when lease ",
                         lease->number.value(), " was delegated")};
    }
  }
  return {};
}

}  // namespace

Objection CheckDelegation(const Entry& entry, const State& before, SideSource& side) {
  switch (entry.kind_case()) {
    case Entry::kLeaseIssued:
      return CheckIssued(entry.lease_issued(), before, side);
    case Entry::kLeaseRenewed:
      return CheckRenewed(entry.lease_renewed(), before);
    case Entry::kUse:
      return CheckUse(entry.use(), before);
    default:
      return {};
  }
}

}  // namespace leasehold
