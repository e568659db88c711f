#include "server/leases/operations/refusals.h"

#include <utility>

namespace leasehold {

void AppendRefusals(Transaction& tx, const RefusalSummary& summary) {
  ledger::v1::Entry entry;
  ledger::v1::RefusalsSummarized* refused = entry.mutable_refusals_summarized();
  refused->set_agent(summary.key.agent.value());
  refused->set_reason(static_cast<uint32_t>(summary.key.reason));
  refused->set_rule(summary.key.rule.value());
  refused->set_policy(summary.key.policy.value());
  refused->set_target(summary.key.target.value());
  refused->set_count(summary.count);
  refused->set_first_time_ms(tx.EpochMillis(summary.first));
  refused->set_last_time_ms(tx.EpochMillis(summary.last));
  refused->set_kind(static_cast<ledger::v1::RefusalKind>(summary.key.kind));
  refused->set_secret(summary.key.secret.value());
  refused->set_workflow(summary.key.workflow.value());
  refused->set_lease(summary.lease.value());
  tx.Append(std::move(entry));
}

void RecordRefusal(Transaction& tx, RefusalLimiter& limiter, const RefusalKey& key,
                   LeaseNumber lease) {
  RefusalKey alike = key;
  if (key.reason == Reason::kNotFoundOrForbidden) {
    alike.secret = EntityUid();
    alike.workflow = TextId();
  }
  if (limiter.Admit(alike, lease, tx.now())) {
    AppendRefusals(tx,
                   {.key = key, .lease = lease, .count = 1, .first = tx.now(), .last = tx.now()});
  }
}

}  // namespace leasehold
