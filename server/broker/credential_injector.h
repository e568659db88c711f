#ifndef LEASEHOLD_SERVER_BROKER_CREDENTIAL_INJECTOR_H_
#define LEASEHOLD_SERVER_BROKER_CREDENTIAL_INJECTOR_H_

#include <string_view>

#include "absl/status/status.h"
#include "server/broker/wiped_buffer.h"
#include "server/policy/compiled_target.h"
#include "server/vault/secret_fields.h"

namespace leasehold {

// The one place where a broker sees plaintext: writes a secret into the field that its target wants
// it in, and nowhere else.
class CredentialInjector {
 public:
  // Other than this, a head with the credential would not fit into what servers accept.
  static constexpr size_t kFieldBytesMax = 16 * 1024;

  // Appends "Name: value\r\n". FAILED_PRECONDITION where the secret lacks a field that the target
  // wants, or holds what cannot stand in an HTTP field: a line break or NUL would end the field and
  // let whoever stored the secret write the rest of the request. The message names the field and
  // never its content. `out` is unchanged then.
  static absl::Status Append(const CompiledTarget& target, const SecretFields& fields,
                             WipedBuffer* out);

  // The name of the field that Append writes; what the agent sent under it is not forwarded.
  static std::string_view FieldName(const CompiledTarget& target);

 private:
  static absl::Status AppendTemplate(const HeaderTemplate& header, const SecretFields& fields,
                                     WipedBuffer* value);
  static absl::Status AppendBasic(const BasicFields& basic, const SecretFields& fields,
                                  WipedBuffer* value);
  // The bytes of one field of the secret.
  static absl::Status AppendField(std::string_view name, const SecretFields& fields,
                                  WipedBuffer* value);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_CREDENTIAL_INJECTOR_H_
