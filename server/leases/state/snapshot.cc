#include "server/leases/state/snapshot.h"

#include "server/base/str_cat.h"
#include "server/leases/state/snapshot_rows.h"
#include "server/ledger/stable_hash.h"

namespace leasehold {
namespace {

constexpr std::string_view kLeases = "leases";
constexpr std::string_view kUsage = "usage";

template <typename Proto>
SnapshotRow Row(std::string_view section, std::string key, const Proto& proto) {
  return {std::string(section), std::move(key), proto.SerializeAsString()};
}

// Of what can be held, which is one thing of a kind.
std::string SelectorKey(const Selector& selector) {
  return StrCat(std::string(1, static_cast<char>(selector.kind())), NumberKey(selector.mark().id));
}

// Few rows for many counters: a row costs more than what it holds.
std::vector<SnapshotRow> RateRows(const State& state) {
  constexpr uint64_t kParts = 64;
  std::map<uint64_t, ledger::v1::RatePart> parts;
  for (const RateCounter& counter : state.rates().LiveAt(state.last_time())) {
    const uint64_t part = StableHash(counter.key.scope ^ counter.key.rule[0]) % kParts;
    *parts[part].add_counters() = ToRow(counter);
  }
  std::vector<SnapshotRow> rows;
  for (const auto& [number, part] : parts) {
    rows.push_back(Row("rates", NumberKey(number), part));
  }
  return rows;
}

// The rows of every table that is small enough to be encoded anew each time.
std::vector<SnapshotRow> SmallRows(const State& state) {
  std::vector<SnapshotRow> rows;
  for (const Revocation& own : state.own_revocations()) {
    rows.push_back(Row("watermarks", NumberKey(own.index.value()), ToRow(own)));
  }
  for (const Revocation& revocation : state.revocations()) {
    rows.push_back(Row("revocations", NumberKey(revocation.number), ToRow(revocation)));
  }
  for (const auto& [selector, hold] : state.holds().all()) {
    rows.push_back(Row("holds", SelectorKey(selector), ToRow(hold)));
  }
  for (const auto& entity : state.entities().all()) {
    rows.push_back(Row("entities", NumberKey(entity->uid.value()), ToRow(*entity)));
  }
  for (const Credential& credential : state.credentials().all()) {
    rows.push_back(Row("credentials", NumberKey(credential.id.value()), ToRow(credential)));
  }
  for (const auto& [secret, versions] : state.versions().all()) {
    for (const VersionInfo& version : versions) {
      rows.push_back(Row("versions",
                         StrCat(NumberKey(secret.value()), NumberKey(version.number.value())),
                         ToRow(secret, version)));
    }
  }
  for (const PolicyRevisionInfo& info : state.policies().all()) {
    rows.push_back(Row("policies", NumberKey(info.revision.value()), ToRow(info)));
  }
  for (const KeyChange& change : state.keys().all()) {
    rows.push_back(Row("keys", NumberKey(change.index.value()), ToRow(change)));
  }
  for (const RequestIds::Made& made : state.requests().all()) {
    rows.push_back(Row("requests", NumberKey(made.index.value()), ToRow(made)));
  }
  for (const auto& [number, approval] : state.approvals().all()) {
    rows.push_back(Row("approvals", NumberKey(number), ToRow(approval)));
  }
  for (const auto& [principal, role] : state.operators().all()) {
    ledger::v1::OperatorRow row;
    row.set_principal(principal.value());
    row.set_role(static_cast<uint32_t>(role));
    rows.push_back(Row("operators", NumberKey(principal.value()), row));
  }
  return rows;
}

ledger::v1::MetaRow MetaOf(const State& state) {
  ledger::v1::MetaRow meta;
  meta.set_log(state.log().value());
  meta.set_origin(state.origin());
  meta.set_checkpoint_key(state.checkpoint_key());
  for (const EpochInfo& epoch : state.epochs()) {
    ledger::v1::EpochRow* row = meta.add_epochs();
    row->set_epoch(epoch.epoch.value());
    row->set_start_ms(epoch.start.value());
    row->set_first_index(epoch.first_index.value());
  }
  meta.set_last_text(state.texts().next().value() - 1);
  meta.set_texts_digest(std::string(AsText(state.texts().digest())));
  meta.set_last_time_ms(state.last_time().value());
  meta.set_last_backup_ms(state.last_backup().value());
  meta.set_ended_through(state.earlier_epochs_through().value());
  meta.set_identity_rules(std::string(AsText(state.identity_rules())));
  meta.set_credentials_ended_through(state.credentials().ended_through().value());
  meta.set_last_approval(state.approvals().next() - 1);
  return meta;
}

}  // namespace

void StateSnapshot::PutIfChanged(SnapshotRow row, SnapshotChange& change) {
  Hash hash = Sha256Of(AsBytes(row.body));
  auto [it, inserted] = body_hashes_.try_emplace({row.section, row.key}, hash);
  if (!inserted && it->second == hash) {
    return;
  }
  it->second = hash;
  change.put.push_back(std::move(row));
}

Hash StateSnapshot::Digest() const {
  Sha256 sha;
  for (const auto& [key, hash] : body_hashes_) {
    sha.Update(NumberKey(key.first.size())).Update(key.first);
    sha.Update(NumberKey(key.second.size())).Update(key.second).Update(hash);
  }
  return sha.Finish();
}

SnapshotChange StateSnapshot::Take(State& state) {
  SnapshotChange change;
  change.through = state.size();
  for (auto& [number, body] : state.leases_.TakeDirtyChunks()) {
    PutIfChanged({std::string(kLeases), NumberKey(number), std::move(body)}, change);
  }
  for (auto& [number, body] : state.usage_.TakeDirtyBuckets()) {
    PutIfChanged({std::string(kUsage), NumberKey(number), std::move(body)}, change);
  }
  std::map<RowKey, bool> present;
  auto put = [&](SnapshotRow row) {
    present[{row.section, row.key}] = true;
    PutIfChanged(std::move(row), change);
  };
  put(Row("meta", "", MetaOf(state)));
  for (SnapshotRow& row : SmallRows(state)) {
    put(std::move(row));
  }
  for (SnapshotRow& row : RateRows(state)) {
    put(std::move(row));
  }
  for (auto it = body_hashes_.begin(); it != body_hashes_.end();) {
    bool small = it->first.first != kLeases && it->first.first != kUsage;
    if (small && !present.contains(it->first)) {
      change.removed.push_back({it->first.first, it->first.second, ""});
      it = body_hashes_.erase(it);
    } else {
      ++it;
    }
  }
  change.digest = Digest();
  return change;
}

}  // namespace leasehold
