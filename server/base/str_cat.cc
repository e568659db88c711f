#include "server/base/str_cat.h"

#include <cstddef>

namespace leasehold::str_cat_internal {

void AppendPieces(std::string* out, std::span<const std::string_view> pieces) {
  size_t size = out->size();
  for (const std::string_view piece : pieces) size += piece.size();
  out->reserve(size);
  for (const std::string_view piece : pieces) out->append(piece);
}

}  // namespace leasehold::str_cat_internal
