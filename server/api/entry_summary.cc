// The one line that people read beside an entry's fields, by kind.

#include <optional>
#include <string>

#include "server/api/entry_description.h"
#include "server/api/names.h"
#include "server/base/crypto_bytes.h"
#include "server/base/millis.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/duration_words.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// Times in entries count from the start of the epoch that the entry belongs to.
std::string When(UnixMillis epoch_start, uint64_t epoch_ms) {
  return TimeWords(UnixMillis(epoch_start.value() + static_cast<int64_t>(epoch_ms)));
}

std::string Because(const State& state, uint64_t reason) {
  return reason == 0 ? "" : StrCat(": ", TextOf(state, TextId(reason)));
}

std::string_view KindWord(int kind) {
  switch (kind) {
    case ledger::v1::ENTITY_KIND_AGENT:
      return "agents/";
    case ledger::v1::ENTITY_KIND_GROUP:
      return "groups/";
    case ledger::v1::ENTITY_KIND_SECRET:
      return "secrets/";
    case ledger::v1::ENTITY_KIND_TARGET:
      return "targets/";
    default:
      return "";
  }
}

std::string NameOf(const State& state, uint64_t uid) {
  const Entity* entity = state.entities().Find(EntityUid(uid));
  return entity == nullptr ? StrCat("uid ", uid)
                           : StrCat(KindWord(static_cast<int>(entity->kind)), entity->name);
}

std::string SelectorWords(const State& state, const ledger::v1::Selector& proto) {
  std::optional<Selector> selector = Selector::FromEntry(proto);
  if (!selector.has_value()) {
    return "a selector of a later version";
  }
  return SelectorWords(state, *selector);
}

std::string Issued(const State& state, UnixMillis start, const ledger::v1::LeaseIssued& issued) {
  std::string line = StrCat("until ", When(start, issued.expire_time_ms()), ", at most until ",
                            When(start, issued.max_expire_time_ms()));
  if (issued.delivery() == ledger::v1::DELIVERY_REVEALED) {
    StrAppend(&line, ", revealed");
  }
  if (const Lease* parent = state.leases().Find(LeaseNumber(issued.parent()))) {
    StrAppend(&line, ", delegated by ", NameOf(state, parent->agent.value()));
  }
  if (issued.approval() != 0) {
    StrAppend(&line, ", by approvals/", issued.approval());
  }
  if (issued.run() != 0) {
    StrAppend(&line, ", run ", TextOf(state, TextId(issued.run())));
  }
  if (issued.not_enforced_reason() != 0) {
    StrAppend(&line, ", policy ", TextOf(state, TextId(issued.not_enforced_policy())),
              " would have refused it");
  }
  if (issued.address() != 0) {
    StrAppend(&line, ", from ", TextOf(state, TextId(issued.address())));
  }
  return line;
}

std::string Use(const State& state, const ledger::v1::Use& use) {
  std::string line = use.revealed() ? "the agent received the value"
                     : use.write()  ? "write"
                                    : "read";
  if (use.verdict() != ledger::v1::VERDICT_ALLOWED) {
    // A target that is not declared has no reads and no writes.
    line = use.write() && use.target() != 0 ? "write refused" : "refused";
    if (use.not_enforced()) StrAppend(&line, ", not enforced");
  }
  if (use.address() != 0) {
    StrAppend(&line, ", from ", TextOf(state, TextId(use.address())));
  }
  if (!use.trace_id().empty()) {
    StrAppend(&line, ", trace ", HexEncode(AsBytes(use.trace_id())));
  }
  return line;
}

std::string Refusals(UnixMillis start, const ledger::v1::RefusalsSummarized& refused) {
  std::string_view what = refused.kind() == ledger::v1::REFUSAL_KIND_ACQUIRE  ? "new lease"
                          : refused.kind() == ledger::v1::REFUSAL_KIND_RENEW  ? "renewal"
                          : refused.kind() == ledger::v1::REFUSAL_KIND_REVEAL ? "reveal"
                                                                              : "use";
  std::string line = StrCat(what, " refused");
  if (refused.count() > 1) {
    StrAppend(&line, " ", refused.count(), " times from ", When(start, refused.first_time_ms()),
              " to ", When(start, refused.last_time_ms()));
  }
  return line;
}

std::string Revoked(const State& state, UnixMillis start, const ledger::v1::Revoked& revoked) {
  return StrCat("revocation ", revoked.number(), " of ", SelectorWords(state, revoked.selector()),
                revoked.issued_before_ms() == 0
                    ? ""
                    : StrCat(" issued before ", When(start, revoked.issued_before_ms())),
                " through lease ", revoked.through(), revoked.hold() ? ", with a hold" : "",
                Because(state, revoked.reason()));
}

std::string MembersChanged(const State& state, const ledger::v1::MembersChanged& changed) {
  std::string line = NameOf(state, changed.group());
  std::string_view separator = ": ";
  auto add = [&](int count, std::string_view what) {
    if (count > 0) {
      StrAppend(&line, separator, count, what);
      separator = ", ";
    }
  };
  add(changed.added_agents_size(), " agents added");
  add(changed.removed_agents_size(), " agents removed");
  add(changed.added_users_size(), " users added");
  add(changed.removed_users_size(), " users removed");
  return line;
}

std::string Version(const ledger::v1::VersionState& version) {
  std::string_view state = version.state() == ledger::v1::VERSION_STATE_KIND_ENABLED ? "enabled"
                           : version.state() == ledger::v1::VERSION_STATE_KIND_DISABLED
                               ? "disabled"
                               : "destroyed";
  return StrCat("version ", version.version(), " ", state);
}

