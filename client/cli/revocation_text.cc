#include "client/cli/revocation_text.h"

#include <algorithm>

#include "client/cli/counted.h"
#include "client/cli/selector.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/revocation.pb.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// So many versions fit on a screen; the others are in the JSON.
constexpr int kVersionsShown = 10;

std::string VersionsText(const v1::Revocation& revocation) {
  std::string text;
  const int shown = std::min(revocation.revealed_versions_size(), kVersionsShown);
  for (int i = 0; i < shown; ++i) {
    StrAppend(&text, text.empty() ? "" : ", ", revocation.revealed_versions(i));
  }
  const int more = revocation.revealed_versions_size() - shown;
  if (more > 0) StrAppend(&text, " and ", more, " more");
  return text;
}

std::string WhatText(const v1::Revocation& revocation) {
  std::string text = SelectorText(revocation.selector());
  if (revocation.has_issued_before()) {
    StrAppend(&text, " issued before ", TimeText(revocation.issued_before()));
  }
  return text;
}

std::string CountText(const v1::Revocation& revocation) {
  return revocation.counted() ? Counted(revocation.covered_leases(), "lease")
                              : std::string("leases are still being counted");
}

}  // namespace

std::string RevocationLines(const v1::Revocation& revocation, bool dry_run) {
  std::string text = WhatText(revocation);
  if (dry_run) {
    StrAppend(&text, ": would revoke ", CountText(revocation), "\n");
  } else {
    StrAppend(&text, ": revoked, ", CountText(revocation), revocation.hold() ? "; held" : "", " (",
              revocation.name(), ", entry ", revocation.index(), ")\n");
  }
  if (revocation.listed()) {
    StrAppend(&text, "  each lease is listed: no single record stands for such a combination\n");
  }
  if (revocation.streams_cut() > 0) {
    StrAppend(&text, "  cut: ", Counted(revocation.streams_cut(), "open stream"), "\n");
  }
  if (revocation.revealed_versions_size() > 0) {
    StrAppend(&text, "  revealed before, rotate: ", VersionsText(revocation), "\n");
  }
  return text;
}

void AddRevocationFacts(const v1::Revocation& revocation, Facts* facts) {
  facts->Add("revocation", revocation.name());
  facts->Add("of", WhatText(revocation));
  facts->Add("reason", revocation.reason());
  facts->Add("by", revocation.actor());
  facts->Add("at", TimeCell(revocation.create_time()));
  facts->Add("entry", StrCat(revocation.index()));
  facts->Add("held", revocation.hold() ? "yes, since then" : "no");
  facts->Add("ended", CountText(revocation));
  if (revocation.listed()) facts->Add("listed", "each lease by itself");
  if (revocation.streams_cut() > 0) {
    facts->Add("streams cut",
               StrCat(revocation.streams_cut(), ", from ", TimeText(revocation.first_cut_time()),
                      " to ", TimeText(revocation.last_cut_time())));
  }
  facts->Add("last allowed use", revocation.last_allowed_use() == 0
                                     ? std::string("never")
                                     : StrCat("entry ", revocation.last_allowed_use(), " at ",
                                              TimeText(revocation.last_allowed_use_time())));
  facts->Add("rotate", VersionsText(revocation));
}

}  // namespace leasehold
