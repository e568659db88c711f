#include "server/policy/compiled_target.h"

#include <algorithm>

#include "leasehold/v1/identity.pb.h"
#include "server/base/glob.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/http_methods.h"
#include "server/policy/http_path.h"
#include "server/policy/message_checks.h"
#include "server/policy/policy_limits.h"
#include "server/policy/target_parts.h"

namespace leasehold {
namespace {

constexpr std::string_view kCollection = "targets/";
constexpr int kDescriptionBytesMax = 1024;
// A few networks of a company, not a list of hosts.
constexpr int kCidrsMax = 64;

// Below a millisecond nothing off this machine could answer; a broker's request that waits longer
// than ten minutes holds a connection that revocation has to cut.
constexpr absl::Duration kTimeoutMin = absl::Milliseconds(1);
constexpr absl::Duration kTimeoutMax = absl::Minutes(10);
constexpr absl::Duration kTimeoutDefault = absl::Seconds(30);

constexpr std::string_view kDefaultReads[] = {"GET", "HEAD", "OPTIONS"};

absl::Status Refuse(std::string_view offence) { return Error(Reason::kInvalidArgument, offence); }

absl::Status CheckCount(int count, std::string_view key) {
  if (static_cast<size_t>(count) <= kListEntriesMax) return absl::OkStatus();
  return Refuse(StrCat(key, " has ", count, " entries; at most ", kListEntriesMax, " are allowed"));
}

absl::StatusOr<std::variant<HeaderTemplate, BasicFields>> CompileInjection(
    const v1::Injection& injection) {
  switch (injection.kind_case()) {
    case v1::Injection::kHeader:
      return ParseHeaderTemplate(injection.header().name(), injection.header().template_());
    case v1::Injection::kBasic: {
      const v1::BasicInjection& basic = injection.basic();
      BasicFields fields;
      fields.user_field = basic.user_field().empty() ? "user" : basic.user_field();
      fields.password_field = basic.password_field().empty() ? "password" : basic.password_field();
      RETURN_IF_ERROR(CheckFieldName(fields.user_field, "injection.basic.user_field"));
      RETURN_IF_ERROR(CheckFieldName(fields.password_field, "injection.basic.password_field"));
      return fields;
    }
    case v1::Injection::KIND_NOT_SET:
      break;
  }
  return Refuse("injection is missing; give header or basic");
}

absl::StatusOr<absl::Duration> CompileTimeout(const v1::Target& target) {
  if (!target.has_timeout()) return kTimeoutDefault;
  const std::optional<absl::Duration> timeout = ToDuration(target.timeout());
  if (!timeout.has_value() || *timeout < kTimeoutMin || *timeout > kTimeoutMax) {
    return Refuse("timeout must be 1ms to 10m");
  }
  return *timeout;
}

}  // namespace

struct CompiledTarget::Matchers {
  std::vector<NamePattern> secrets;
  std::vector<std::string> read_methods;
  std::vector<PathPattern> read_paths;  // empty = every path
  std::vector<std::string> read_tools;  // globs

  absl::Status AddSecrets(const v1::Target& target) {
    if (target.secrets().empty()) {
      return Refuse("secrets is empty, so nothing could be injected; name at least one");
    }
    RETURN_IF_ERROR(CheckCount(target.secrets_size(), "secrets"));
    for (int i = 0; i < target.secrets_size(); ++i) {
      ASSIGN_OR_RETURN(NamePattern pattern,
                       NamePattern::Parse(target.secrets(i), StrCat("secrets[", i, "]")));
      secrets.push_back(std::move(pattern));
    }
    return absl::OkStatus();
  }

  absl::Status AddReadTools(const v1::ReadRule& read) {
    RETURN_IF_ERROR(CheckCount(read.tools_size(), "read.tools"));
    for (int i = 0; i < read.tools_size(); ++i) {
      const std::string key = StrCat("read.tools[", i, "]");
      RETURN_IF_ERROR(Text::Parse(read.tools(i), key).status());
      if (read.tools(i).size() > kToolNameBytesMax) {
        return Refuse(StrCat(key, " has more than ", kToolNameBytesMax, " bytes"));
      }
      read_tools.push_back(read.tools(i));
    }
    return absl::OkStatus();
  }

