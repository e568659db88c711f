#ifndef LEASEHOLD_TESTS_SUPPORT_SELF_SIGNED_CONTEXT_H_
#define LEASEHOLD_TESTS_SUPPORT_SELF_SIGNED_CONTEXT_H_

#include <openssl/types.h>

#include <string>

namespace leasehold {

// What a TLS server needs that signs for itself, with a key of its own in each run.
class SelfSignedContext {
 public:
  // `names` as OpenSSL writes them: "IP:127.0.0.1,DNS:localhost"
  explicit SelfSignedContext(const std::string& names);
  ~SelfSignedContext();
  SelfSignedContext(const SelfSignedContext&) = delete;
  SelfSignedContext& operator=(const SelfSignedContext&) = delete;

  SSL_CTX* context() const { return context_; }
  // Its certificate, for who shall trust it.
  const std::string& pem() const { return pem_; }

 private:
  SSL_CTX* context_;
  std::string pem_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_SELF_SIGNED_CONTEXT_H_
