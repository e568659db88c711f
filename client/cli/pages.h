#ifndef LEASEHOLD_CLIENT_CLI_PAGES_H_
#define LEASEHOLD_CLIENT_CLI_PAGES_H_

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/session.h"
#include "google/protobuf/repeated_field.h"
#include "server/base/status.h"

namespace leasehold {

// Some of a list, and whether there is more of it.
template <typename Item>
struct Listed {
  std::vector<Item> items;
  bool more = false;
};

// Fetches pages until there are `limit` items (0 = all) or no more:
//   ListAll(session, &v1::SecretService::Stub::ListSecrets, v1::ListSecretsRequest(),
//           &v1::ListSecretsResponse::secrets)
template <typename Stub, typename Request, typename Response, typename Item>
absl::StatusOr<Listed<Item>> ListAll(
    Session& session, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
    Request request, const google::protobuf::RepeatedPtrField<Item>& (Response::*items)() const,
    size_t limit = 0) {
  constexpr size_t kPageSizeMax = 1000;  // The API's.
  Listed<Item> listed;
  for (;;) {
    const size_t missing = limit == 0 ? kPageSizeMax : limit - listed.items.size();
    request.set_page_size(static_cast<int>(std::min(missing, kPageSizeMax)));
    ASSIGN_OR_RETURN(const Response page, session.Call(method, request));
    for (const Item& item : (page.*items)()) listed.items.push_back(item);
    if (page.next_page_token().empty()) return listed;
    listed.more = limit != 0 && listed.items.size() >= limit;
    if (listed.more) return listed;
    request.set_page_token(page.next_page_token());
  }
}

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_PAGES_H_
