#include "server/leases/state/lease_table.h"

#include <algorithm>

#include "leasehold/ledger/v1/snapshot.pb.h"
#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

void ToRow(const LeaseTerms& terms, ledger::v1::LeaseRow* row) {
  row->set_user(terms.user.value());
  row->set_parent(terms.parent.value());
  row->set_binding(static_cast<ledger::v1::Binding>(terms.binding));
  if (terms.proof.has_value()) {
    row->set_proof_hash(std::string(AsText(*terms.proof)));
  }
  row->set_use_limit(terms.use_limit);
  if (terms.narrowing.has_value()) {
    row->set_narrowing_hash(std::string(AsText(terms.narrowing_hash)));
    for (EntityUid target : terms.narrowing->targets) {
      row->mutable_narrowing()->add_targets(target.value());
    }
    row->mutable_narrowing()->set_reads_only(terms.narrowing->reads_only);
  }
  row->set_approval(terms.approval);
  for (EntityUid group : terms.groups) {
    row->add_groups(group.value());
  }
  for (EntityUid group : terms.claimed_groups) {
    row->add_claimed_groups(group.value());
  }
}

void ToRow(const Lease& lease, ledger::v1::LeaseRow* row) {
  row->set_issue_index(lease.issue_index.value());
  row->set_agent(lease.agent.value());
  row->set_secret(lease.secret.value());
  row->set_version(lease.version.value());
  row->set_workflow(lease.workflow.value());
  row->set_policy(lease.policy.value());
  row->set_run(lease.run.value());
  row->set_credential(lease.credential.value());
  row->set_revision(lease.revision.value());
  row->set_issue_ms(lease.issue_time.value());
  row->set_expire_ms(lease.expire_time.value());
  row->set_max_expire_ms(lease.max_expire_time.value());
  row->set_allowed_uses(lease.allowed_uses);
  row->set_denied_uses(lease.denied_uses);
  row->set_follows_latest(lease.follows_latest);
  row->set_delivery(static_cast<ledger::v1::Delivery>(lease.delivery));
  row->set_released(lease.released);
  row->set_epoch_ordinal(lease.epoch_ordinal);
  row->set_last_allowed_use(lease.last_allowed_use.value());
  row->set_listed_by(lease.listed_by);
  ToRow(*lease.terms, row);
}

bool ToHash(const std::string& bytes, Hash* hash) {
  if (bytes.size() != hash->size()) {
    return false;
  }
  std::copy(bytes.begin(), bytes.end(), hash->begin());
  return true;
}

// False where the row makes no sense.
bool FromRow(const ledger::v1::LeaseRow& row, LeaseTerms* terms) {
  *terms = {.user = TextId(row.user()),
            .parent = LeaseNumber(row.parent()),
            .groups = std::vector<EntityUid>(row.groups().begin(), row.groups().end()),
            .claimed_groups =
                std::vector<EntityUid>(row.claimed_groups().begin(), row.claimed_groups().end()),
            .binding = static_cast<Binding>(row.binding()),
            .use_limit = row.use_limit(),
            .approval = row.approval()};
  if (row.binding() == ledger::v1::BINDING_UNSPECIFIED) {
    terms->binding = Binding::kIdentity;  // of before a row had one
  }
  if (!row.proof_hash().empty() && !ToHash(row.proof_hash(), &terms->proof.emplace())) {
    return false;
  }
  if (row.has_narrowing()) {
    terms->narrowing = {.targets = std::vector<EntityUid>(row.narrowing().targets().begin(),
                                                          row.narrowing().targets().end()),
                        .reads_only = row.narrowing().reads_only()};
    return ToHash(row.narrowing_hash(), &terms->narrowing_hash);
  }
  return true;
}

Lease FromRow(LeaseNumber number, const ledger::v1::LeaseRow& row) {
  return Lease{.number = number,
               .issue_index = LogIndex(row.issue_index()),
               .agent = EntityUid(row.agent()),
               .secret = EntityUid(row.secret()),
               .version = VersionNumber(row.version()),
               .workflow = TextId(row.workflow()),
               .policy = TextId(row.policy()),
               .run = TextId(row.run()),
               .credential = CredentialId(row.credential()),
               .revision = PolicyRevision(row.revision()),
               .issue_time = UnixMillis(row.issue_ms()),
               .expire_time = UnixMillis(row.expire_ms()),
               .max_expire_time = UnixMillis(row.max_expire_ms()),
               .allowed_uses = row.allowed_uses(),
               .denied_uses = row.denied_uses(),
               .last_allowed_use = LogIndex(row.last_allowed_use()),
               .epoch_ordinal = row.epoch_ordinal(),
               .listed_by = row.listed_by(),
               .delivery = static_cast<Delivery>(row.delivery()),
               .follows_latest = row.follows_latest(),
               .released = row.released()};
}

}  // namespace

