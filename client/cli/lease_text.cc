#include "client/cli/lease_text.h"

#include "client/cli/enum_text.h"
#include "client/cli/resource.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/lease.pb.h"
#include "server/base/str_cat.h"

namespace leasehold {

std::string LeaseStateText(const v1::Lease& lease) {
  return EnumText(v1::Lease::State_Name(lease.state()), "STATE_");
}

void AddLeaseFacts(const v1::Lease& lease, Facts* facts) {
  facts->Add("lease", lease.name());
  facts->Add("state", lease.revocation().empty()
                          ? LeaseStateText(lease)
                          : StrCat(LeaseStateText(lease), " by ", lease.revocation()));
  facts->Add("agent", ShortName(lease.agent()));
  facts->Add("secret", lease.version() == 0
                           ? ShortName(lease.secret())
                           : StrCat(ShortName(lease.secret()), " version ", lease.version()));
  facts->Add("user", lease.user());
  facts->Add("workflow", ShortName(lease.workflow()));
  facts->Add("run", lease.run());
  facts->Add("delivery", EnumText(v1::Delivery_Name(lease.delivery()), "DELIVERY_"));
  facts->Add("policy", StrCat(lease.policy(), " (revision ", lease.policy_revision(), ")"));
  std::string groups;
  for (const std::string& group : lease.groups()) {
    StrAppend(&groups, groups.empty() ? "" : ",", ShortName(group));
  }
  facts->Add("approval", lease.approval());
  facts->Add("groups", groups);
  facts->Add("credential", ShortName(lease.credential()));
  facts->Add("issued", TimeCell(lease.create_time()));
  facts->Add("expires", TimeCell(lease.expire_time()));
  facts->Add("renewable until", TimeCell(lease.max_expire_time()));
  if (lease.use_limit() > 0) facts->Add("use limit", StrCat(lease.use_limit()));
  std::string targets;
  for (const std::string& target : lease.targets()) {
    StrAppend(&targets, targets.empty() ? "" : ", ", target);
  }
  facts->Add("only at", targets);
  if (lease.reads_only()) facts->Add("only for", "reads");
  for (const v1::LeaseAncestor& above : lease.ancestors()) {
    facts->Add("delegated by", StrCat(ShortName(above.agent()), " from ", above.lease()));
  }
}

}  // namespace leasehold
