#include "server/api/entry_description.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>

#include "server/api/names.h"
#include "server/base/str_cat.h"
#include "server/leases/state/entry_facts.h"
#include "server/leases/state/lease_chain.h"
#include "server/ledger/entry_codec.h"
#include "server/ledger/merkle_log.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

std::string EntityName(const State& state, EntityUid uid, std::string_view collection) {
  const Entity* entity = state.entities().Find(uid);
  return entity == nullptr ? "" : StrCat(collection, entity->name);
}

std::string_view VerdictName(ledger::v1::Verdict verdict) {
  switch (verdict) {
    case ledger::v1::VERDICT_ALLOWED:
      return "allowed";
    case ledger::v1::VERDICT_DENIED:
      return "denied";
    default:
      return "";
  }
}

// Who caused it: the actor of control events, the agent of what agents do.
const ledger::v1::Control* ControlOf(const Entry& entry) {
  const google::protobuf::Reflection* reflection = entry.GetReflection();
  const google::protobuf::OneofDescriptor* kinds = entry.GetDescriptor()->oneof_decl(0);
  const google::protobuf::FieldDescriptor* kind = reflection->GetOneofFieldDescriptor(entry, kinds);
  if (kind == nullptr) {
    return nullptr;
  }
  const google::protobuf::Message& body = reflection->GetMessage(entry, kind);
  const google::protobuf::FieldDescriptor* field = body.GetDescriptor()->FindFieldByName("control");
  if (field == nullptr || !body.GetReflection()->HasField(body, field)) {
    return nullptr;
  }
  return static_cast<const ledger::v1::Control*>(&body.GetReflection()->GetMessage(body, field));
}

void DescribeUse(const State& state, const ledger::v1::Use& use, v1::LedgerEntry& out) {
  UsageDestination destination =
      use.revealed()           ? UsageDestination::Reveal()
      : use.target() != 0      ? UsageDestination::Target(EntityUid(use.target()))
      : use.destination() != 0 ? UsageDestination::Named(TextId(use.destination()))
                               : UsageDestination::Undeclared();
  out.set_destination(DestinationName(state, destination));
  out.set_verdict(std::string(VerdictName(use.verdict())));
  out.set_reason(ReasonText(use.reason()));
  out.set_not_enforced(use.not_enforced());
  out.set_action(TextOf(state, TextId(use.action())));
  out.set_policy(TextOf(state, TextId(use.policy())));
  out.set_rule(TextOf(state, TextId(use.rule())));
  out.set_policy_revision(use.revision());
  out.set_version(use.version());
}

void DescribeRefusals(const State& state, const ledger::v1::RefusalsSummarized& refused,
                      v1::LedgerEntry& out) {
  UsageDestination destination =
      refused.kind() == ledger::v1::REFUSAL_KIND_ACQUIRE  ? UsageDestination::Acquire()
      : refused.kind() == ledger::v1::REFUSAL_KIND_REVEAL ? UsageDestination::Reveal()
      : refused.target() != 0 ? UsageDestination::Target(EntityUid(refused.target()))
                              : UsageDestination::Undeclared();
  out.set_destination(DestinationName(state, destination));
  out.set_verdict("denied");
  out.set_reason(ReasonText(refused.reason()));
  out.set_policy(TextOf(state, TextId(refused.policy())));
  out.set_rule(TextOf(state, TextId(refused.rule())));
  out.set_count(refused.count());
}

}  // namespace

std::string AgentName(const State& state, EntityUid uid) {
  return EntityName(state, uid, "agents/");
}

std::string SecretName(const State& state, EntityUid uid) {
  return EntityName(state, uid, "secrets/");
}

std::string TextOf(const State& state, TextId id) {
  std::string_view text = state.texts().Get(id);
  return id.empty() ? "" : std::string(text.empty() ? "(erased)" : text);
}

std::string WorkflowName(const State& state, TextId id) {
  return id.empty() ? "" : StrCat("workflows/", TextOf(state, id));
}

std::string DestinationName(const State& state, const UsageDestination& destination) {
  switch (destination.kind()) {
    case UsageDestination::Kind::kAny:
      return "";
    case UsageDestination::Kind::kTarget:
      return EntityName(state, destination.target(), "targets/");
    case UsageDestination::Kind::kText:
      return TextOf(state, destination.text());
    case UsageDestination::Kind::kReveal:
      return "reveal";
    case UsageDestination::Kind::kAcquire:
      return "acquire";
    case UsageDestination::Kind::kUndeclared:
      return "undeclared";
  }
  return "";
}

std::string ReasonText(uint32_t number) {
  if (number == 0) {
    return "";
  }
  std::optional<Reason> reason = ReasonFromNumber(number);
  return reason.has_value() ? std::string(ReasonName(*reason)) : StrCat("REASON_", number);
}

v1::LedgerEntry DescribeEntry(LogIndex index, std::string_view bytes, const Entry& entry,
                              const State& state) {
  v1::LedgerEntry out;
  out.set_index(index.value());
  ToProto(state.TimeOf(index, entry), out.mutable_time());
  out.set_kind(std::string(EntryKindName(entry.kind_case())));
  EntryFacts facts = FactsOf(index, entry, state);
  out.set_agent(AgentName(state, facts.agent));
  out.set_secret(SecretName(state, facts.secret));
  out.set_workflow(WorkflowName(state, facts.workflow));
  if (const Lease* lease = state.leases().Find(facts.lease)) {
    out.set_lease(LeaseName(state.EpochOf(*lease), lease->number));
    const LeaseChain chain = ChainOf(state.leases(), *lease);
    for (size_t i = 1; i < chain.size(); ++i) {
      out.add_delegators(AgentName(state, chain[i]->agent));
    }
  }
  if (entry.has_use()) {
    DescribeUse(state, entry.use(), out);
  } else if (entry.has_refusals_summarized()) {
    DescribeRefusals(state, entry.refusals_summarized(), out);
  } else if (entry.has_lease_issued()) {
    out.set_policy(TextOf(state, TextId(entry.lease_issued().policy())));
    out.set_policy_revision(entry.lease_issued().revision());
    out.set_version(entry.lease_issued().version());
    out.set_not_enforced(entry.lease_issued().not_enforced_reason() != 0);
  } else if (entry.has_approval_requested()) {
    out.set_policy(TextOf(state, TextId(entry.approval_requested().policy())));
  } else if (entry.has_approval_decided()) {
    out.set_verdict(std::string(VerdictName(entry.approval_decided().verdict())));
  } else if (entry.has_version_added()) {
    out.set_version(entry.version_added().version());
  } else if (entry.has_version_state()) {
    out.set_version(entry.version_state().version());
  } else if (entry.has_policy_applied()) {
    out.set_policy_revision(entry.policy_applied().revision());
  }
  if (const ledger::v1::Control* control = ControlOf(entry)) {
    out.set_actor(TextOf(state, TextId(control->actor())));
  }
  out.set_summary(SummarizeEntry(index, entry, state));
  Sha256 sha;
  out.set_leaf_hash(HexEncode(LeafHash(sha, AsBytes(bytes))));
  out.set_raw(std::string(bytes));
  return out;
}

}  // namespace leasehold
