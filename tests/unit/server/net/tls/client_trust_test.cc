#include "server/net/tls/client_trust.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "server/base/status.h"
#include "tests/support/test_certificates.h"

namespace leasehold {
namespace {

std::unique_ptr<const ClientTrust> Trusting(const std::string& bundle,
                                            const std::vector<std::string>& lists = {}) {
  std::vector<ClientTrust::PemFile> files;
  for (const std::string& list : lists) files.push_back({"list.pem", list});
  auto trust = ClientTrust::Make({"bundle.pem", bundle}, files);
  REQUIRE(trust.ok());
  return *std::move(trust);
}

TEST_CASE("a certificate counts only where all of its chain says so", "[tls]") {
  const TestAuthority root("root");
  const TestAuthority other("other");
  const TestAuthority middle = root.Below("middle");
  const TestAuthority strange = other.Below("middle");
  const auto trust = Trusting(root.certificate());
  struct Row {
    const char* why;
    std::string certificate;
    std::string chain;
    Reason reason;
    const char* says;
  };
  const Row rows[] = {
      {"issued by the root", root.Issue({}).certificate, "", Reason::kNone, ""},
      {"issued by an intermediate that came along", middle.Issue({}).certificate,
       middle.certificate(), Reason::kNone, ""},
      {"the same without it", middle.Issue({}).certificate, "", Reason::kCertificateRejected,
       "no authority of the server's trust bundle"},
      {"another authority", other.Issue({}).certificate, "", Reason::kCertificateRejected,
       "no authority"},
      {"another authority that brings itself along", other.Issue({}).certificate,
       other.certificate(), Reason::kCertificateRejected, "signs for itself"},
      {"an intermediate of the right name from another root", strange.Issue({}).certificate,
       strange.certificate() + middle.certificate(), Reason::kCertificateRejected, "no authority"},
      {"self-signed", TestAuthority::SelfSigned({}).certificate, "", Reason::kCertificateRejected,
       "signs for itself"},
      {"over", root.Issue({.starts = -absl::Hours(2), .ends = -absl::Hours(1)}).certificate, "",
       Reason::kCredentialExpired, "is over"},
      {"not valid yet", root.Issue({.starts = absl::Hours(1)}).certificate, "",
       Reason::kCertificateRejected, "not valid yet"},
      {"for servers", root.Issue({.purposes = "serverAuth"}).certificate, "",
       Reason::kCertificateRejected, "client authentication"},
      {"for nothing in particular", root.Issue({.purposes = ""}).certificate, "",
       Reason::kCertificateRejected, "lacks the purpose clientAuth"},
      {"for both", root.Issue({.purposes = "serverAuth,clientAuth"}).certificate, "", Reason::kNone,
       ""},
      {"an authority's own", middle.certificate(), "", Reason::kCertificateRejected,
       "may not be used for client authentication"},
      {"a key that is too short", root.Issue({.weak = true}).certificate, "",
       Reason::kCertificateRejected, "too weak"},
      {"no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "",
       Reason::kCertificateRejected, "cannot be read"},
      {"nothing", "", "", Reason::kCertificateRejected, "cannot be read"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto facts = trust->Verify(row.certificate, row.chain, absl::Now());
    CHECK(ReasonOf(facts.status()) == row.reason);
    CHECK_THAT(std::string(facts.status().message()), Catch::Contains(row.says));
  }
}

TEST_CASE("time counts as the caller tells it", "[tls]") {
  const TestAuthority root("root");
  const auto trust = Trusting(root.certificate());
  const std::string certificate = root.Issue({.ends = absl::Hours(1)}).certificate;
  CHECK(trust->Verify(certificate, "", absl::Now() + absl::Minutes(59)).ok());
  CHECK(ReasonOf(trust->Verify(certificate, "", absl::Now() + absl::Minutes(61)).status()) ==
        Reason::kCredentialExpired);
  CHECK(ReasonOf(trust->Verify(certificate, "", absl::Now() - absl::Hours(3)).status()) ==
        Reason::kCertificateRejected);
}

TEST_CASE("a revocation list stops what is on it, and a list that is missing or over all",
          "[tls]") {
  const TestAuthority root("root");
  const TestAuthority middle = root.Below("middle");
  const std::string good = root.Issue({}).certificate;
  const std::string bad = root.Issue({}).certificate;
  const std::string below = middle.Issue({}).certificate;
  const absl::Time now = absl::Now();
  const auto reason = [&](const ClientTrust& trust, const std::string& certificate,
                          const std::string& chain = "") {
    return ReasonOf(trust.Verify(certificate, chain, now).status());
  };

  const auto listed = Trusting(root.certificate(), {root.RevocationList({bad})});
  CHECK(reason(*listed, good) == Reason::kNone);
  CHECK(reason(*listed, bad) == Reason::kCredentialRevoked);
  // There is none of the authority between.
  CHECK(reason(*listed, below, middle.certificate()) == Reason::kCertificateRejected);

  const auto both =
      Trusting(root.certificate(), {root.RevocationList({bad}), middle.RevocationList({})});
  CHECK(reason(*both, below, middle.certificate()) == Reason::kNone);

  const auto authority_revoked = Trusting(
      root.certificate(), {root.RevocationList({middle.certificate()}), middle.RevocationList({})});
  CHECK(reason(*authority_revoked, below, middle.certificate()) == Reason::kCredentialRevoked);

  const auto over = Trusting(root.certificate(), {root.RevocationList({}, -absl::Hours(1))});
  CHECK(reason(*over, good) == Reason::kCertificateRejected);
  CHECK_THAT(std::string(over->Verify(good, "", now).status().message()),
             Catch::Contains("the revocation list for the client certificate is over"));
  CHECK(over->crl_expire_time() < now);

  // One that a stranger signed in the authority's name is no list.
  const auto forged = Trusting(root.certificate(), {TestAuthority("root").RevocationList({})});
  CHECK(reason(*forged, good) == Reason::kCertificateRejected);
}

TEST_CASE("a bundle or list that is none is refused with its name", "[tls]") {
  const TestAuthority root("root");
  const TestCertificate one = root.Issue({});
  for (const std::string& bundle : {std::string(), std::string("x"), one.key}) {
    const auto trust = ClientTrust::Make({"bundle.pem", bundle}, {});
    CHECK(ReasonOf(trust.status()) == Reason::kConfigInvalid);
    CHECK_THAT(std::string(trust.status().message()), Catch::StartsWith("bundle.pem holds no"));
  }
  const auto trust =
      ClientTrust::Make({"bundle.pem", root.certificate()}, {{"list.pem", root.certificate()}});
  CHECK(ReasonOf(trust.status()) == Reason::kConfigInvalid);
  CHECK_THAT(std::string(trust.status().message()), Catch::StartsWith("list.pem holds no"));
}

TEST_CASE("a certificate's names are read as they are", "[tls]") {
  const TestAuthority root("root");
  const auto trust = Trusting(root.certificate());
  const auto facts = trust->Verify(
      root.Issue({.names = "URI:spiffe://prod.example/a,DNS:Bot.Example,DNS:b.example",
                  .common_name = "mia, or not",
                  .organisation = "Example"})
          .certificate,
      "", absl::Now());
  REQUIRE(facts.ok());
  CHECK(facts->uris == std::vector<std::string>{"spiffe://prod.example/a"});
  CHECK(facts->dns_names == std::vector<std::string>{"bot.example", "b.example"});
  CHECK(facts->subject == "CN=mia\\, or not,O=Example");
  CHECK(!facts->serial.empty());
  CHECK(facts->not_before < absl::Now());
  CHECK(facts->not_after > absl::Now());
}

}  // namespace
}  // namespace leasehold
