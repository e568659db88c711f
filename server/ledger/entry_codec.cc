#include "server/ledger/entry_codec.h"

#include <cstdint>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "server/base/check.h"
#include "server/base/reason.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using ledger::v1::Entry;

absl::Status Damaged(std::string_view offence) {
  return Error(Reason::kStoreDamaged, StrCat("the entry ", offence));
}

void Serialize(const Entry& entry, std::string* out) {
  out->resize(entry.ByteSizeLong());
  entry.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(out->data()));
}

bool HasUnknownIn(const Message& message);

bool HasUnknownValue(const Message& message, const Reflection& reflection,
                     const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      // The format has no repeated messages; were there one, its contents would be unknown to us.
      return field.is_repeated() || HasUnknownIn(reflection.GetMessage(message, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return field.is_repeated() || field.enum_type()->FindValueByNumber(
                                        reflection.GetEnumValue(message, &field)) == nullptr;
    default:
      return false;
  }
}

bool HasUnknownIn(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (HasUnknownValue(message, reflection, *field)) return true;
  }
  return false;
}

}  // namespace

absl::Status EncodeEntry(const Entry& entry, std::string* out) {
  LEASEHOLD_CHECK(entry.kind_case() != Entry::KIND_NOT_SET);
  Serialize(entry, out);
  if (out->size() <= kEntryBytesMax) return absl::OkStatus();
  const size_t size = out->size();
  out->clear();
  return Error(Reason::kTooLarge,
               StrCat("this would make a ledger entry of ", size, " bytes, and at most ",
                      kEntryBytesMax, " are allowed; do it in smaller steps"));
}

absl::StatusOr<Entry> DecodeEntry(ByteView bytes) {
  if (bytes.size() > kEntryBytesMax) {
    return Damaged(
        StrCat("has ", bytes.size(), " bytes; at most ", kEntryBytesMax, " are allowed"));
  }
  Entry entry;
  if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged("is not protobuf");
  }
  if (entry.kind_case() == Entry::KIND_NOT_SET && !HasUnknown(entry)) return Damaged("has no kind");
  // Parsing forgets what came twice, a second kind too, and long forms of numbers; so what it kept
  // comes out shorter or as other bytes. Fields that we do not know are kept but move to the end of
  // their message, so there only the size can be compared.
  std::string again;
  Serialize(entry, &again);
  const bool canonical =
      again == AsText(bytes) || (again.size() == bytes.size() && HasUnknown(entry));
  if (!canonical) return Damaged("has more than one kind, or is not in canonical form");
  return entry;
}

bool HasUnknown(const Entry& entry) { return HasUnknownIn(entry); }

// The names are those of the fields, so there is no second table to keep.
std::string_view EntryKindName(EntryKind kind) {
  const FieldDescriptor* field = Entry::descriptor()->FindFieldByNumber(kind);
  return field == nullptr ? std::string_view("unknown") : std::string_view(field->name());
}

std::optional<EntryKind> ParseEntryKind(std::string_view name) {
  const FieldDescriptor* field = Entry::descriptor()->FindFieldByName(std::string(name));
  // `time_ms` is a field too, but no kind.
  if (field == nullptr || field->containing_oneof() == nullptr) return std::nullopt;
  return static_cast<EntryKind>(field->number());
}

std::vector<EntryKind> AllEntryKinds() {
  std::vector<EntryKind> kinds;
  const google::protobuf::OneofDescriptor* oneof = Entry::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < oneof->field_count(); ++i) {
    kinds.push_back(static_cast<EntryKind>(oneof->field(i)->number()));
  }
  return kinds;
}

}  // namespace leasehold
