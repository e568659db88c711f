#include "server/leases/operations/binding.h"

#include <algorithm>
#include <string_view>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// What the caller shows of this kind, or nullopt.
std::optional<Hash> ShownBy(const Principal& principal, Binding binding) {
  if (binding == Binding::kOsUser) {
    if (principal.os_user.empty()) return std::nullopt;
    return Sha256Of(AsBytes(principal.os_user));
  }
  Hash hash;
  if (principal.proof.size() != hash.size()) return std::nullopt;
  std::copy(principal.proof.begin(), principal.proof.end(), hash.begin());
  return hash;
}

std::string_view WordsFor(Binding binding) {
  return binding == Binding::kCertificate
             ? "a client certificate; connect over TLS with one"
             : "an OS user; connect through agent.sock as a user that agent_socket_users names";
}

}  // namespace

absl::StatusOr<LeaseBinding> BindLease(Binding binding, const Principal& principal) {
  if (binding == Binding::kIdentity) return LeaseBinding{};
  const std::optional<Hash> shown = ShownBy(principal, binding);
  if (shown.has_value()) return LeaseBinding{.binding = binding, .proof = shown};
  return Error(Reason::kLeaseNotBound, StrCat("policy binds this lease to ", WordsFor(binding)),
               {.scope = ErrorDetail::Scope::kAgent});
}

absl::Status CheckBinding(const Lease& lease, const Principal& presenter) {
  const LeaseTerms& terms = *lease.terms;
  if (terms.binding == Binding::kIdentity || ShownBy(presenter, terms.binding) == terms.proof) {
    return absl::OkStatus();
  }
  return Error(Reason::kLeaseNotBound,
               terms.binding == Binding::kCertificate
                   ? "the lease is bound to another client certificate than the one shown; use the "
                     "certificate it was taken with, or take a new lease"
                   : "the lease is bound to another OS user; use it as the user that took it, or "
                     "take a new lease",
               {.scope = ErrorDetail::Scope::kLease});
}

}  // namespace leasehold
