#include "server/base/str_cat.h"

#include <cstddef>

namespace leasehold::str_cat_internal {

void AppendPieces(std::string* out, const std::string_view* begin, const std::string_view* end) {
  size_t size = out->size();
  for (const std::string_view* piece = begin; piece != end; ++piece) size += piece->size();
  out->reserve(size);
  for (const std::string_view* piece = begin; piece != end; ++piece) out->append(*piece);
}

}  // namespace leasehold::str_cat_internal
