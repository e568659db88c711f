#include "server/install/origin.h"

#include "absl/strings/str_format.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/note.h"

namespace leasehold {
namespace {

constexpr std::string_view kMiddle = ".leasehold/";

}  // namespace

std::string MakeOrigin(std::string_view store_name, Epoch epoch) {
  return StrCat(store_name, kMiddle, absl::StrFormat("%016x", epoch.value()));
}

absl::StatusOr<std::string> StoreNameOf(std::string_view origin) {
  const size_t middle = origin.rfind(kMiddle);
  if (middle == 0 || middle == std::string_view::npos) {
    return Error(Reason::kStoreDamaged, "the origin of the ledger names no store");
  }
  return std::string(origin.substr(0, middle));
}

absl::StatusOr<std::string> VerifierKeyText(std::string_view origin, const Vault& vault) {
  ASSIGN_OR_RETURN(const NoteVerifier verifier,
                   NoteVerifier::Make(origin, vault.CheckpointPublicKey()));
  return verifier.ToText();
}

}  // namespace leasehold
