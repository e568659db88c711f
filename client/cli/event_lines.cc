#include "client/cli/event_lines.h"

#include <charconv>

#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/table.h"
#include "server/base/str_cat.h"

namespace leasehold {

Flag EventLines::CountFlag() {
  return {.name = "count", .value = "N", .help = "end after so many"};
}

std::vector<Flag> EventLines::Flags() {
  return {CountFlag(),
          {.name = "resume",
           .value = "TOKEN",
           .help = "go on where a watch with the same filter ended"}};
}

absl::Status EventLines::ParseCount() {
  const auto text = session_.args().Get("count");
  if (!text.has_value()) return absl::OkStatus();
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc() || end != text->data() + text->size() || count == 0) {
    return UsageError("--count takes a number of at least 1", "");
  }
  left_ = count;
  return absl::OkStatus();
}

absl::Status EventLines::Write(const Json& data, std::vector<std::string> cells) {
  Table table(columns_);
  table.Add(std::move(cells));
  std::string text = table.ToText();
  // Rows of their own, under one header: nobody knows how wide those to come will be.
  if (!first_) text.erase(0, text.find('\n') + 1);
  first_ = false;
  session_.console().Answer(data, text);
  if (left_.has_value()) --*left_;
  return session_.console().Flush();
}

absl::Status EventLines::EnoughRead() { return absl::CancelledError("enough was read"); }

absl::StatusOr<ExitStatus> EventLines::End(const absl::Status& stream) {
  if (Enough()) return ExitStatus::kOk;
  if (!token_.empty()) session_.console().Note(StrCat("to go on: --resume ", token_));
  if (stream.ok()) return ExitStatus::kOk;
  return stream;
}

}  // namespace leasehold
