// What a lease_issued entry says once and for all of its lease.

#include <algorithm>
#include <functional>

#include "leasehold/ledger/v1/entry.pb.h"
#include "leasehold/ledger/v1/snapshot.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/fold_error.h"
#include "server/leases/state/lease_chain.h"
#include "server/leases/state/state.h"

namespace leasehold {
namespace {

// SHA-256 of what the token is bound to, or nothing where the entry has none.
absl::StatusOr<std::optional<Hash>> ProofOf(LogIndex index, const ledger::v1::LeaseIssued& issued) {
  const bool needed = issued.binding() != ledger::v1::BINDING_IDENTITY;
  if (issued.proof_hash().empty() && !needed) {
    return std::nullopt;
  }
  Hash proof;
  if (issued.proof_hash().size() != proof.size() || !needed) {
    return FoldError(index, "issues a lease whose proof does not belong to its binding");
  }
  std::copy(issued.proof_hash().begin(), issued.proof_hash().end(), proof.begin());
  return proof;
}

// Reads the body of a narrowing into `terms`.
absl::Status ReadNarrowing(LogIndex index, const std::string& hash, SideSource& side,
                           LeaseTerms& terms) {
  if (hash.size() != terms.narrowing_hash.size() || terms.parent.empty()) {
    return FoldError(index,
                     "narrows a lease that was not delegated, or by a hash of no hash's length");
  }
  std::copy(hash.begin(), hash.end(), terms.narrowing_hash.begin());
  std::optional<std::string_view> body = side.Body(terms.narrowing_hash);
  ledger::v1::Narrowing narrowing;
  if (!body.has_value() ||
      !narrowing.ParseFromArray(body->data(), static_cast<int>(body->size()))) {
    return Error(Reason::kStoreDamaged,
                 StrCat("the narrowing that entry ", index.value(), " refers to is missing"));
  }
  terms.narrowing = {
      .targets = std::vector<EntityUid>(narrowing.targets().begin(), narrowing.targets().end()),
      .reads_only = narrowing.reads_only()};
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LeaseTerms> State::TermsOf(LogIndex index, const ledger::v1::LeaseIssued& issued,
                                          SideSource& side) const {
  LeaseTerms terms{.user = TextId(issued.user()),
                   .parent = LeaseNumber(issued.parent()),
                   .groups = std::vector<EntityUid>(issued.groups().begin(), issued.groups().end()),
                   .claimed_groups = std::vector<EntityUid>(issued.claimed_groups().begin(),
                                                            issued.claimed_groups().end()),
                   .binding = static_cast<Binding>(issued.binding()),
                   .use_limit = issued.use_limit(),
                   .approval = issued.approval()};
  if (issued.binding() < ledger::v1::BINDING_IDENTITY ||
      issued.binding() > ledger::v1::BINDING_OS_USER) {
    return FoldError(index, "issues a lease that is bound to nothing");
  }
  if (!terms.user.empty() && texts_.KindOf(terms.user) != ledger::v1::TEXT_KIND_USER) {
    return FoldError(index, "issues a lease on behalf of what is no user");
  }
  if (!terms.parent.empty() && leases_.Find(terms.parent) == nullptr) {
    return FoldError(index, "issues a lease under one that was never issued");
  }
  if (!terms.parent.empty() &&
      ChainOf(leases_, *leases_.Find(terms.parent)).size() > kDelegationDepthMax) {
    return FoldError(index, "hands a lease on more often than a right can be");
  }
  for (EntityUid uid : terms.groups) {
    const Entity* group = entities_.Find(uid);
    if (group == nullptr || group->kind != EntityKind::kGroup) {
      return FoldError(index, "issues a lease in what is no group");
    }
  }
  // Each once, in order.
  if (std::adjacent_find(terms.groups.begin(), terms.groups.end(),
                         std::greater_equal<EntityUid>()) != terms.groups.end() ||
      !std::includes(terms.groups.begin(), terms.groups.end(), terms.claimed_groups.begin(),
                     terms.claimed_groups.end())) {
    return FoldError(index, "issues a lease whose groups are out of order");
  }
  ASSIGN_OR_RETURN(terms.proof, ProofOf(index, issued));
  if (!issued.narrowing_hash().empty()) {
    RETURN_IF_ERROR(ReadNarrowing(index, issued.narrowing_hash(), side, terms));
  }
  return terms;
}

}  // namespace leasehold
