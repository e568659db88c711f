#include "server/api/watch_place.h"

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr size_t kNumberSize = 8;

absl::Status ResumeTokenInvalid() {
  return Error(
      Reason::kPageTokenInvalid,
      "resume_token is not from an event of a watch with the same filter, or the store was "
      "restored since; begin without one");
}

}  // namespace

std::string MakeResumeToken(const PageTokens& tokens, std::string_view question, Epoch epoch,
                            WatchPlace place) {
  return tokens.Make(question,
                     StrCat(PlaceOf(epoch.value()), PlaceOf(place.next), PlaceOf(place.told)));
}

absl::StatusOr<std::optional<WatchPlace>> ParseResumeToken(const PageTokens& tokens,
                                                           std::string_view question,
                                                           const PublishedState& published,
                                                           std::string_view token) {
  if (token.empty()) {
    return std::optional<WatchPlace>();
  }
  const absl::StatusOr<std::string> place = tokens.Parse(question, token);
  if (!place.ok() || place->size() != 3 * kNumberSize) {
    return ResumeTokenInvalid();
  }
  const std::string_view numbers = *place;
  ASSIGN_OR_RETURN(uint64_t epoch, NumberAt(numbers.substr(0, kNumberSize)));
  WatchPlace parsed;
  ASSIGN_OR_RETURN(parsed.next, NumberAt(numbers.substr(kNumberSize, kNumberSize)));
  ASSIGN_OR_RETURN(parsed.told, NumberAt(numbers.substr(2 * kNumberSize)));
  const bool fits = published.Read([&](const PublishedState::View& view) {
    return view.state.epoch() == Epoch(epoch) && parsed.next <= view.head.size;
  });
  if (!fits) {
    return ResumeTokenInvalid();
  }
  return std::optional<WatchPlace>(parsed);
}

}  // namespace leasehold
