#ifndef LEASEHOLD_SERVER_LEASES_STATE_CREDENTIAL_TABLE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_CREDENTIAL_TABLE_H_

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/base/millis.h"

namespace leasehold {

// A credential by which an agent, or in its session an operator, proves who it is. The token itself
// is kept nowhere.
struct Credential {
  CredentialId id;
  EntityUid agent;         // none for a session
  UnixMillis expire_time;  // empty = never
  UnixMillis issue_time;
  Hash token_hash{};  // SHA-256 of the token's text, or of the certificate
  int kind = 0;       // ledger::v1::CredentialKind
  TextId principal;   // of a session: whose it is
  bool revoked = false;
  // The token of the same agent that was shown to get this one: by replacing it, or by enrolling.
  CredentialId parent;
};

class CredentialTable {
 public:
  CredentialId next() const { return CredentialId(credentials_.size() + 1); }

  const Credential* Find(CredentialId id) const {
    return id.empty() || id.value() > credentials_.size() ? nullptr : &credentials_[id.value() - 1];
  }
  // The credential whose token or certificate has this hash, revoked and expired ones included, or
  // nullptr; of several for one certificate (its agent was created anew, or the store restored) the
  // newest. The look-up is by a hash of 256 random bits, so its time tells nothing about others.
  const Credential* FindByHash(const Hash& token_hash) const {
    auto it = by_hash_.find(token_hash);
    return it == by_hash_.end() ? nullptr : Find(it->second);
  }

  // `credential.id` must be next().
  void Add(const Credential& credential) {
    credentials_.push_back(credential);
    by_hash_[credential.token_hash] = credential.id;
  }
  void Revoke(CredentialId id) { credentials_[id.value() - 1].revoked = true; }
  // It was replaced, and ends at `time`.
  void EndAt(CredentialId id, UnixMillis time) { credentials_[id.value() - 1].expire_time = time; }

  // Credentials up to this number ended with an earlier epoch: a restore must not bring back one
  // that was revoked after the backup.
  CredentialId ended_through() const { return ended_through_; }
  void EndThrough(CredentialId id) { ended_through_ = id; }

  const std::vector<Credential>& all() const { return credentials_; }

 private:
  std::vector<Credential> credentials_;
  CredentialId ended_through_;
  absl::flat_hash_map<Hash, CredentialId> by_hash_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_CREDENTIAL_TABLE_H_
