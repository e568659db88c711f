#include "tests/unit/storage/whole_file.h"

#include <fstream>
#include <iterator>

#include "server/base/check.h"

namespace leasehold {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  LEASEHOLD_CHECK(in.good());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  LEASEHOLD_CHECK(out.good());
}

}  // namespace leasehold
