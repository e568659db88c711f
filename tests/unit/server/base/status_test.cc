#include "server/base/status.h"

#include <catch2/catch.hpp>
#include <string>

namespace leasehold {
namespace {

TEST_CASE("an error carries its reason, code and sentence", "[base][status]") {
  for (const Reason reason : AllReasons()) {
    if (reason == Reason::kNone) continue;
    const absl::Status status = Error(reason, "what is wrong");
    INFO(ReasonName(reason));
    CHECK(ReasonOf(status) == reason);
    CHECK(status.code() == ReasonCode(reason));
    CHECK(status.message() == "what is wrong");
  }
}

TEST_CASE("a status that is not ours is internal, and OK has no reason", "[base][status]") {
  CHECK(ReasonOf(absl::OkStatus()) == Reason::kNone);
  CHECK(ReasonOf(absl::NotFoundError("from elsewhere")) == Reason::kInternal);
}

TEST_CASE("a detail comes back as it was given", "[base][status]") {
  ErrorDetail detail;
  detail.scope =
      GENERATE(ErrorDetail::Scope::kCall, ErrorDetail::Scope::kLease, ErrorDetail::Scope::kAgent);
  SECTION("empty") {}
  SECTION("with a retry") { detail.retry_after = absl::Milliseconds(1500); }
  SECTION("with a retry at once") { detail.retry_after = absl::ZeroDuration(); }
  SECTION("with facts that look like the encoding") {
    detail.retry_after = absl::Nanoseconds(1);
    detail.metadata = {{"rule", "allow[0]"}, {"", ""}, {"3:a", "12"}, {"nul", {"\0:", 2}}};
  }
  const ErrorDetail got = DetailOf(Error(Reason::kPolicyDenied, "no", detail));
  CHECK(got.scope == detail.scope);
  CHECK(got.retry_after == detail.retry_after);
  CHECK(got.metadata == detail.metadata);
}

TEST_CASE("an error without a detail has a default one", "[base][status]") {
  const ErrorDetail detail = DetailOf(Error(Reason::kIo, "no"));
  CHECK(detail.scope == ErrorDetail::Scope::kCall);
  CHECK_FALSE(detail.retry_after.has_value());
  CHECK(detail.metadata.empty());
}

TEST_CASE("annotating puts the context in front and keeps the rest", "[base][status]") {
  ErrorDetail detail;
  detail.scope = ErrorDetail::Scope::kLease;
  detail.metadata = {{"rule", "allow[0]"}};
  const absl::Status status =
      Annotate(Error(Reason::kStoreDamaged, "page 7", detail), "open store");
  CHECK(status.message() == "open store: page 7");
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  CHECK(ReasonOf(status) == Reason::kStoreDamaged);
  CHECK(DetailOf(status).scope == ErrorDetail::Scope::kLease);
  CHECK(DetailOf(status).metadata == detail.metadata);
  CHECK(Annotate(absl::OkStatus(), "open store").ok());
}

absl::Status Twice(const absl::Status& first, int* reached) {
  RETURN_IF_ERROR(first);
  ++*reached;
  RETURN_IF_ERROR(absl::OkStatus());
  ++*reached;
  return absl::OkStatus();
}

absl::StatusOr<std::string> Joined(absl::StatusOr<std::string> a, absl::StatusOr<std::string> b) {
  ASSIGN_OR_RETURN(const std::string left, std::move(a));
  ASSIGN_OR_RETURN(const std::string right, std::move(b));
  return left + right;
}

TEST_CASE("the macros return on an error and go on without", "[base][status]") {
  int reached = 0;
  CHECK(Twice(absl::OkStatus(), &reached).ok());
  CHECK(reached == 2);
  CHECK(ReasonOf(Twice(Error(Reason::kHeld, "no"), &reached)) == Reason::kHeld);
  CHECK(reached == 2);

  CHECK(*Joined("a", "b") == "ab");
  CHECK(ReasonOf(Joined("a", Error(Reason::kHeld, "no")).status()) == Reason::kHeld);
  CHECK(ReasonOf(Joined(Error(Reason::kIo, "no"), "b").status()) == Reason::kIo);
}

}  // namespace
}  // namespace leasehold