  absl::Status AddRead(const v1::Target& target) {
    if (!target.has_read()) {
      read_methods.assign(std::begin(kDefaultReads), std::end(kDefaultReads));
      return absl::OkStatus();
    }
    const v1::ReadRule& read = target.read();
    RETURN_IF_ERROR(AddReadTools(read));
    if (read.methods().empty()) {
      if (read.tools().empty() || !read.paths().empty()) {
        return Refuse("read.methods is empty; name the methods that only read, for example GET");
      }
      read_methods.assign(std::begin(kDefaultReads), std::end(kDefaultReads));
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(CheckCount(read.methods_size(), "read.methods"));
    RETURN_IF_ERROR(CheckCount(read.paths_size(), "read.paths"));
    for (int i = 0; i < read.methods_size(); ++i) {
      RETURN_IF_ERROR(CheckNamedMethod(read.methods(i), StrCat("read.methods[", i, "]")));
      read_methods.push_back(read.methods(i));
    }
    for (int i = 0; i < read.paths_size(); ++i) {
      ASSIGN_OR_RETURN(PathPattern pattern,
                       PathPattern::Parse(read.paths(i), StrCat("read.paths[", i, "]")));
      read_paths.push_back(std::move(pattern));
    }
    return absl::OkStatus();
  }

  absl::Status Add(const v1::Target& target) {
    RETURN_IF_ERROR(AddSecrets(target));
    return AddRead(target);
  }
};

absl::StatusOr<std::shared_ptr<const CompiledTarget>> CompiledTarget::Compile(
    const v1::Target& target) {
  ASSIGN_OR_RETURN(const Name name, Name::ParseResource(target.name(), kCollection));
  if (name.value().find('/') != std::string::npos) {
    // It stands in the broker's path, /t/{target}/..., as one segment.
    return Refuse("name after targets/ has a '/'; a target's id is one segment");
  }
  const std::shared_ptr<CompiledTarget> compiled(new CompiledTarget);
  compiled->name_ = name.value();
  RETURN_IF_ERROR(Annotate(compiled->CompileBody(target), StrCat("target ", compiled->name_)));
  return std::shared_ptr<const CompiledTarget>(compiled);
}

absl::Status CompiledTarget::CompileBody(const v1::Target& target) {
  if (HasUnknownFields(target)) {
    return Refuse("a section is not known to this version, so it is refused, not ignored");
  }
  if (target.description().size() > kDescriptionBytesMax) {
    return Refuse("description has more than 1024 bytes");
  }
  switch (target.record()) {
    case v1::RECORD_MODE_UNSPECIFIED:
    case v1::RECORD_MODE_RULE:
      break;
    case v1::RECORD_MODE_PATH:
      records_paths_ = true;
      break;
    default:
      return Refuse("record is not known to this version; write rule or path");
  }
  ASSIGN_OR_RETURN(url_, ParseTargetUrl(target.base_url()));
  ASSIGN_OR_RETURN(injection_, CompileInjection(target.injection()));
  ASSIGN_OR_RETURN(timeout_, CompileTimeout(target));
  if (target.allow_cidrs_size() > kCidrsMax) {
    return Refuse(StrCat("allow_cidrs has more than ", kCidrsMax, " entries"));
  }
  for (int i = 0; i < target.allow_cidrs_size(); ++i) {
    auto cidr = ParseCidr(target.allow_cidrs(i));
    RETURN_IF_ERROR(Annotate(cidr.status(), StrCat("allow_cidrs[", i, "]")));
    allow_cidrs_.push_back(*std::move(cidr));
  }
  if (!target.ca_pem().empty()) {
    if (!url_.tls) return Refuse("ca_pem is given, but base_url is not https://");
    RETURN_IF_ERROR(CheckCaPem(target.ca_pem()));
    ca_pem_ = target.ca_pem();
  }
  auto matchers = std::make_shared<Matchers>();
  RETURN_IF_ERROR(matchers->Add(target));
  matchers_ = std::move(matchers);
  return absl::OkStatus();
}

bool CompiledTarget::MayInject(std::string_view secret) const {
  return std::any_of(matchers_->secrets.begin(), matchers_->secrets.end(),
                     [secret](const NamePattern& pattern) { return pattern.Matches(secret); });
}

bool CompiledTarget::IsRead(std::string_view method, std::string_view path) const {
  if (!ReadsWith(method)) return false;
  if (!IsCanonicalPath(path)) return false;
  const auto& paths = matchers_->read_paths;
  return paths.empty() || std::any_of(paths.begin(), paths.end(),
                                      [path](const PathPattern& p) { return p.Matches(path); });
}

bool CompiledTarget::IsToolRead(std::string_view tool) const {
  return std::any_of(matchers_->read_tools.begin(), matchers_->read_tools.end(),
                     [tool](const std::string& glob) { return GlobMatches(glob, tool); });
}

bool CompiledTarget::ReadsWith(std::string_view method) const {
  const auto& methods = matchers_->read_methods;
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool CompiledTarget::MayReadAt(const PathPattern& paths) const {
  const auto& read = matchers_->read_paths;
  return read.empty() || std::any_of(read.begin(), read.end(),
                                     [&](const PathPattern& p) { return p.Overlaps(paths); });
}

bool CompiledTarget::HasToolReads() const { return !matchers_->read_tools.empty(); }

}  // namespace leasehold
