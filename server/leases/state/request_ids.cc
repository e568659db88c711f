#include "server/leases/state/request_ids.h"

#include <algorithm>

#include "server/base/status.h"

namespace leasehold {

std::string RequestHash(std::string_view principal, std::string_view method,
                        std::string_view request_id, std::string_view body) {
  if (request_id.empty()) {
    return {};
  }
  Sha256 sha;
  // Lengths keep "a" + "bc" apart from "ab" + "c".
  for (std::string_view part : {principal, method, request_id}) {
    uint64_t size = part.size();
    sha.Update({reinterpret_cast<const uint8_t*>(&size), sizeof size}).Update(part);
  }
  Hash scope = sha.Finish();
  Hash content = sha.Update(body).Finish();
  std::string result(AsText(ByteView(scope).first(16)));
  result.append(AsText(ByteView(content).first(16)));
  return result;
}

RequestIds::Key RequestIds::KeyOf(std::string_view request_hash) {
  Key key{};
  std::copy_n(request_hash.begin(), std::min(key.size(), request_hash.size()), key.begin());
  return key;
}

const RequestIds::Made* RequestIds::Find(std::string_view request_hash, UnixMillis now) const {
  if (request_hash.empty()) {
    return nullptr;
  }
  auto it = by_key_.find(KeyOf(request_hash));
  return it == by_key_.end() || now - it->second.time >= kKept ? nullptr : &it->second;
}

absl::StatusOr<const RequestIds::Made*> RequestIds::FindRepeated(std::string_view request_hash,
                                                                 UnixMillis now) const {
  const Made* made = Find(request_hash, now);
  if (made != nullptr &&
      std::string_view(made->request_hash).substr(16) != request_hash.substr(16)) {
    return Error(Reason::kRequestIdReused,
                 "request_id was used for another request; use a new one");
  }
  return made;
}

void RequestIds::Add(const Made& made) {
  if (made.request_hash.empty()) {
    return;
  }
  while (!order_.empty() &&
         (made.time - order_.front().time >= kKept || order_.size() >= kRequestsMax)) {
    auto it = by_key_.find(KeyOf(order_.front().request_hash));
    // A key that was used again after its time belongs to the later request.
    if (it != by_key_.end() && it->second.index == order_.front().index) {
      by_key_.erase(it);
    }
    order_.pop_front();
  }
  order_.push_back(made);
  by_key_[KeyOf(made.request_hash)] = made;
}

}  // namespace leasehold