std::string_view RoleWord(uint32_t role) {
  switch (static_cast<Role>(role)) {
    case Role::kAdmin:
      return "admin";
    case Role::kSecurity:
      return "security";
    case Role::kAuditor:
      return "auditor";
    default:
      return "nobody any more";
  }
}

std::string_view WordFor(ledger::v1::CredentialKind kind) {
  switch (kind) {
    case ledger::v1::CREDENTIAL_KIND_OPERATOR_SESSION:
      return "session";
    case ledger::v1::CREDENTIAL_KIND_ENROLMENT:
      return "enrolment token";
    case ledger::v1::CREDENTIAL_KIND_CERTIFICATE:
      return "certificate";
    default:
      return "token";
  }
}

std::string Rotated(const ledger::v1::KeyRotated& rotated) {
  std::string_view what =
      rotated.key_class() == ledger::v1::KEY_CLASS_KEY_ENCRYPTION ? "key-encryption key"
      : rotated.key_class() == ledger::v1::KEY_CLASS_LEASE_MAC    ? "lease MAC key"
                                                                  : "checkpoint key";
  return StrCat(what, " ", rotated.number(), " in use");
}

// Entries about stopping and about who is who.
std::string SummarizeControl(const Entry& entry, const State& state, UnixMillis start) {
  switch (entry.kind_case()) {
    case Entry::kRevoked:
      return Revoked(state, start, entry.revoked());
    case Entry::kHoldSet:
      return StrCat("no new leases for ", SelectorWords(state, entry.hold_set().selector()),
                    Because(state, entry.hold_set().reason()));
    case Entry::kHoldCleared:
      return StrCat("resumed ", SelectorWords(state, entry.hold_cleared().selector()),
                    Because(state, entry.hold_cleared().reason()));
    case Entry::kEntityPut:
      return StrCat(NameOf(state, entry.entity_put().uid()), " created or changed");
    case Entry::kEntityDeleted:
      return StrCat(NameOf(state, entry.entity_deleted().uid()), " deleted");
    case Entry::kMembersChanged:
      return MembersChanged(state, entry.members_changed());
    case Entry::kRoleChanged:
      return StrCat(TextOf(state, TextId(entry.role_changed().principal())), " is ",
                    RoleWord(entry.role_changed().role()));
    case Entry::kConfigLoaded:
      return StrCat("identity rules ", HexEncode(AsBytes(entry.config_loaded().rules_hash())));
    case Entry::kCredentialIssued:
      return StrCat(WordFor(entry.credential_issued().kind()), " ",
                    entry.credential_issued().credential(), " until ",
                    entry.credential_issued().expire_time_ms() == 0
                        ? "revoked"
                        : When(start, entry.credential_issued().expire_time_ms()));
    case Entry::kCredentialRevoked:
      return entry.credential_revoked().end_time_ms() == 0
                 ? StrCat("token ", entry.credential_revoked().credential(), " revoked")
                 : StrCat("token ", entry.credential_revoked().credential(), " ends ",
                          When(start, entry.credential_revoked().end_time_ms()));
    case Entry::kApprovalRequested:
      return StrCat("approvals/", entry.approval_requested().approval(), " asks ",
                    NameOf(state, entry.approval_requested().group()), " until ",
                    When(start, entry.approval_requested().expire_time_ms()),
                    Because(state, entry.approval_requested().purpose()));
    case Entry::kApprovalDecided:
      return StrCat("approvals/", entry.approval_decided().approval(),
                    entry.approval_decided().verdict() == ledger::v1::VERDICT_ALLOWED ? " approved"
                                                                                      : " rejected",
                    Because(state, entry.approval_decided().reason()));
    case Entry::kPolicyApplied:
      return StrCat("policy revision ", entry.policy_applied().revision(), " in force");
    case Entry::kVersionAdded:
      return StrCat("version ", entry.version_added().version(), " added");
    case Entry::kVersionState:
      return Version(entry.version_state());
    default:
      return "";
  }
}

}  // namespace

std::string SummarizeEntry(LogIndex index, const Entry& entry, const State& state) {
  const UnixMillis start(state.TimeOf(index, entry).value() -
                         static_cast<int64_t>(entry.time_ms()));
  switch (entry.kind_case()) {
    case Entry::kUse:
      return Use(state, entry.use());
    case Entry::kLeaseIssued:
      return Issued(state, start, entry.lease_issued());
    case Entry::kLeaseRenewed:
      return StrCat("until ", When(start, entry.lease_renewed().expire_time_ms()));
    case Entry::kLeaseReleased:
      return "given back";
    case Entry::kRefusalsSummarized:
      return Refusals(start, entry.refusals_summarized());
    case Entry::kTextDefined:
      return StrCat("text ", entry.text_defined().id(), " is ",
                    TextOf(state, TextId(entry.text_defined().id())));
    case Entry::kSnapshot:
      return StrCat("state digest ", HexEncode(AsBytes(entry.snapshot().state_digest())));
    case Entry::kLogCreated:
      return StrCat("log ", HexId(entry.log_created().log()), ", origin ",
                    entry.log_created().origin());
    case Entry::kEpochStarted:
      return StrCat("epoch ", HexId(entry.epoch_started().epoch()), " after ",
                    entry.epoch_started().previous_size(), " entries; leases through ",
                    entry.epoch_started().through(), " are over");
    case Entry::kClockMark:
      return StrCat("the clock was behind its mark; leases through ", entry.clock_mark().through(),
                    " are over");
    case Entry::kKeyRotated:
      return Rotated(entry.key_rotated());
    case Entry::kBackupTaken:
      return StrCat("backup of ", entry.backup_taken().size(), " entries");
    default:
      return SummarizeControl(entry, state, start);
  }
}

}  // namespace leasehold
