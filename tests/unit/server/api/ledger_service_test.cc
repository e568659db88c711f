#include "server/api/ledger_service.h"

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "server/api/entry_page.h"
#include "server/base/status.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/entities.h"
#include "server/ledger/checkpoint.h"
#include "server/ledger/commitment.h"
#include "server/ledger/entry_codec.h"
#include "server/ledger/merkle_log.h"
#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

using Stub = v1::LedgerService::Stub;

// Two agents; `a` leases, reads, and is refused a write; `b` is refused a lease of an unknown
// secret.
class LedgerWorld : public ApiWorld {
 public:
  LedgerWorld() {
    CreateSecret("secrets/github/pat");
    AddVersion("secrets/github/pat");
    CreateTarget("targets/github", "github/*");
    CreateAgent("agents/a");
    CreateAgent("agents/b");
    token_a = IssueToken("agents/a").token();
    token_b = IssueToken("agents/b").token();
    Apply({ReadPolicy("reads", "github")});
    auto lease = Acquire(token_a, "secrets/github/pat");
    REQUIRE(lease.status.error_message() == "");
    lease_name = lease.response.lease().name();
    lease_token = lease.response.token();
    REQUIRE(Use(token_a, lease_token, "targets/github").response.allowed());
    REQUIRE_FALSE(Use(token_a, lease_token, "targets/github", "DELETE").response.allowed());
    REQUIRE_FALSE(Acquire(token_b, "secrets/nothing").status.ok());
  }

  std::vector<v1::LedgerEntry> All(v1::ListEntriesRequest request, int page_size = 7) {
    request.set_page_size(page_size);
    std::vector<v1::LedgerEntry> entries;
    for (pages = 0; pages < 10'000; ++pages) {
      auto answer = Ask(*ledger, &Stub::ListEntries, request);
      REQUIRE(answer.status.error_message() == "");
      REQUIRE(answer.response.entries_size() <= page_size);
      for (const v1::LedgerEntry& entry : answer.response.entries()) {
        entries.push_back(entry);
      }
      request.set_page_token(answer.response.next_page_token());
      if (request.page_token().empty()) {
        break;
      }
    }
    return entries;
  }

  // Entries that nobody asks for, so that what comes after stands in another block.
  void Fill(int entries) {
    Append([this, entries](Transaction& tx) { DefineTexts(tx, entries); });
  }
  void DefineTexts(Transaction& tx, int texts) {
    for (int i = 0; i < texts; ++i) {
      tx.DefineText(ledger::v1::TEXT_KIND_RUN, "run-" + std::to_string(++runs));
    }
  }

  int runs = 0;
  int pages = 0;  // that the last All() took, less one
  std::string token_a;
  std::string token_b;
  std::string lease_name;
  std::string lease_token;
};

TEST_CASE("pages hold every entry once, in either order, with names and leaf hashes") {
  LedgerWorld world;
  std::vector<v1::LedgerEntry> up = world.All({});
  v1::ListEntriesRequest descending;
  descending.set_descending(true);
  std::vector<v1::LedgerEntry> down = world.All(descending);
  REQUIRE(up.size() == down.size());
  Sha256 sha;
  for (size_t i = 0; i < up.size(); ++i) {
    CHECK(up[i].index() == i);
    CHECK(down[up.size() - 1 - i].index() == i);
    CHECK(up[i].leaf_hash() == HexEncode(LeafHash(sha, AsBytes(up[i].raw()))));
    CHECK_FALSE(up[i].summary().empty());
  }
  CHECK(up[0].kind() == "log_created");
}

TEST_CASE("a refusal is called a write only where its target is declared") {
  LedgerWorld world;
  REQUIRE_FALSE(world.Use(world.token_a, world.lease_token, "targets/githib").response.allowed());
  std::multiset<std::string> refusals;
  for (const v1::LedgerEntry& entry : world.All({})) {
    if (entry.kind() == "use" && entry.summary().find("refused") != std::string::npos) {
      refusals.insert(entry.summary().substr(0, entry.summary().find(',')));
    }
  }
  CHECK(refusals == std::multiset<std::string>{"refused", "write refused"});
}

