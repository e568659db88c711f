#include "server/api/request_checks.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <charconv>

#include "server/api/names.h"
#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/message_checks.h"

namespace leasehold {
namespace {

constexpr size_t kLabelsMax = 64;
constexpr size_t kLabelValueBytesMax = 256;

}  // namespace

absl::StatusOr<Name> ParseId(std::string_view resource, std::string_view prefix) {
  ASSIGN_OR_RETURN(Name name, Name::ParseResource(resource, prefix));
  if (resource.find('/', prefix.size()) != std::string_view::npos) {
    return Error(Reason::kInvalidArgument,
                 StrCat("name must be ", prefix, "{id}, and an id has no '/'"));
  }
  return name;
}

absl::Status CheckOptionalText(std::string_view text, std::string_view field) {
  return text.empty() ? absl::OkStatus() : Text::Parse(text, field).status();
}

absl::Status CheckLabels(const Labels& labels) {
  if (labels.size() > kLabelsMax) {
    return Error(Reason::kInvalidArgument, StrCat("labels must have at most ", kLabelsMax,
                                                  " pairs; there are ", labels.size()));
  }
  for (const auto& [key, value] : labels) {
    absl::StatusOr<Name> name = Name::Parse(key, "label");
    if (!name.ok()) {
      return Annotate(name.status(), "labels");
    }
    if (key.find('/') != std::string::npos) {
      return Error(Reason::kInvalidArgument, StrCat("labels: the key ", key, " has a '/'"));
    }
    if (value.size() > kLabelValueBytesMax) {
      return Error(Reason::kInvalidArgument, StrCat("labels: the value of ", key, " has more than ",
                                                    kLabelValueBytesMax, " bytes"));
    }
    RETURN_IF_ERROR(CheckOptionalText(value, StrCat("labels: the value of ", key)));
  }
  return absl::OkStatus();
}

absl::StatusOr<UnixMillis> ParseExpireTime(bool is_set, const google::protobuf::Timestamp& time,
                                           UnixMillis now) {
  if (!is_set) {
    return UnixMillis();
  }
  ASSIGN_OR_RETURN(UnixMillis expire_time, FromProto(time, "expire_time"));
  if (expire_time <= now) {
    return Error(Reason::kInvalidArgument, "expire_time lies in the past; leave it out for never");
  }
  return expire_time;
}

absl::StatusOr<std::optional<LogIndex>> ParseEtag(std::string_view etag) {
  if (etag.empty()) {
    return std::optional<LogIndex>();
  }
  uint64_t index = 0;
  auto [end, error] = std::from_chars(etag.data(), etag.data() + etag.size(), index);
  if (error != std::errc() || end != etag.data() + etag.size() || etag != EtagOf(LogIndex(index))) {
    return Error(Reason::kInvalidArgument,
                 "etag is not one that this server gave; read the resource again");
  }
  return std::optional<LogIndex>(index);
}

std::string EtagOf(LogIndex index) { return StrCat(index.value()); }

absl::Status CheckNoUnknownFields(const google::protobuf::Message& message) {
  if (HasUnknownFields(message)) {
    return Error(Reason::kInvalidArgument,
                 "the request has a field that this server does not know; it is older than the "
                 "client");
  }
  return absl::OkStatus();
}

std::string DeterministicBytes(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    LEASEHOLD_CHECK(message.SerializeToCodedStream(&coded));
  }
  return bytes;
}

}  // namespace leasehold
