#include "server/ledger/verify/side_rows.h"

#include <algorithm>
#include <utility>

#include "server/base/str_cat.h"
#include "server/ledger/commitment.h"

namespace leasehold {

void SideRows::AddText(TextRow row, Findings& findings) {
  const uint64_t expected = texts_.size() + 1;
  if (row.id.value() < expected) {
    findings.AddViolation(StrCat("text ", row.id.value(), " is there twice"));
    return;
  }
  // Not one by one: an id may be any number.
  if (row.id.value() > expected) {
    findings.AddViolation(
        StrCat("text ", expected, " is missing: the next one is text ", row.id.value()));
    return;
  }
  texts_.push_back(std::move(row));
}

void SideRows::AddBody(std::string body) {
  const Hash hash = Sha256Of(AsBytes(body));
  bodies_.emplace(hash, std::move(body));
}

Objection SideRows::CheckDefined(uint64_t index, const ledger::v1::TextDefined& defined) {
  ++defined_;
  const TextRow* row = Find(defined.id());
  if (row == nullptr)
    return {.what = StrCat("text ", defined.id(), ", which it defines, is missing")};
  if (row->kind != defined.kind()) {
    return {.what = StrCat("text ", defined.id(), ", which it defines, has another kind")};
  }
  if (row->salt.empty() && row->text.empty()) {
    blank_[defined.id()] = index;
    return {};
  }
  if (!TextCommitmentHolds(defined.commitment(), row->salt, row->kind, row->text)) {
    return {.what = StrCat("text ", defined.id(), " is not the one that it defines")};
  }
  return {};
}

Objection SideRows::CheckErased(const ledger::v1::TextErased& erased) {
  erased_.insert(erased.id());
  if (blank_.contains(erased.id())) return {};
  return {.what = StrCat("text ", erased.id(), ", which it erases, is still there")};
}

void SideRows::CheckRest(Findings& findings) const {
  if (texts_.size() > defined_) {
    findings.AddViolation(StrCat("text ", defined_ + 1, " was never defined by an entry"));
  }
  std::vector<std::pair<uint64_t, uint64_t>> unexplained;
  for (const auto& [id, index] : blank_) {
    if (!erased_.contains(id)) unexplained.emplace_back(index, id);
  }
  std::sort(unexplained.begin(), unexplained.end());
  for (const auto& [index, id] : unexplained) {
    findings.AddViolation(
        index, StrCat("text ", id, ", which it defines, was erased, and no entry says so"));
  }
}

std::string_view SideRows::Text(TextId id) {
  const TextRow* row = Find(id.value());
  return row == nullptr ? std::string_view() : std::string_view(row->text);
}

std::optional<std::string_view> SideRows::Body(const Hash& hash) {
  const auto it = bodies_.find(hash);
  if (it == bodies_.end()) return std::nullopt;
  return it->second;
}

}  // namespace leasehold
