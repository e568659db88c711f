#include "client/cli/checkpoint_store.h"

#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <memory>

#include "client/cli/terminal/cli_error.h"
#include "server/ledger/note.h"
#include "tests/unit/client/cli/run_cli.h"

namespace leasehold {
namespace {

// A server's signing key, made for the test.
class Signer {
 public:
  explicit Signer(const std::string& origin)
      : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free),
        verifier_(*NoteVerifier::Make(origin, PublicKey())) {}

  KeptCheckpoint Sign(uint64_t size, uint8_t root) const {
    Checkpoint checkpoint{.origin = verifier_.name(), .head = {.size = size, .root = {}}};
    checkpoint.head.root.fill(root);
    const auto note = SignCheckpoint(checkpoint, verifier_, [this](ByteView message) {
      return absl::StatusOr<Ed25519Signature>(SignBytes(message));
    });
    REQUIRE(note.ok());
    const auto checked = CheckNote(*note, verifier_.ToText());
    REQUIRE(checked.ok());
    return *checked;
  }

 private:
  Ed25519PublicKey PublicKey() const {
    Ed25519PublicKey key;
    size_t size = key.size();
    REQUIRE(EVP_PKEY_get_raw_public_key(key_.get(), key.data(), &size) == 1);
    return key;
  }

  Ed25519Signature SignBytes(ByteView message) const {
    Ed25519Signature signature;
    size_t size = signature.size();
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    REQUIRE(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
    REQUIRE(EVP_DigestSign(context.get(), signature.data(), &size, message.data(),
                           message.size()) == 1);
    return signature;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  NoteVerifier verifier_;
};

constexpr char kOrigin[] = "0011223344556677.leasehold/8899aabbccddeeff";

TEST_CASE("a ledger that grows is kept, and the newest checkpoint can be read back") {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path() + "/state/checkpoints");
  const Signer signer(kOrigin);
  CHECK_FALSE(store.Load(kOrigin)->has_value());
  REQUIRE(store.Keep(signer.Sign(10, 1)).ok());
  REQUIRE(store.Keep(signer.Sign(10, 1)).ok());
  const KeptCheckpoint newest = signer.Sign(12, 2);
  REQUIRE(store.Keep(newest).ok());
  const auto kept = store.Load(kOrigin);
  REQUIRE(kept.ok());
  REQUIRE(kept->has_value());
  CHECK((*kept)->note == newest.note);
  CHECK((*kept)->checkpoint == newest.checkpoint);
}

TEST_CASE("a ledger that shrank, changed or changed its key is a finding, and is not kept") {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  const Signer signer(kOrigin);
  const KeptCheckpoint good = signer.Sign(10, 1);
  REQUIRE(store.Keep(good).ok());
  const Signer stranger(kOrigin);
  for (const KeptCheckpoint& bad : {signer.Sign(9, 1), signer.Sign(10, 2), stranger.Sign(20, 3)}) {
    const absl::Status complaint = store.Keep(bad);
    CHECK(ExitStatusOf(complaint) == ExitStatus::kFindings);
    CHECK((*store.Load(kOrigin))->note == good.note);
  }
}

TEST_CASE("servers do not get into each other's way") {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  const Signer one("a.leasehold/1");
  const Signer other("a.leasehold/2");
  REQUIRE(store.Keep(one.Sign(10, 1)).ok());
  REQUIRE(store.Keep(other.Sign(3, 1)).ok());
  CHECK((*store.Load("a.leasehold/1"))->checkpoint.head.size == 10);
}

TEST_CASE("a damaged witness is reported and never replaced") {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  const Signer signer(kOrigin);
  REQUIRE(store.Keep(signer.Sign(10, 1)).ok());
  const std::string name = store.PathOf(kOrigin).substr(folder.path().size() + 1);
  for (const char* content : {"", "x", "x\ny\n"}) {
    folder.Write(name, content);
    CHECK_FALSE(store.Load(kOrigin).ok());
    CHECK(ExitStatusOf(store.Keep(signer.Sign(11, 1))) == ExitStatus::kFailure);
  }
  // One of another server under this one's name is no witness either.
  const Signer other("a.leasehold/1");
  const KeptCheckpoint stray = other.Sign(5, 1);
  folder.Write(name, stray.verifier_key + "\n" + stray.note);
  CHECK_FALSE(store.Load(kOrigin).ok());
}

TEST_CASE("a note with one changed byte is a finding") {
  const Signer signer(kOrigin);
  const KeptCheckpoint good = signer.Sign(10, 1);
  std::string note = good.note;
  note[note.find("\n10\n") + 1] = '2';
  const auto checked = CheckNote(note, good.verifier_key);
  REQUIRE_FALSE(checked.ok());
  CHECK(ExitStatusOf(checked.status()) == ExitStatus::kFindings);
}

TEST_CASE("checkpoints are kept in the user's state folder") {
  const ScopedVariable home("HOME", "/home/x");
  {
    const ScopedVariable state("XDG_STATE_HOME", "/s");
    CHECK(CheckpointStore::DefaultFolder() == "/s/leasehold/checkpoints");
  }
  const ScopedVariable none("XDG_STATE_HOME", nullptr);
  CHECK(CheckpointStore::DefaultFolder() == "/home/x/.local/state/leasehold/checkpoints");
}

}  // namespace
}  // namespace leasehold
