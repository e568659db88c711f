#include "server/identity/client_certificates.h"

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// An intermediate certificate may end meanwhile; looking again costs about 0.2 ms.
constexpr absl::Duration kGoodFor = absl::Minutes(1);
// About 8 KiB each. Only certificates that verify are kept, so nobody else can fill it.
constexpr size_t kFoundMax = 4096;

bool StillGood(const ClientCertificates::Known& known, const TlsMaterial& by, absl::Time at,
               absl::Time now) {
  return now >= at && now - at < kGoodFor && now < known.facts.not_after &&
         now < by.clients->crl_expire_time();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ClientCertificates::Known>> ClientCertificates::Look(
    std::string_view certificate, std::string_view chain, absl::Time now) {
  std::shared_ptr<const TlsMaterial> material = source_();
  if (material->clients == nullptr) {
    return Error(Reason::kCertificateRejected, "this server takes no client certificates");
  }
  std::string way;
  {
    const absl::ReaderMutexLock lock(&mu_);
    const auto it = found_.find(ToAbsl(certificate));
    if (it != found_.end()) {
      if (it->second.by == material &&
          StillGood(*it->second.known, *material, it->second.at, now)) {
        return it->second.known;
      }
      way = it->second.chain;
    }
  }
  if (!chain.empty()) way = chain;
  auto known = std::make_shared<Known>();
  ASSIGN_OR_RETURN(known->facts, material->clients->Verify(certificate, way, now));
  ASSIGN_OR_RETURN(known->identity, rules_.Identify(known->facts));
  const absl::MutexLock lock(&mu_);
  if (found_.size() >= kFoundMax) found_.clear();
  found_[std::string(certificate)] = {
      .known = known, .by = std::move(material), .at = now, .chain = std::move(way)};
  return std::shared_ptr<const Known>(std::move(known));
}

}  // namespace leasehold
