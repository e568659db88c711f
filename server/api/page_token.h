#ifndef LEASEHOLD_SERVER_API_PAGE_TOKEN_H_
#define LEASEHOLD_SERVER_API_PAGE_TOKEN_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"
#include "server/vault/sealable_vault.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace leasehold {

// How many items a page has at most: `page_size`, or 100 for 0. INVALID_ARGUMENT for others than 0
// to 1,000.
absl::StatusOr<size_t> ParsePageSize(int32_t page_size);

// Page tokens: opaque to callers, good only for the same question to the same log. As bytes, in
// base64url:
//
//   key number  4 bytes, big endian; 0 = a key of this process alone, which serves while sealed
//   MAC        16 bytes, over the question and the place; other keys belong to one log
//   place      where the next page begins, in the words of whoever made the token
//
// A place is the last item shown, or a ledger index, never a count of items: what is added or
// removed meanwhile neither repeats nor hides others. Safe from any thread.
class PageTokens {
 public:
  // `vault` must outlive it.
  explicit PageTokens(const SealableVault& vault);

  // `question` says which method and filter a token is for; see QuestionOf. `place` is not empty.
  std::string Make(std::string_view question, std::string_view place) const;

  // The place in `token`; "" for an empty token, the first page. PAGE_TOKEN_INVALID for one that
  // Make did not give for the same question and log.
  absl::StatusOr<std::string> Parse(std::string_view question, std::string_view token) const;

 private:
  // nullopt where there is no such key, or it is sealed.
  std::optional<Hash> Mac(uint32_t key, std::string_view question, std::string_view place) const;

  const SealableVault& vault_;
  Hash own_key_;  // random
};

// The question that a request asks: its message's name and all its fields but those in `apart`,
// which say where to go on and how far.
std::string QuestionOf(const google::protobuf::Message& request,
                       std::initializer_list<const char*> apart = {"page_size", "page_token"});

// A place that is a number.
std::string PlaceOf(uint64_t number);
// PAGE_TOKEN_INVALID where it is none.
absl::StatusOr<uint64_t> NumberAt(std::string_view place);

absl::Status PageTokenInvalid();

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_PAGE_TOKEN_H_