TEST_CASE("filters give what looking at every entry gives, over several blocks") {
  LedgerWorld world;
  world.Fill(1500);
  REQUIRE(world.Use(world.token_a, world.lease_token, "targets/github").response.allowed());
  world.Fill(1500);
  world.Use(world.token_a, world.lease_token, "targets/github", "DELETE");
  const std::vector<v1::LedgerEntry> all = world.All({}, 1000);
  REQUIRE(all.size() > 2 * BlockSummary::kBlockEntries);
  struct Row {
    const char* what;
    std::function<void(v1::ListEntriesRequest&)> set;
    std::function<bool(const v1::LedgerEntry&)> passes;
    bool empty = false;
  };
  const Row rows[] = {
      {"kind", [](auto& r) { r.add_kinds("use"); },
       [](const auto& e) { return e.kind() == "use"; }},
      {"two kinds",
       [](auto& r) {
         r.add_kinds("use");
         r.add_kinds("lease_issued");
       },
       [](const auto& e) { return e.kind() == "use" || e.kind() == "lease_issued"; }},
      {"agent", [](auto& r) { r.set_agent("agents/a"); },
       [](const auto& e) { return e.agent() == "agents/a"; }},
      {"secret", [](auto& r) { r.set_secret("secrets/github/pat"); },
       [](const auto& e) { return e.secret() == "secrets/github/pat"; }},
      {"workflow", [](auto& r) { r.set_workflow("workflows/triage"); },
       [](const auto& e) { return e.workflow() == "workflows/triage"; }},
      {"target and denied",
       [](auto& r) {
         r.set_target("targets/github");
         r.set_denied_only(true);
       },
       [](const auto& e) {
         return e.destination() == "targets/github" && e.verdict() == "denied";
       }},
      {"lease", [&](auto& r) { r.set_lease(world.lease_name); },
       [&](const auto& e) { return e.lease() == world.lease_name; }},
      {"denied", [](auto& r) { r.set_denied_only(true); },
       [](const auto& e) { return e.verdict() == "denied"; }},
      {"a name that never was", [](auto& r) { r.set_agent("agents/never"); },
       [](const auto&) { return false; }, true},
      {"a lease of another epoch", [](auto& r) { r.set_lease("leases/00000000000000ff-1"); },
       [](const auto&) { return false; }, true},
      {"the distant past", [](auto& r) { r.mutable_end_time()->set_seconds(1000); },
       [](const auto&) { return false; }, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    v1::ListEntriesRequest request;
    row.set(request);
    std::vector<uint64_t> expected;
    for (const v1::LedgerEntry& entry : all) {
      if (row.passes(entry)) {
        expected.push_back(entry.index());
      }
    }
    CHECK(expected.empty() == row.empty);
    std::vector<uint64_t> found;
    for (const v1::LedgerEntry& entry : world.All(request, 2)) {
      found.push_back(entry.index());
    }
    CHECK(found == expected);
    request.set_descending(true);
    std::vector<uint64_t> backwards;
    for (const v1::LedgerEntry& entry : world.All(request, 2)) {
      backwards.insert(backwards.begin(), entry.index());
    }
    CHECK(backwards == expected);
  }
}

TEST_CASE("a filter that almost nothing passes gives short pages, and they go on to the end") {
  LedgerWorld world;
  // In each block something of the kind and something about the agent, but never both: the
  // summaries rule out nothing.
  Name agent = Name::Parse("a").value();
  const uint64_t blocks = kScanEntriesMax / BlockSummary::kBlockEntries + 4;
  world.Append([&](Transaction& tx) {
    for (uint64_t block = 0; block < blocks; ++block) {
      Name other = Name::Parse("other-" + std::to_string(block)).value();
      REQUIRE(CreateEntity(tx, {.principal = Principal::Server(), .name = other}).ok());
      std::array<uint8_t, 32> hash;
      RandomBytes(hash);
      REQUIRE(leasehold::IssueToken(tx, {.principal = Principal::Server(),
                                         .agent = agent,
                                         .token_hash = hash,
                                         .ttl = absl::Hours(1)})
                  .ok());
      world.DefineTexts(tx, BlockSummary::kBlockEntries - 3);
    }
  });
  v1::ListEntriesRequest request;
  request.add_kinds("entity_put");
  request.set_agent("agents/a");
  for (bool descending : {false, true}) {
    request.set_descending(descending);
    std::vector<v1::LedgerEntry> found = world.All(request);
    REQUIRE(found.size() == 1);
    CHECK(found[0].agent() == "agents/a");
    CHECK(world.pages == 1);
  }
}

TEST_CASE("a filter that is not well formed names its field") {
  LedgerWorld world;
  struct Row {
    const char* says;
    std::function<void(v1::ListEntriesRequest&)> set;
  };
  const Row rows[] = {
      {"kinds", [](auto& r) { r.add_kinds("uses"); }},
      {"agents/", [](auto& r) { r.set_agent("a"); }},
      {"secrets/", [](auto& r) { r.set_secret("agents/a"); }},
      {"workflows/", [](auto& r) { r.set_workflow("triage"); }},
      {"targets/", [](auto& r) { r.set_target("github"); }},
      {"leases/", [](auto& r) { r.set_lease("leases/1"); }},
      {"start_time", [](auto& r) { r.mutable_start_time()->set_nanos(-1); }},
      {"end_time", [](auto& r) { r.mutable_end_time()->set_seconds(-1); }},
      {"page_size", [](auto& r) { r.set_page_size(1001); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.says);
    v1::ListEntriesRequest request;
    row.set(request);
    auto answer = Ask(*world.ledger, &Stub::ListEntries, request);
    CHECK(answer.reason() == "INVALID_ARGUMENT");
    CHECK(answer.status.error_message().find(row.says) != std::string::npos);
  }
}

TEST_CASE("a page token is refused with another filter") {
  LedgerWorld world;
  v1::ListEntriesRequest request;
  request.set_page_size(1);
  auto first = Ask(*world.ledger, &Stub::ListEntries, request);
  request.set_page_token(first.response.next_page_token());
  request.set_agent("agents/a");
  CHECK(Ask(*world.ledger, &Stub::ListEntries, request).reason() == "PAGE_TOKEN_INVALID");
}

TEST_CASE("asking by a name means everything that ever had it") {
  LedgerWorld world;
  v1::DeleteAgentRequest remove;
  remove.set_name("agents/a");
  REQUIRE(Ask(*world.identity, &v1::IdentityService::Stub::DeleteAgent, remove).status.ok());
  world.CreateAgent("agents/a");
  v1::ListEntriesRequest request;
  request.set_agent("agents/a");
  std::set<std::string> kinds;
  for (const v1::LedgerEntry& entry : world.All(request)) {
    kinds.insert(entry.kind());
  }
  CHECK(kinds.contains("use"));
  CHECK(kinds.contains("entity_deleted"));
  v1::QueryUsageRequest usage;
  usage.set_agent("agents/a");
  CHECK(Ask(*world.ledger, &Stub::QueryUsage, usage).response.rows_size() == 1);
}

TEST_CASE("usage answers which agent used which credential where") {
  LedgerWorld world;
  auto answer = Ask(*world.ledger, &Stub::QueryUsage, v1::QueryUsageRequest());
  REQUIRE(answer.response.rows_size() == 2);
  const v1::UsageRow& refused = answer.response.rows(0);
  CHECK(refused.agent() == "agents/b");
  CHECK(refused.destination() == "acquire");
  CHECK(refused.denied() == 1);
  CHECK(refused.allowed() == 0);
  const v1::UsageRow& used = answer.response.rows(1);
  CHECK(used.agent() == "agents/a");
  CHECK(used.secret() == "secrets/github/pat");
  CHECK(used.workflow() == "workflows/triage");
  CHECK(used.destination() == "targets/github");
  CHECK(used.allowed() == 1);
  CHECK(used.denied() == 1);
  CHECK(used.last_denied_reason() == "POLICY_DENIED");
  CHECK(used.last_index() > 0);

  v1::QueryUsageRequest by_agent;
  by_agent.add_group_by(v1::USAGE_DIMENSION_AGENT);
  by_agent.set_page_size(1);
  auto page = Ask(*world.ledger, &Stub::QueryUsage, by_agent);
  REQUIRE(page.response.rows_size() == 1);
  CHECK(page.response.rows(0).destination().empty());
  by_agent.set_page_token(page.response.next_page_token());
  page = Ask(*world.ledger, &Stub::QueryUsage, by_agent);
  REQUIRE(page.response.rows_size() == 1);
  CHECK(page.response.rows(0).agent() == "agents/a");
  CHECK(page.response.next_page_token().empty());

  v1::QueryUsageRequest bad;
  bad.set_destination("github");
  CHECK(Ask(*world.ledger, &Stub::QueryUsage, bad).reason() == "INVALID_ARGUMENT");
  bad.Clear();
  bad.add_group_by(v1::USAGE_DIMENSION_UNSPECIFIED);
  CHECK(Ask(*world.ledger, &Stub::QueryUsage, bad).reason() == "INVALID_ARGUMENT");
}

TEST_CASE("a checkpoint opens with its key and covers what was acknowledged") {
  LedgerWorld world;
  uint64_t entries = world.All({}).size();
  auto answer = Ask(*world.ledger, &Stub::GetCheckpoint, v1::GetCheckpointRequest());
  REQUIRE(answer.status.ok());
  absl::StatusOr<NoteVerifier> key = NoteVerifier::Parse(answer.response.verifier_key());
  REQUIRE(key.ok());
  absl::StatusOr<leasehold::Checkpoint> checkpoint = OpenCheckpoint(answer.response.note(), *key);
  REQUIRE(checkpoint.ok());
  CHECK(checkpoint->head.size == entries);
  // Any authenticated caller keeps one: that is what makes clients witnesses.
  auto agents = v1::LedgerService::NewStub(world.server.tcp());
  CHECK(Ask(*agents, &Stub::GetCheckpoint, v1::GetCheckpointRequest(), world.token_a).status.ok());
}

TEST_CASE("an export holds all that its checkpoint covers") {
  LedgerWorld world;
  world.Fill(2000);  // more than wait in the stream at once
  grpc::ClientContext context;
  auto reader = world.ledger->ExportEntries(&context, v1::ExportEntriesRequest());
  std::vector<v1::ExportRecord> records;
  v1::ExportRecord record;
  while (reader->Read(&record)) {
    records.push_back(record);
  }
  REQUIRE(reader->Finish().ok());
  REQUIRE(records.size() > 3);
  REQUIRE(records.front().has_header());
  REQUIRE(records.back().has_checkpoint());
  MerkleLog log;
  std::set<std::string> body_hashes;
  uint64_t texts = 0;
  int last_kind = 0;
  for (const v1::ExportRecord& each : records) {
    if (each.has_entry()) {
      CHECK(each.entry().index() == log.size());
      log.Append(AsBytes(each.entry().raw()));
      ledger::v1::Entry entry = DecodeEntry(AsBytes(each.entry().raw())).value();
      if (entry.has_entity_put()) {
        CHECK(body_hashes.contains(entry.entity_put().body_hash()));
      }
      if (entry.has_text_defined()) {
        CHECK(entry.text_defined().id() <= texts);
      }
    } else if (each.has_body()) {
      body_hashes.insert(std::string(AsText(Sha256Of(AsBytes(each.body().body())))));
    } else if (each.has_text()) {
      CHECK(each.text().id() == ++texts);
    }
    // Header, texts, bodies, entries, snapshot rows, checkpoint: the order of the oneof.
    CHECK(each.record_case() >= last_kind);
    last_kind = each.record_case();
  }
  CHECK(records.front().header().tree_size() == log.size());
  NoteVerifier key = NoteVerifier::Parse(records.back().checkpoint().verifier_key()).value();
  leasehold::Checkpoint checkpoint =
      OpenCheckpoint(records.back().checkpoint().note(), key).value();
  CHECK(checkpoint.head == log.Head());
}

TEST_CASE("an export whose caller goes away ends, and the next one works") {
  LedgerWorld world;
  for (int i = 0; i < 4; ++i) {
    grpc::ClientContext context;
    auto reader = world.ledger->ExportEntries(&context, v1::ExportEntriesRequest());
    v1::ExportRecord record;
    if (!reader->Read(&record)) FAIL(reader->Finish().error_message());
    context.TryCancel();
    CHECK_FALSE(reader->Finish().ok());
  }
  grpc::ClientContext context;
  auto reader = world.ledger->ExportEntries(&context, v1::ExportEntriesRequest());
  v1::ExportRecord record;
  while (reader->Read(&record)) {
  }
  CHECK(reader->Finish().ok());
}

}  // namespace
}  // namespace leasehold
