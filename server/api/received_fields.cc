#include "server/api/received_fields.h"

#include <openssl/crypto.h>

#include <utility>

#include "server/base/check.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// One key for good, not the current one: the same request must give the same digest for 24 hours,
// also across a rotation. Number 1 is every vault's first.
constexpr uint32_t kDigestKey = 1;

absl::Status CheckSizes(const v1::AddVersionRequest& request) {
  if (static_cast<size_t>(request.fields_size()) > SecretFields::kFieldsMax) {
    return Error(Reason::kInvalidArgument,
                 StrCat("fields: a version has at most ", SecretFields::kFieldsMax, " fields"));
  }
  size_t bytes = 0;
  for (const v1::Field& field : request.fields()) {
    bytes += field.value().size();
  }
  if (bytes > SecretFields::kBytesMax) {
    return Error(Reason::kTooLarge,
                 StrCat("fields: the values of a version have at most ", SecretFields::kBytesMax,
                        " bytes together; these have ", bytes));
  }
  return absl::OkStatus();
}

}  // namespace

ReceivedFields::ReceivedFields(const v1::AddVersionRequest* request)
    : error_(CheckSizes(*request)) {
  auto* received = const_cast<v1::AddVersionRequest*>(request);
  for (v1::Field& field : *received->mutable_fields()) {
    std::string& value = *field.mutable_value();
    if (error_.ok()) {
      absl::StatusOr<SecretBytes> copy = SecretBytes();
      if (!value.empty()) {
        copy = SecretBytes::CopyFrom(AsBytes(value), SecretAccess());
      }
      if (copy.ok()) {
        fields_.push_back({field.name(), *std::move(copy)});
      } else {
        error_ = copy.status();
      }
    }
    OPENSSL_cleanse(value.data(), value.size());
    value.clear();
  }
}

absl::StatusOr<SecretFields> ReceivedFields::Take() {
  RETURN_IF_ERROR(error_);
  absl::StatusOr<SecretFields> fields = SecretFields::Make(std::move(fields_));
  return fields.ok() ? std::move(fields) : Annotate(fields.status(), "fields");
}

std::string ReceivedFields::Digest(const Vault& vault, const SecretFields& fields) {
  std::string digests;
  for (const SecretField& field : fields.fields()) {
    std::optional<Hash> mac =
        vault.Mac(kDigestKey, "leasehold version digest", field.value.Reveal(SecretAccess()));
    LEASEHOLD_CHECK(mac.has_value());
    StrAppend(&digests, field.name, "=", HexEncode(*mac), "\n");
  }
  return digests;
}

}  // namespace leasehold
