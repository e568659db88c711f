#ifndef LEASEHOLD_TESTS_SUPPORT_TEST_CERTIFICATES_H_
#define LEASEHOLD_TESTS_SUPPORT_TEST_CERTIFICATES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace leasehold {

// A certificate with its key, PEM.
struct TestCertificate {
  std::string certificate;
  std::string key;
};

// An authority that issues what it is asked for, with a key of its own in each run.
class TestAuthority {
 public:
  struct Wish {
    // As OpenSSL's configuration writes them: "URI:spiffe://prod.example/a,DNS:a.example"; may be
    // empty.
    std::string names;
    std::string common_name = "test";
    std::string organisation;                 // empty = none
    std::string purposes = "clientAuth";      // extended key usage; empty = the extension is absent
    absl::Duration starts = -absl::Hours(1);  // from now
    absl::Duration ends = absl::Hours(24);
    bool authority = false;  // basicConstraints CA
    bool weak = false;       // RSA with 1,024 bits
  };

  // A root.
  explicit TestAuthority(const std::string& name);
  ~TestAuthority();
  TestAuthority(TestAuthority&&) noexcept;

  // An authority below this one.
  TestAuthority Below(const std::string& name) const;
  TestCertificate Issue(const Wish& wish) const;
  // A certificate that signs for itself.
  static TestCertificate SelfSigned(const Wish& wish);
  // A revocation list of the certificates (PEM).
  std::string RevocationList(const std::vector<std::string>& revoked,
                             absl::Duration ends = absl::Hours(24)) const;
  const std::string& certificate() const;

 private:
  struct Impl;
  explicit TestAuthority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_TEST_CERTIFICATES_H_
