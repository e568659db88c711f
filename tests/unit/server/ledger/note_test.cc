#include "server/ledger/note.h"

#include <openssl/evp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/ledger/test_signer.h"

namespace leasehold {
namespace {

// The examples of the Go project's package golang.org/x/mod/sumdb/note.
constexpr std::string_view kPeterKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kEnochKey =
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const std::string kText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
const std::string kPeterBase64 =
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
const std::string kPeterLine = "— PeterNeumann " + kPeterBase64 + "\n";
const std::string kEnochLine =
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ="
    "\n";

NoteVerifier Key(std::string_view text) {
  absl::StatusOr<NoteVerifier> key = NoteVerifier::Parse(text);
  REQUIRE(key.ok());
  return *std::move(key);
}

TEST_CASE("a verifier key is read and written in its text form", "[ledger][note]") {
  const NoteVerifier key = Key(kPeterKey);
  CHECK(key.name() == "PeterNeumann");
  CHECK(HexEncode(key.key_hash()) == "c74f20a3");
  CHECK(key.ToText() == kPeterKey);
  const absl::StatusOr<NoteVerifier> made = NoteVerifier::Make("PeterNeumann", key.key());
  REQUIRE(made.ok());
  CHECK(made->ToText() == kPeterKey);
}

TEST_CASE("a mangled verifier key is refused", "[ledger][note]") {
  const std::string text(kPeterKey);
  for (size_t begin = 0; begin <= text.size(); ++begin) {
    for (size_t size = 0; begin + size <= text.size(); ++size) {
      if (size == text.size()) continue;
      REQUIRE_FALSE(NoteVerifier::Parse(text.substr(begin, size)).ok());
    }
  }
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    ++changed[i];
    CAPTURE(changed);
    REQUIRE_FALSE(NoteVerifier::Parse(changed).ok());
  }
  // Too long, and of an unknown type, each with the hash that belongs to it.
  CHECK_FALSE(NoteVerifier::Parse(
                  "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==")
                  .ok());
  CHECK_FALSE(
      NoteVerifier::Parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
          .ok());
}

TEST_CASE("a key's name is visible ASCII without a plus", "[ledger][note]") {
  const Ed25519PublicKey key = TestSigner().public_key();
  CHECK(NoteVerifier::Make("acme.leasehold/00c0ffee", key).ok());
  for (const std::string_view name : {"", "a b", "a+b", "a\n", "caf\xc3\xa9", "a\x7f"}) {
    CAPTURE(name);
    CHECK(ReasonOf(NoteVerifier::Make(name, key).status()) == Reason::kInvalidArgument);
  }
}

TEST_CASE("a signed note is the one that others make", "[ledger][note]") {
  std::string bytes;
  REQUIRE(Base64Decode(kPeterBase64, &bytes));
  Ed25519Signature signature;
  std::copy(bytes.begin() + 4, bytes.end(), signature.begin());
  const absl::StatusOr<std::string> note = SignNote(kText, Key(kPeterKey), [&](ByteView message) {
    CHECK(AsText(message) == kText);
    return signature;
  });
  REQUIRE(note.ok());
  CHECK(*note == kText + "\n" + kPeterLine);
}

TEST_CASE("a note opens with a key that signed it", "[ledger][note]") {
  const std::string note = kText + "\n" + kPeterLine + kEnochLine;
  for (const std::string_view key : {kPeterKey, kEnochKey}) {
    const absl::StatusOr<std::string> text = OpenNote(note, Key(key));
    REQUIRE(text.ok());
    CHECK(*text == kText);
  }
  CHECK(OpenNote(kText + "\n" + kPeterLine + kPeterLine, Key(kPeterKey)).ok());
}

TEST_CASE("a note without a good signature by the key is a violation", "[ledger][note]") {
  const NoteVerifier peter = Key(kPeterKey);
  std::string other_hash = kPeterLine;
  other_hash.replace(other_hash.find("x08g"), 4, "xxxx");
  std::string changed = kPeterLine;
  changed.replace(changed.find("ZJku"), 4, "ZJkv");
  std::string longer = kPeterLine;
  longer.insert(60, "ABCD");
  struct Row {
    std::string why;
    std::string note;
  };
  const std::vector<Row> rows = {
      {"another key's", kText + "\n" + kEnochLine},
      {"another key of the same name", kText + "\n" + other_hash},
      {"a changed signature", kText + "\n" + changed},
      {"a longer signature", kText + "\n" + longer},
      {"one good, one changed", kText + "\n" + kPeterLine + changed},
      {"another text", "x" + kText + "\n" + kPeterLine},
      {"a line less", kText.substr(kText.find('\n') + 1) + "\n" + kPeterLine},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(ReasonOf(OpenNote(row.note, peter).status()) == Reason::kLedgerViolation);
  }
}

TEST_CASE("what is no note is refused before anything is verified", "[ledger][note]") {
  const NoteVerifier peter = Key(kPeterKey);
  const std::vector<std::string> notes = {
      "",
      "\n\n",
      kText,
      kText + "\n",
      kText + kPeterLine,
      "\n\n" + kPeterLine,
      kText + "\n" + kPeterLine.substr(0, kPeterLine.size() - 1),
      kText + "\n" + kPeterLine + "Unexpected line.\n",
      kText + "\n" + kPeterLine + "\n",
      "\x01" + kText + "\n" + kPeterLine,
      "\xff" + kText + "\n" + kPeterLine,
      kText + "\n- PeterNeumann " + kPeterBase64 + "\n",
      kText + "\n— " + kPeterBase64 + "\n",
      kText + "\n— Peter Neumann " + kPeterBase64 + "\n",
      kText + "\n— Peter+Neumann " + kPeterBase64 + "\n",
      kText + "\n— Peter\xff " + kPeterBase64 + "\n",
      kText + "\n— PeterNeumann " + kPeterBase64 + " \n",
      kText + "\n— PeterNeumann x08gow==\n",  // a key hash alone
  };
  for (const std::string& note : notes) {
    CAPTURE(note.substr(0, 300));
    CHECK(ReasonOf(OpenNote(note, peter).status()) == Reason::kInvalidArgument);
  }
}

TEST_CASE("what was signed here opens here", "[ledger][note]") {
  const TestSigner signer;
  const absl::StatusOr<NoteVerifier> key = NoteVerifier::Make("log", signer.public_key());
  REQUIRE(key.ok());
  for (const std::string text : {"hi\n", "a\n\nb\n", "\n x \n", "\xc3\xa8 sera\n"}) {
    CAPTURE(text);
    const absl::StatusOr<std::string> note = SignNote(text, *key, signer.AsNoteSigner());
    REQUIRE(note.ok());
    const absl::StatusOr<std::string> opened = OpenNote(*note, *key);
    REQUIRE(opened.ok());
    CHECK(*opened == text);
  }
  for (const std::string text : {"", "\n", "no newline", "a\tb\n", "\xff\n"}) {
    CAPTURE(text);
    const absl::StatusOr<std::string> note = SignNote(text, *key, signer.AsNoteSigner());
    CHECK(ReasonOf(note.status()) == Reason::kInvalidArgument);
  }
}

TEST_CASE("a note has a largest size, signed or not", "[ledger][note]") {
  const TestSigner signer;
  const absl::StatusOr<NoteVerifier> key = NoteVerifier::Make("log", signer.public_key());
  REQUIRE(key.ok());
  std::string text;
  while (text.size() < kNoteBytesMax - 200) text += "a line\n";
  const absl::StatusOr<std::string> fits = SignNote(text, *key, signer.AsNoteSigner());
  REQUIRE(fits.ok());
  CHECK(OpenNote(*fits, *key).ok());
  while (text.size() < kNoteBytesMax) text += "a line\n";
  const absl::StatusOr<std::string> too_large = SignNote(text, *key, signer.AsNoteSigner());
  REQUIRE(too_large.ok());
  CHECK(ReasonOf(OpenNote(*too_large, *key).status()) == Reason::kInvalidArgument);
}

TEST_CASE("a note is not signed by the wrong key or by none", "[ledger][note]") {
  const TestSigner signer;
  const absl::StatusOr<NoteVerifier> key = NoteVerifier::Make("log", signer.public_key());
  REQUIRE(key.ok());
  CHECK(ReasonOf(SignNote("hi\n", *key, TestSigner().AsNoteSigner()).status()) ==
        Reason::kInternal);
  const NoteSigner sealed = [](ByteView) { return Error(Reason::kSealed, "sealed"); };
  CHECK(ReasonOf(SignNote("hi\n", *key, sealed).status()) == Reason::kSealed);
}

}  // namespace
}  // namespace leasehold
