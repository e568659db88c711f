#include "server/vault/secret_access.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace leasehold {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Tests run in the repository's root.
const char* const kList = "server/vault/secret_access.h";

TEST_CASE("secret_access.h lists every reader of plaintext, and only those",
          "[vault][secret_access]") {
  const std::string list = ReadFile(kList);
  REQUIRE_FALSE(list.empty());
  std::set<std::string> listed;
  const std::regex comment("// ((?:server|storage|client)/[a-z0-9_/]+\\.(?:cc|h)) ");
  for (auto match = std::sregex_iterator(list.begin(), list.end(), comment);
       match != std::sregex_iterator(); ++match) {
    listed.insert((*match)[1]);
  }

  std::set<std::string> readers;
  for (const char* area : {"server", "storage", "client"}) {
    if (!fs::exists(area)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(area)) {
      const std::string path = entry.path().generic_string();
      const bool is_source = path.ends_with(".cc") || path.ends_with(".h");
      if (!is_source || path == kList) continue;
      if (ReadFile(path).find("SecretAccess()") != std::string::npos) readers.insert(path);
    }
  }
  CHECK(readers == listed);
}

TEST_CASE("every friend of SecretAccess stands under the file that it lives in",
          "[vault][secret_access]") {
  const std::string list = ReadFile(kList);
  const std::regex entry("// (\\S+) [^\n]*\n  friend class ([A-Za-z0-9]+);");
  size_t friends = 0;
  for (auto match = std::sregex_iterator(list.begin(), list.end(), entry);
       match != std::sregex_iterator(); ++match) {
    const std::string file = (*match)[1];
    const std::string name = (*match)[2];
    INFO(name);
    ++friends;
    if (name == "SecretAccessForTests") continue;
    // Declared in the file itself or in its header.
    const std::string header = fs::path(file).replace_extension(".h").generic_string();
    const std::string text = ReadFile(file) + ReadFile(header);
    CHECK(text.find("class " + name + " {") != std::string::npos);
  }
  const std::string friend_class = "friend class ";
  size_t declared = 0;
  for (size_t at = list.find(friend_class); at != std::string::npos;
       at = list.find(friend_class, at + 1)) {
    ++declared;
  }
  CHECK(friends == declared);
}

}  // namespace
}  // namespace leasehold
