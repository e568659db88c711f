#include "server/api/page_token.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <optional>

#include "server/api/request_checks.h"
#include "server/base/check.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kLabel = "leasehold page token";
constexpr size_t kKeyNumberSize = 4;
constexpr size_t kMacSize = 16;
// The vault's keys begin with 1.
constexpr uint32_t kOwnKey = 0;
// A place is a name or a few numbers. What is longer is refused before it is decoded.
constexpr size_t kTokenBytesMax = 1024;

constexpr int32_t kPageSizeDefault = 100;
constexpr int32_t kPageSizeMax = 1000;

void PutNumber(std::string& out, uint64_t number, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) {
    out.push_back(static_cast<char>(number >> (8 * i) & 0xff));
  }
}

uint64_t GetNumber(std::string_view bytes) {
  uint64_t number = 0;
  for (char c : bytes) {
    number = number << 8 | static_cast<uint8_t>(c);
  }
  return number;
}

// The length keeps question and place apart.
std::string MacInput(std::string_view question, std::string_view place) {
  std::string input;
  PutNumber(input, question.size(), 8);
  StrAppend(&input, question, place);
  return input;
}

}  // namespace

absl::Status PageTokenInvalid() {
  return Error(Reason::kPageTokenInvalid,
               "page_token is not from the page before of the same request; begin without one");
}

absl::StatusOr<size_t> ParsePageSize(int32_t page_size) {
  if (page_size < 0 || page_size > kPageSizeMax) {
    return Error(Reason::kInvalidArgument,
                 StrCat("page_size must be 1 to ", kPageSizeMax, ", or 0 for ", kPageSizeDefault));
  }
  return static_cast<size_t>(page_size == 0 ? kPageSizeDefault : page_size);
}

PageTokens::PageTokens(const SealableVault& vault) : vault_(vault) { RandomBytes(own_key_); }

std::optional<Hash> PageTokens::Mac(uint32_t key, std::string_view question,
                                    std::string_view place) const {
  std::string input = MacInput(question, place);
  if (key == kOwnKey) {
    return HmacSha256(own_key_, AsBytes(input));
  }
  absl::StatusOr<std::shared_ptr<const Vault>> vault = vault_.Open();
  return vault.ok() ? (*vault)->Mac(key, kLabel, AsBytes(input)) : std::nullopt;
}

std::string PageTokens::Make(std::string_view question, std::string_view place) const {
  LEASEHOLD_CHECK(!place.empty());
  absl::StatusOr<std::shared_ptr<const Vault>> vault = vault_.Open();
  uint32_t key = vault.ok() ? (*vault)->CurrentMacKey() : kOwnKey;
  std::optional<Hash> mac = Mac(key, question, place);
  LEASEHOLD_CHECK(mac.has_value());
  std::string token;
  PutNumber(token, key, kKeyNumberSize);
  StrAppend(&token, AsText(*mac).substr(0, kMacSize), place);
  return Base64UrlEncode(AsBytes(token));
}

absl::StatusOr<std::string> PageTokens::Parse(std::string_view question,
                                              std::string_view token) const {
  if (token.empty()) {
    return std::string();
  }
  std::string bytes;
  if (token.size() > kTokenBytesMax || !Base64UrlDecode(token, &bytes) ||
      bytes.size() <= kKeyNumberSize + kMacSize) {
    return PageTokenInvalid();
  }
  std::string_view view = bytes;
  std::string_view place = view.substr(kKeyNumberSize + kMacSize);
  std::optional<Hash> mac =
      Mac(static_cast<uint32_t>(GetNumber(view.substr(0, kKeyNumberSize))), question, place);
  if (!mac.has_value() || !ConstantTimeEqual(AsBytes(view.substr(kKeyNumberSize, kMacSize)),
                                             AsBytes(AsText(*mac).substr(0, kMacSize)))) {
    return PageTokenInvalid();
  }
  return std::string(place);
}

std::string QuestionOf(const google::protobuf::Message& request,
                       std::initializer_list<const char*> apart) {
  std::unique_ptr<google::protobuf::Message> question(request.New());
  question->CopyFrom(request);
  for (const char* field : apart) {
    const google::protobuf::FieldDescriptor* descriptor =
        question->GetDescriptor()->FindFieldByName(field);
    LEASEHOLD_CHECK(descriptor != nullptr, field);
    question->GetReflection()->ClearField(question.get(), descriptor);
  }
  return StrCat(question->GetDescriptor()->full_name(), "\n", DeterministicBytes(*question));
}

std::string PlaceOf(uint64_t number) {
  std::string place;
  PutNumber(place, number, 8);
  return place;
}

absl::StatusOr<uint64_t> NumberAt(std::string_view place) {
  if (place.size() != 8) {
    return PageTokenInvalid();
  }
  return GetNumber(place);
}

}  // namespace leasehold
