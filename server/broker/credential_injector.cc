#include "server/broker/credential_injector.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <variant>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// EVP_EncodeBlock writes a NUL behind its output.
constexpr size_t Base64Size(size_t bytes) { return (bytes + 2) / 3 * 4; }

absl::Status Refuse(std::string_view field, std::string_view offence) {
  return Error(Reason::kFailedPrecondition,
               StrCat("the secret's field ", field, " ", offence, "; store it anew without"));
}

}  // namespace

absl::Status CredentialInjector::AppendField(std::string_view name, const SecretFields& fields,
                                             WipedBuffer* value) {
  const SecretBytes* secret = fields.Find(name);
  if (secret == nullptr) {
    return Error(Reason::kFailedPrecondition,
                 StrCat("the target injects the field ", name,
                        ", which this version of the secret does not have"));
  }
  if (value->size() + secret->size() > kFieldBytesMax) {
    return Error(Reason::kFailedPrecondition,
                 "the secret is too large for an HTTP field; at most 16 KiB can be injected");
  }
  static_assert(kFieldBytesMax == 16 * 1024, "the sentence above says it");
  value->Append(AsText(secret->Reveal(SecretAccess())));
  const std::string_view bytes = value->view().substr(value->size() - secret->size());
  if (bytes.back() == '\n' || bytes.back() == '\r') {
    return Refuse(name, "ends with a line break, which would end the HTTP field it goes into");
  }
  const bool visible = std::all_of(bytes.begin(), bytes.end(), [](char c) {
    return static_cast<uint8_t>(c) >= 0x20 && static_cast<uint8_t>(c) < 0x7f;
  });
  if (!visible) {
    return Refuse(name, "has bytes other than visible ASCII, which cannot stand in an HTTP field");
  }
  if (bytes.front() == ' ' || bytes.back() == ' ') {
    return Refuse(name, "begins or ends with a blank, which an HTTP field loses");
  }
  return absl::OkStatus();
}

absl::Status CredentialInjector::AppendTemplate(const HeaderTemplate& header,
                                                const SecretFields& fields, WipedBuffer* value) {
  for (const HeaderTemplate::Piece& piece : header.pieces) {
    if (piece.is_field) {
      RETURN_IF_ERROR(AppendField(piece.text, fields, value));
    } else {
      value->Append(piece.text);
    }
  }
  return absl::OkStatus();
}

absl::Status CredentialInjector::AppendBasic(const BasicFields& basic, const SecretFields& fields,
                                             WipedBuffer* value) {
  WipedBuffer pair;
  RETURN_IF_ERROR(AppendField(basic.user_field, fields, &pair));
  if (pair.view().find(':') != std::string_view::npos) {
    return Refuse(basic.user_field, "has a colon, which ends the user in basic authentication");
  }
  pair.Append(":");
  RETURN_IF_ERROR(AppendField(basic.password_field, fields, &pair));
  WipedBuffer encoded;
  char* place = encoded.Extend(Base64Size(pair.size()) + 1);
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(place),
                                   reinterpret_cast<const unsigned char*>(pair.view().data()),
                                   static_cast<int>(pair.size()));
  value->Append("Basic ");
  value->Append(encoded.view().substr(0, static_cast<size_t>(size)));
  return absl::OkStatus();
}

absl::Status CredentialInjector::Append(const CompiledTarget& target, const SecretFields& fields,
                                        WipedBuffer* out) {
  WipedBuffer value;
  if (const auto* header = std::get_if<HeaderTemplate>(&target.injection())) {
    RETURN_IF_ERROR(AppendTemplate(*header, fields, &value));
  } else {
    RETURN_IF_ERROR(AppendBasic(std::get<BasicFields>(target.injection()), fields, &value));
  }
  out->Append(FieldName(target));
  out->Append(": ");
  out->Append(value.view());
  out->Append("\r\n");
  return absl::OkStatus();
}

std::string_view CredentialInjector::FieldName(const CompiledTarget& target) {
  const auto* header = std::get_if<HeaderTemplate>(&target.injection());
  return header != nullptr ? std::string_view(header->header) : "Authorization";
}

}  // namespace leasehold
