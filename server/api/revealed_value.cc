#include "server/api/revealed_value.h"

namespace leasehold {

void RevealedValue::Write(const SecretFields& fields, const std::string& name,
                          v1::RevealSecretResponse* response) {
  for (const SecretField& field : fields.fields()) {
    if (name.empty() || field.name == name) {
      v1::RevealedField* revealed = response->add_fields();
      revealed->set_name(field.name);
      revealed->set_value(std::string(AsText(field.value.Reveal(SecretAccess()))));
    }
  }
}

}  // namespace leasehold
