#include "server/ledger/checkpoint.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/ledger/test_signer.h"

namespace leasehold {
namespace {

const std::string kOrigin = "acme.leasehold/00c0ffee";
// Base64 of 32 zero bytes.
const std::string kZeroRoot = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

TEST_CASE("a checkpoint is three lines", "[ledger][checkpoint]") {
  Checkpoint checkpoint{kOrigin, {42, Sha256Of({})}};
  const std::string text = kOrigin + "\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
  CHECK(CheckpointText(checkpoint) == text);
  for (const uint64_t size : {uint64_t{0}, uint64_t{42}, std::numeric_limits<uint64_t>::max()}) {
    checkpoint.head.size = size;
    const absl::StatusOr<Checkpoint> parsed = ParseCheckpointText(CheckpointText(checkpoint));
    REQUIRE(parsed.ok());
    CHECK(*parsed == checkpoint);
  }
}

TEST_CASE("only one text stands for a checkpoint", "[ledger][checkpoint]") {
  REQUIRE(ParseCheckpointText("o\n1\n" + kZeroRoot + "\n").ok());
  const std::string text = GENERATE_COPY(values<std::string>({
      "",
      "\n",
      "\n\n\n",
      "o\n",
      "o\n1",
      "o\n1\n",
      "o\n1\n\n",
      "o\n1\n" + kZeroRoot,
      "\n1\n" + kZeroRoot + "\n",
      "o\n\n" + kZeroRoot + "\n",
      "o\n01\n" + kZeroRoot + "\n",
      "o\n+1\n" + kZeroRoot + "\n",
      "o\n-1\n" + kZeroRoot + "\n",
      "o\n1 \n" + kZeroRoot + "\n",
      "o\n0x1\n" + kZeroRoot + "\n",
      "o\n18446744073709551616\n" + kZeroRoot + "\n",
      "o\n1\n" + kZeroRoot.substr(1) + "\n",
      "o\n1\n" + kZeroRoot.substr(0, 43) + "\n",
      "o\n1\nAAAA\n",
      "o\n1\n" + kZeroRoot + "\nan extension\n",
      "o\n1\n" + kZeroRoot + "\n\n",
  }));
  CAPTURE(text);
  CHECK(ReasonOf(ParseCheckpointText(text).status()) == Reason::kInvalidArgument);
}

TEST_CASE("a checkpoint opens with the key of its log", "[ledger][checkpoint]") {
  const TestSigner signer;
  const absl::StatusOr<NoteVerifier> key = NoteVerifier::Make(kOrigin, signer.public_key());
  REQUIRE(key.ok());
  const Checkpoint checkpoint{kOrigin, {7, Sha256Of(AsBytes("root"))}};
  const absl::StatusOr<std::string> note = SignCheckpoint(checkpoint, *key, signer.AsNoteSigner());
  REQUIRE(note.ok());
  const absl::StatusOr<Checkpoint> opened = OpenCheckpoint(*note, *key);
  REQUIRE(opened.ok());
  CHECK(*opened == checkpoint);

  std::string larger = *note;
  larger.replace(larger.find("\n7\n"), 3, "\n8\n");
  CHECK(ReasonOf(OpenCheckpoint(larger, *key).status()) == Reason::kLedgerViolation);
}

TEST_CASE("a checkpoint of another log is refused", "[ledger][checkpoint]") {
  const TestSigner signer;
  const absl::StatusOr<NoteVerifier> key = NoteVerifier::Make(kOrigin, signer.public_key());
  REQUIRE(key.ok());
  const Checkpoint other{"other.leasehold/1", {7, Hash{}}};
  CHECK(ReasonOf(SignCheckpoint(other, *key, signer.AsNoteSigner()).status()) ==
        Reason::kInvalidArgument);
  // A good signature of the right key, for a text that is not about its log, or not a checkpoint.
  const absl::StatusOr<std::string> note =
      SignNote(CheckpointText(other), *key, signer.AsNoteSigner());
  REQUIRE(note.ok());
  CHECK(ReasonOf(OpenCheckpoint(*note, *key).status()) == Reason::kLedgerViolation);
  const absl::StatusOr<std::string> words = SignNote("words\n", *key, signer.AsNoteSigner());
  REQUIRE(words.ok());
  CHECK(ReasonOf(OpenCheckpoint(*words, *key).status()) == Reason::kInvalidArgument);
}

}  // namespace
}  // namespace leasehold
