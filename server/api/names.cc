#include "server/api/names.h"

#include <charconv>
#include <cstdio>
#include <optional>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kVersions = "/versions/";

// A number as we write it: decimal or hex digits without sign or leading zeros (hex: all 16).
std::optional<uint64_t> ParseDigits(std::string_view text, int base) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
      (base == 10 && text.front() == '0')) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::string HexId(uint64_t id) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(id));
  return text;
}

std::string LeaseName(Epoch epoch, LeaseNumber number) {
  return StrCat("leases/", HexId(epoch.value()), "-", number.value());
}

absl::StatusOr<LeaseId> ParseLeaseName(std::string_view name) {
  constexpr std::string_view kPrefix = "leases/";
  constexpr size_t kEpochDigits = 16;
  if (name.starts_with(kPrefix) && name.size() > kPrefix.size() + kEpochDigits + 1 &&
      name[kPrefix.size() + kEpochDigits] == '-') {
    std::string_view digits = name.substr(kPrefix.size(), kEpochDigits);
    std::optional<uint64_t> epoch = ParseDigits(digits, 16);
    std::optional<uint64_t> number =
        ParseDigits(name.substr(kPrefix.size() + kEpochDigits + 1), 10);
    if (epoch.has_value() && number.has_value() && digits == HexId(*epoch)) {
      return LeaseId{Epoch(*epoch), LeaseNumber(*number)};
    }
  }
  return Error(Reason::kInvalidArgument, "a lease is named leases/{16 hex digits}-{number}");
}

absl::StatusOr<SecretVersionName> ParseSecretVersionName(std::string_view name) {
  size_t at = name.rfind(kVersions);
  if (at == std::string_view::npos) {
    ASSIGN_OR_RETURN(Name secret, Name::ParseResource(name, "secrets/"));
    return SecretVersionName{std::move(secret), VersionNumber()};
  }
  ASSIGN_OR_RETURN(Name secret, Name::ParseResource(name.substr(0, at), "secrets/"));
  std::optional<uint64_t> number = ParseDigits(name.substr(at + kVersions.size()), 10);
  if (!number.has_value()) {
    return Error(Reason::kInvalidArgument,
                 "a version is named secrets/{path}/versions/{number from 1}");
  }
  return SecretVersionName{std::move(secret), VersionNumber(*number)};
}

std::string VersionName(std::string_view secret, VersionNumber number) {
  return StrCat("secrets/", secret, kVersions, number.value());
}

void ToProto(UnixMillis time, google::protobuf::Timestamp* proto) {
  proto->set_seconds(time.value() / 1000);
  proto->set_nanos(static_cast<int32_t>(time.value() % 1000 * 1'000'000));
}

void ToProto(absl::Duration duration, google::protobuf::Duration* proto) {
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  proto->set_seconds(nanos / 1'000'000'000);
  proto->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

absl::StatusOr<UnixMillis> FromProto(const google::protobuf::Timestamp& proto,
                                     std::string_view field) {
  constexpr int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z
  if (proto.seconds() <= 0 || proto.seconds() > kSecondsMax || proto.nanos() < 0 ||
      proto.nanos() > 999'999'999) {
    return Error(Reason::kInvalidArgument, StrCat(field, " must be a time from 1970 to 9999"));
  }
  return UnixMillis(proto.seconds() * 1000 + proto.nanos() / 1'000'000);
}

absl::StatusOr<absl::Duration> FromProto(const google::protobuf::Duration& proto,
                                         std::string_view field) {
  constexpr int64_t kSecondsMax = 315'576'000'000;  // as duration.proto says: 10,000 years
  if (proto.seconds() < -kSecondsMax || proto.seconds() > kSecondsMax ||
      proto.nanos() < -999'999'999 || proto.nanos() > 999'999'999 ||
      (proto.seconds() > 0 && proto.nanos() < 0) || (proto.seconds() < 0 && proto.nanos() > 0)) {
    return Error(Reason::kInvalidArgument, StrCat(field, " is not a duration"));
  }
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

}  // namespace leasehold