const Lease* LeaseTable::Find(LeaseNumber number) const {
  if (number.empty() || number.value() > count_) {
    return nullptr;
  }
  uint64_t slot = number.value() - 1;
  return &chunks_[slot / kChunkLeases]->leases[slot % kChunkLeases];
}

Lease* LeaseTable::FindMutable(LeaseNumber number) {
  if (number.empty() || number.value() > count_) {
    return nullptr;
  }
  uint64_t slot = number.value() - 1;
  Chunk& chunk = *chunks_[slot / kChunkLeases];
  chunk.dirty = true;
  return &chunk.leases[slot % kChunkLeases];
}

void LeaseTable::Add(const Lease& lease, const LeaseTerms& terms) {
  LEASEHOLD_CHECK(lease.number == next());
  uint64_t slot = count_++;
  if (slot / kChunkLeases == chunks_.size()) {
    chunks_.push_back(std::make_unique<Chunk>());
  }
  Chunk& chunk = *chunks_[slot / kChunkLeases];
  chunk.leases[slot % kChunkLeases] = lease;
  chunk.leases[slot % kChunkLeases].terms = &*terms_.insert(terms).first;
  chunk.dirty = true;
}

void LeaseTable::AddRevealed(LeaseNumber lease, VersionNumber version) {
  std::vector<VersionNumber>& versions = revealed_[lease];
  auto place = std::lower_bound(versions.begin(), versions.end(), version);
  if (place == versions.end() || *place != version) {
    versions.insert(place, version);
  }
}

std::span<const VersionNumber> LeaseTable::RevealedUnder(LeaseNumber lease) const {
  auto it = revealed_.find(lease);
  return it == revealed_.end() ? std::span<const VersionNumber>() : it->second;
}

std::vector<std::pair<uint64_t, std::string>> LeaseTable::TakeDirtyChunks() {
  std::vector<std::pair<uint64_t, std::string>> dirty;
  ledger::v1::LeaseChunk proto;
  for (uint64_t i = 0; i < chunks_.size(); ++i) {
    if (!chunks_[i]->dirty) {
      continue;
    }
    chunks_[i]->dirty = false;
    proto.Clear();
    uint64_t used = std::min(kChunkLeases, count_ - i * kChunkLeases);
    for (uint64_t slot = 0; slot < used; ++slot) {
      const Lease& lease = chunks_[i]->leases[slot];
      ledger::v1::LeaseRow* row = proto.add_leases();
      ToRow(lease, row);
      for (VersionNumber version : RevealedUnder(lease.number)) {
        row->add_revealed_versions(version.value());
      }
    }
    dirty.emplace_back(i, proto.SerializeAsString());
  }
  return dirty;
}

absl::Status LeaseTable::LoadChunk(uint64_t chunk, std::string_view bytes) {
  ledger::v1::LeaseChunk proto;
  if (chunk != chunks_.size() || count_ != chunk * kChunkLeases ||
      !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      proto.leases_size() > static_cast<int>(kChunkLeases)) {
    return Error(Reason::kStoreDamaged,
                 StrCat("lease chunk ", chunk, " is not the next or does not parse"));
  }
  LeaseTerms terms;
  for (const ledger::v1::LeaseRow& row : proto.leases()) {
    if (!FromRow(row, &terms)) {
      return Error(Reason::kStoreDamaged,
                   StrCat("lease ", next().value(), " of chunk ", chunk, " makes no sense"));
    }
    Add(FromRow(next(), row), terms);
    for (uint64_t version : row.revealed_versions()) {
      AddRevealed(LeaseNumber(count_), VersionNumber(version));
    }
  }
  chunks_.back()->dirty = false;
  return absl::OkStatus();
}

}  // namespace leasehold
