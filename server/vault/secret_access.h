#ifndef LEASEHOLD_SERVER_VAULT_SECRET_ACCESS_H_
#define LEASEHOLD_SERVER_VAULT_SECRET_ACCESS_H_

namespace leasehold {

// The key to SecretBytes. Reading or writing the bytes of a secret takes a SecretAccess, which only
// the friends below can make, on the spot:
//
//   const ByteView value = secret.Reveal(SecretAccess());
//
// so this file lists every reader of plaintext, and a search for "SecretAccess()" finds the places.
// To become a reader a class adds a line here: where it is, and why it cannot do without the bytes.
// A test compares this list with the source tree.
class SecretAccess {
 public:
  // Neither copied nor kept: whoever got one for one call cannot use it for another.
  SecretAccess(const SecretAccess&) = delete;
  SecretAccess& operator=(const SecretAccess&) = delete;

 private:
  SecretAccess() {}  // Not "= default", which would let anybody write {}.

  // server/vault/envelope.cc encrypts and decrypts.
  friend class Envelope;
  // server/vault/wrapping_key.cc derives one key from another.
  friend class WrappingKey;
  // server/vault/vault.cc computes MACs and signatures.
  friend class Vault;
  // server/vault/secret_fields.cc joins the fields of a version to one plaintext and back.
  friend class SecretFields;
  // server/vault/argon2id.cc derives a key from a passphrase.
  friend class Argon2id;
  // server/vault/root_key.cc reads and writes the root key's file.
  friend class RootKeyText;
  // server/api/received_fields.cc takes the values of a new version out of gRPC's memory.
  friend class ReceivedFields;
  // server/api/unsealing.cc takes the passphrase of the root key out of gRPC's memory.
  friend class ReceivedPassphrase;
  // server/broker/credential_injector.cc puts fields into the request that goes to a target.
  friend class CredentialInjector;
  // server/api/revealed_value.cc gives the value to an agent that may have it.
  friend class RevealedValue;
  // client/cli/passphrase_input.cc takes the passphrase of a root key from a person or a file.
  friend class PassphraseInput;
  // Tests define this class for themselves; the server has none.
  friend class SecretAccessForTests;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_SECRET_ACCESS_H_
