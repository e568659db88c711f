// Reading a snapshot back; the other half of snapshot.cc.

#include <algorithm>
#include <deque>
#include <vector>

#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/snapshot.h"
#include "server/leases/state/snapshot_rows.h"
#include "server/policy/compiled_target.h"

namespace leasehold {
namespace {

absl::Status Damaged(std::string_view what) {
  return Error(Reason::kStoreDamaged,
               StrCat("the snapshot does not agree with itself: ", what,
                      "; run `leasehold ledger verify` on it and restore a backup"));
}

// What a table says of its bytes, with what to do about it.
absl::Status Explained(const absl::Status& loaded) {
  return loaded.ok() ? loaded : Damaged(std::string(loaded.message()));
}

uint64_t KeyNumber(std::string_view key) {
  uint64_t number = 0;
  for (char c : key.substr(0, 8)) {
    number = number << 8 | static_cast<uint8_t>(c);
  }
  return number;
}

using Rows = std::map<std::string, std::vector<SnapshotRow>>;

// Calls `take` with each row of `section`, parsed.
template <typename Proto, typename Take>
absl::Status ForEach(const Rows& rows, const std::string& section, Take take) {
  auto it = rows.find(section);
  if (it == rows.end()) {
    return absl::OkStatus();
  }
  for (const SnapshotRow& row : it->second) {
    Proto proto;
    if (!proto.ParseFromString(row.body) || !take(proto)) {
      return Damaged(StrCat("a row of ", section, " makes no sense"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

// Fills one State, table by table.
class StateLoader {
 public:
  StateLoader(StoreView& view, State& state) : view_(view), state_(state) {}

  absl::Status LoadTexts(uint64_t last, std::string_view digest) {
    TextTable& texts = state_.texts_;
    RETURN_IF_ERROR(view_.ReadTexts([&](const TextRow& row) -> absl::Status {
      if (row.id.value() > last) {
        return absl::OkStatus();  // defined after the snapshot; replayed
      }
      if (row.id != texts.next()) {
        return Damaged(StrCat("text ", texts.next().value(), " is missing"));
      }
      texts.Add(static_cast<ledger::v1::TextKind>(row.kind), row.text);
      return absl::OkStatus();
    }));
    return AsText(texts.digest()) == digest ? absl::OkStatus()
                                            : Damaged("a name or text beside it was changed");
  }

  absl::Status LoadEntities(const Rows& rows) {
    absl::Status inner;
    RETURN_IF_ERROR(
        ForEach<ledger::v1::EntityRow>(rows, "entities", [&](const ledger::v1::EntityRow& row) {
          Entity entity;
          if (!FromRow(row, &entity) || entity.uid != state_.entities_.next()) {
            return false;
          }
          inner.Update(LoadBody(entity));
          if (inner.ok()) {
            state_.entities_.Put(std::move(entity));
          }
          return inner.ok();
        }));
    return inner;
  }

  absl::Status LoadPolicies(const Rows& rows) {
    PolicyRevisionInfo info;
    std::vector<PolicyRevisionInfo> all;
    RETURN_IF_ERROR(
        ForEach<ledger::v1::PolicyRow>(rows, "policies", [&](const ledger::v1::PolicyRow& row) {
          bool ok = FromRow(row, &info) && info.revision.value() == all.size() + 1;
          all.push_back(info);
          return ok;
        }));
    for (const PolicyRevisionInfo& revision : all) {
      std::shared_ptr<const CompiledPolicies> compiled;
      if (revision.revision.value() == all.size()) {
        ASSIGN_OR_RETURN(compiled, CompileSet(revision));
      }
      state_.policies_.Apply(revision, std::move(compiled));
    }
    return absl::OkStatus();
  }

  absl::Status LoadRevocations(const Rows& rows) {
    RETURN_IF_ERROR(ForEach<ledger::v1::RevocationRow>(
        rows, "watermarks", [&](const ledger::v1::RevocationRow& row) {
          return row.number() == 0 && FromRow(row, &state_.own_revocations_.emplace_back());
        }));
    RETURN_IF_ERROR(ForEach<ledger::v1::RevocationRow>(
        rows, "revocations", [&](const ledger::v1::RevocationRow& row) {
          return FromRow(row, &state_.revocations_.emplace_back()) &&
                 row.number() == state_.revocations_.size();
        }));
    // The marks follow from them, raised in the order of the ledger.
    std::vector<const Revocation*> all;
    for (const auto* revocations : {&state_.own_revocations_, &state_.revocations_}) {
      for (const Revocation& revocation : *revocations) {
        all.push_back(&revocation);
      }
    }
    std::sort(all.begin(), all.end(),
              [](const Revocation* a, const Revocation* b) { return a->index < b->index; });
    for (const Revocation* revocation : all) {
      state_.watermarks_.Raise(*revocation);
    }
    return absl::OkStatus();
  }

  absl::Status LoadSmall(const Rows& rows) {
    RETURN_IF_ERROR(LoadRevocations(rows));
    RETURN_IF_ERROR(
        ForEach<ledger::v1::HoldRow>(rows, "holds", [&](const ledger::v1::HoldRow& row) {
          Hold hold;
          bool ok = FromRow(row, &hold);
          state_.holds_.Set(hold);
          return ok;
        }));
    RETURN_IF_ERROR(ForEach<ledger::v1::CredentialRow>(
        rows, "credentials", [&](const ledger::v1::CredentialRow& row) {
          Credential credential;
          bool ok = FromRow(row, &credential) && credential.id == state_.credentials_.next();
          state_.credentials_.Add(credential);
          return ok;
        }));
    RETURN_IF_ERROR(ForEach<ledger::v1::OperatorRow>(
        rows, "operators", [&](const ledger::v1::OperatorRow& row) {
          state_.operators_.Set(TextId(row.principal()), static_cast<Role>(row.role()));
          return row.role() <= static_cast<uint32_t>(Role::kAuditor);
        }));
    RETURN_IF_ERROR(ForEach<ledger::v1::VersionInfoRow>(
        rows, "versions", [&](const ledger::v1::VersionInfoRow& row) {
          VersionInfo version;
          EntityUid secret(row.secret());
          bool ok = FromRow(row, &version) && version.number == state_.versions_.next(secret);
          state_.versions_.Add(secret, version);
          return ok;
        }));
    RETURN_IF_ERROR(
        ForEach<ledger::v1::KeyChangeRow>(rows, "keys", [&](const ledger::v1::KeyChangeRow& row) {
          KeyChange change;
          bool ok = FromRow(row, &change) && change.number == state_.keys_.current(change.cls) + 1;
          if (ok) {
            state_.keys_.Add(std::move(change));
          }
          return ok;
        }));
    return ForEach<ledger::v1::RequestRow>(rows, "requests",
                                           [&](const ledger::v1::RequestRow& row) {
                                             state_.requests_.Add(FromRow(row));
                                             return true;
                                           });
  }

  absl::Status LoadMeta(const ledger::v1::MetaRow& meta, uint64_t through) {
    state_.size_ = through;
    state_.log_ = LogId(meta.log());
    for (const ledger::v1::EpochRow& row : meta.epochs()) {
      state_.epochs_.push_back(
          {Epoch(row.epoch()), UnixMillis(row.start_ms()), LogIndex(row.first_index())});
    }
    state_.origin_ = meta.origin();
    state_.checkpoint_key_ = meta.checkpoint_key();
    state_.last_time_ = UnixMillis(meta.last_time_ms());
    state_.last_backup_ = UnixMillis(meta.last_backup_ms());
    state_.earlier_epochs_through_ = LeaseNumber(meta.ended_through());
    state_.credentials_.EndThrough(CredentialId(meta.credentials_ended_through()));
    if (meta.identity_rules().size() == state_.identity_rules_.size()) {
      std::copy(meta.identity_rules().begin(), meta.identity_rules().end(),
                state_.identity_rules_.begin());
    }
    return meta.epochs().empty() ? Damaged("it names no epoch") : absl::OkStatus();
  }

  absl::Status LoadRates(const Rows& rows) {
    std::vector<RateCounter> counters;
    RETURN_IF_ERROR(
        ForEach<ledger::v1::RatePart>(rows, "rates", [&](const ledger::v1::RatePart& part) {
          return std::all_of(part.counters().begin(), part.counters().end(),
                             [&](const ledger::v1::RateCounterRow& row) {
                               return FromRow(row, &counters.emplace_back());
                             });
        }));
    return state_.rates_.Restore(std::move(counters))
               ? absl::OkStatus()
               : Damaged("a counter of a rate window makes no sense");
  }

  absl::Status LoadApprovals(const Rows& rows, uint64_t last) {
    std::vector<Approval> approvals;
    RETURN_IF_ERROR(ForEach<ledger::v1::ApprovalRow>(
        rows, "approvals", [&](const ledger::v1::ApprovalRow& row) {
          return FromRow(row, &approvals.emplace_back());
        }));
    return state_.approvals_.Restore(std::move(approvals), last)
               ? absl::OkStatus()
               : Damaged("the numbers of approvals make no sense");
  }

  // Of those that may still be active, and all that were delegated.
  void FileLeases() {
    for (uint64_t number = 1; number <= state_.leases_.count(); ++number) {
      const Lease& lease = *state_.leases_.Find(LeaseNumber(number));
      const bool may_be_active = !lease.released && lease.expire_time > state_.last_time_;
      if (may_be_active || !lease.terms->parent.empty()) state_.FileLease(lease);
    }
  }

  LeaseTable& leases() { return state_.leases_; }
  UsageMap& usage() { return state_.usage_; }

 private:
  absl::Status LoadBody(Entity& entity) {
    entity.name = state_.texts_.Get(entity.name_id);
    ASSIGN_OR_RETURN(std::optional<std::string> body, view_.ReadBody(entity.body_hash));
    if (!body.has_value() || Sha256Of(AsBytes(*body)) != entity.body_hash) {
      return Damaged(StrCat("the body of entity ", entity.uid.value(), " is missing"));
    }
    entity.body = *std::move(body);
    if (entity.kind == EntityKind::kTarget && !entity.deleted) {
      v1::Target target;
      if (!target.ParseFromString(entity.body)) {
        return Damaged(StrCat("the body of entity ", entity.uid.value(), " does not parse"));
      }
      ASSIGN_OR_RETURN(entity.target, CompiledTarget::Compile(target));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<const CompiledPolicies>> CompileSet(
      const PolicyRevisionInfo& info) {
    ASSIGN_OR_RETURN(std::optional<std::string> body, view_.ReadBody(info.set_hash));
    v1::PolicySet set;
    if (!body.has_value() || Sha256Of(AsBytes(*body)) != info.set_hash ||
        !set.ParseFromString(*body)) {
      return Damaged("the policy set in force is missing");
    }
    return CompiledPolicies::Compile(set, info.revision);
  }

  StoreView& view_;
  State& state_;
};

absl::StatusOr<State> StateSnapshot::Load(StoreView& view) {
  State state;
  StateLoader loader(view, state);
  Rows rows;
  ASSIGN_OR_RETURN(
      StoreView::SnapshotInfo info, view.ReadSnapshot([&](const SnapshotRow& row) -> absl::Status {
        body_hashes_[{row.section, row.key}] = Sha256Of(AsBytes(row.body));
        // The two large tables are taken as they come, the others by and by.
        if (row.section == "leases") {
          return Explained(loader.leases().LoadChunk(KeyNumber(row.key), row.body));
        }
        if (row.section == "usage") {
          return Explained(
              loader.usage().LoadBucket(static_cast<uint32_t>(KeyNumber(row.key)), row.body));
        }
        rows[row.section].push_back(row);
        return absl::OkStatus();
      }));
  if (info.through == 0) {
    return body_hashes_.empty() ? absl::StatusOr<State>(std::move(state))
                                : Damaged("it has rows and no digest");
  }
  if (Digest() != info.digest) {
    return Damaged("a row was changed, added or removed, and the digest no longer fits");
  }
  ledger::v1::MetaRow meta;
  if (rows["meta"].size() != 1 || !meta.ParseFromString(rows["meta"].front().body)) {
    return Damaged("its first row is missing");
  }
  RETURN_IF_ERROR(loader.LoadMeta(meta, info.through));
  RETURN_IF_ERROR(loader.LoadTexts(meta.last_text(), meta.texts_digest()));
  RETURN_IF_ERROR(loader.LoadEntities(rows));
  RETURN_IF_ERROR(loader.LoadPolicies(rows));
  RETURN_IF_ERROR(loader.LoadSmall(rows));
  RETURN_IF_ERROR(loader.LoadRates(rows));
  RETURN_IF_ERROR(loader.LoadApprovals(rows, meta.last_approval()));
  loader.FileLeases();
  return state;
}

}  // namespace leasehold
