#include "server/vault/secret_fields.h"

#include <algorithm>
#include <cstdint>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr size_t kLengthSize = 4;

absl::Status CheckFieldName(std::string_view name) {
  ASSIGN_OR_RETURN(const Name parsed, Name::Parse(name, "field name"));
  if (parsed.value().find('/') != std::string::npos) {
    return Error(Reason::kInvalidArgument, "field name has '/'; it is a single segment");
  }
  return absl::OkStatus();
}

absl::Status Misfit() {
  return Error(Reason::kStoreDamaged,
               "the fields of this version do not fit its plaintext; restore the store from a "
               "backup");
}

}  // namespace

absl::StatusOr<SecretFields> SecretFields::Make(std::vector<SecretField> fields) {
  if (fields.empty()) {
    return Error(Reason::kInvalidArgument, "a version needs at least one field");
  }
  if (fields.size() > kFieldsMax) {
    return Error(Reason::kInvalidArgument, StrCat("a version of ", fields.size(),
                                                  " fields; at most ", kFieldsMax, " are allowed"));
  }
  size_t total = 0;
  for (auto field = fields.begin(); field != fields.end(); ++field) {
    RETURN_IF_ERROR(CheckFieldName(field->name));
    if (field->value.empty()) {
      return Error(Reason::kInvalidArgument,
                   StrCat("field ", field->name, " is empty; it holds at least one byte"));
    }
    if (std::any_of(fields.begin(), field,
                    [&](const SecretField& other) { return other.name == field->name; })) {
      return Error(Reason::kInvalidArgument, StrCat("field ", field->name, " is given twice"));
    }
    total += field->value.size();
  }
  if (total > kBytesMax) {
    return Error(Reason::kTooLarge, StrCat("the fields of a version hold ", total,
                                           " bytes together; at most ", kBytesMax, " are allowed"));
  }
  return SecretFields(std::move(fields));
}

std::vector<std::string> SecretFields::Names() const {
  std::vector<std::string> names;
  for (const SecretField& field : fields_) names.push_back(field.name);
  return names;
}

const SecretBytes* SecretFields::Find(std::string_view name) const {
  for (const SecretField& field : fields_) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

size_t SecretFields::size_bytes() const {
  size_t total = 0;
  for (const SecretField& field : fields_) total += field.value.size();
  return total;
}

absl::StatusOr<SecretBytes> SecretFields::Pack() const {
  ASSIGN_OR_RETURN(SecretBytes packed,
                   SecretBytes::Allocate(size_bytes() + fields_.size() * kLengthSize));
  auto out = packed.Writable(SecretAccess()).begin();
  for (const SecretField& field : fields_) {
    const auto size = static_cast<uint32_t>(field.value.size());
    for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<uint8_t>(size >> shift);
    const ByteView value = field.value.Reveal(SecretAccess());
    out = std::copy(value.begin(), value.end(), out);
  }
  return packed;
}

absl::StatusOr<SecretFields> SecretFields::Unpack(std::span<const std::string> names,
                                                  const SecretBytes& packed) {
  ByteView rest = packed.Reveal(SecretAccess());
  std::vector<SecretField> fields;
  for (const std::string& name : names) {
    if (rest.size() < kLengthSize) return Misfit();
    uint32_t size = 0;
    for (size_t i = 0; i < kLengthSize; ++i) size = size << 8 | rest[i];
    rest = rest.subspan(kLengthSize);
    if (rest.size() < size) return Misfit();
    ASSIGN_OR_RETURN(SecretBytes value, SecretBytes::CopyFrom(rest.first(size), SecretAccess()));
    rest = rest.subspan(size);
    fields.push_back({name, std::move(value)});
  }
  if (!rest.empty()) return Misfit();
  absl::StatusOr<SecretFields> made = Make(std::move(fields));
  if (!made.ok()) return Misfit();
  return made;
}

}  // namespace leasehold
