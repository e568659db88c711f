#ifndef LEASEHOLD_SERVER_POLICY_COMPILED_TARGET_H_
#define LEASEHOLD_SERVER_POLICY_COMPILED_TARGET_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace leasehold::v1 {
class Target;
}

namespace leasehold {

class PathPattern;

// Where a target is.
struct TargetUrl {
  bool tls = false;
  std::string host;  // lower case, as written; IPv6 without brackets
  uint16_t port = 0;
  std::string prefix;  // path prefix without trailing '/', may be empty
};

// `Authorization: Bearer {value}`: literal pieces and field names in turn.
struct HeaderTemplate {
  std::string header;
  struct Piece {
    bool is_field = false;
    std::string text;  // literal bytes, or the field's name
  };
  std::vector<Piece> pieces;
};

struct BasicFields {
  std::string user_field;
  std::string password_field;
};

// A network that a target's address may lie in, e.g. 127.0.0.0/8.
struct Cidr {
  bool v6 = false;
  std::array<uint8_t, 16> address{};  // v4 in the first four bytes
  int prefix_bits = 0;
  // `address` in network order, 4 or 16 bytes.
  bool Contains(std::string_view address_bytes) const;
};
absl::StatusOr<Cidr> ParseCidr(std::string_view text);

// A declared downstream system, checked and made ready. Immutable, safe from any thread.
class CompiledTarget {
 public:
  // INVALID_ARGUMENT names the field and what is allowed.
  static absl::StatusOr<std::shared_ptr<const CompiledTarget>> Compile(const v1::Target& target);

  const std::string& name() const { return name_; }  // without "targets/"
  const TargetUrl& url() const { return url_; }
  const std::variant<HeaderTemplate, BasicFields>& injection() const { return injection_; }
  const std::vector<Cidr>& allow_cidrs() const { return allow_cidrs_; }
  absl::Duration timeout() const { return timeout_; }
  const std::string& ca_pem() const { return ca_pem_; }

  // Whether a lease on `secret` may be used here at all; checked before policy.
  bool MayInject(std::string_view secret) const;
  // Whether the request is a read here. `path` is without query; one that is not canonical
  // (http_path.h) never is a read.
  bool IsRead(std::string_view method, std::string_view path) const;
  // The same of a call of an MCP tool.
  bool IsToolRead(std::string_view tool) const;
  // What could be a read at all: some path with this method, some method at such a path, some tool.
  bool ReadsWith(std::string_view method) const;
  bool MayReadAt(const PathPattern& paths) const;
  bool HasToolReads() const;
  // Whether the ledger keeps the path or tool of an allowed use itself, and not the pattern of the
  // rule that allowed it.
  bool records_paths() const { return records_paths_; }

 private:
  CompiledTarget() = default;
  absl::Status CompileBody(const v1::Target& target);

  std::string name_;
  TargetUrl url_;
  std::variant<HeaderTemplate, BasicFields> injection_;
  std::vector<Cidr> allow_cidrs_;
  absl::Duration timeout_;
  std::string ca_pem_;
  bool records_paths_ = false;
  struct Matchers;
  std::shared_ptr<const Matchers> matchers_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_COMPILED_TARGET_H_
