#include "client/files/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <cstdint>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// yaml-cpp tells of what it meets and can be stopped only by an exception; this one, and the
// library's own, end in ParseYaml.
struct Refusal {
  int line;
  int column;
  std::string sentence;
};

[[noreturn]] void Refuse(const YamlNode& node, std::string_view sentence) {
  throw Refusal{node.line, node.column, std::string(sentence)};
}

// Builds the tree from yaml-cpp's events; the nodes above the current one lie on a stack.
class TreeBuilder : public YAML::EventHandler {
 public:
  // The document's root, once it has ended.
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(NewNode(YamlNode::Kind::kNull, mark, "", anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(NewNode(YamlNode::Kind::kNull, mark, "", 0),
           "an alias is refused; write out what it stands for");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = NewNode(YamlNode::Kind::kScalar, mark, tag, anchor);
    node.text = value;
    Add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(NewNode(YamlNode::Kind::kList, mark, tag, anchor));
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(NewNode(YamlNode::Kind::kMap, mark, tag, anchor));
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or map that has not ended yet.
  struct Level {
    YamlNode node;
    bool has_key = false;
    YamlNode key;
    std::unordered_set<std::string> keys;
  };

  YamlNode NewNode(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
                   YAML::anchor_t anchor) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    if (anchor != YAML::NullAnchor) Refuse(node, "an anchor is refused; no alias may use it");
    // yaml-cpp itself gives "?" to what has no tag and "!" to what is quoted.
    if (!tag.empty() && tag != "?" && tag != "!") Refuse(node, "a tag is refused; leave it out");
    if (++nodes_ > kYamlNodesMax) Refuse(node, "the file has more than 1000000 values up to here");
    static_assert(kYamlNodesMax == 1'000'000, "the sentence above says it");
    return node;
  }

  void Open(YamlNode node) {
    if (levels_.size() == kYamlDepthMax) Refuse(node, "this is nested deeper than 32 levels");
    static_assert(kYamlDepthMax == 32, "the sentence above says it");
    levels_.push_back(Level{std::move(node), false, {}, {}});
  }

  void Close() {
    LEASEHOLD_CHECK(!levels_.empty());
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == YamlNode::Kind::kList) {
      level.node.items.push_back(std::move(node));
    } else if (level.has_key) {
      level.has_key = false;
      level.node.entries.push_back({std::move(level.key), std::move(node)});
    } else {
      if (node.kind != YamlNode::Kind::kScalar) Refuse(node, "a key is not a plain word");
      if (!level.keys.insert(node.text).second) {
        Refuse(node, StrCat("key ", YamlQuoted(node.text), " stands here twice"));
      }
      level.has_key = true;
      level.key = std::move(node);
    }
  }

  YamlNode root_;
  std::vector<Level> levels_;
  size_t nodes_ = 0;
};

// The number of bytes of the character at the front of `text` by RFC 3629, or 0.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  // Overlong forms, surrogates and what lies above U+10FFFF show in the second byte.
  const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return size;
}

// What yaml-cpp would let pass or repair without a word.
absl::Status CheckCharacters(std::string_view text) {
  YamlNode place;
  bool indenting = true;
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    if (size == 0) return YamlErrorAt(place, "this is not UTF-8");
    const char c = text[0];
    const bool control = (c >= 0 && c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f ||
                         (text.starts_with('\xc2') && static_cast<uint8_t>(text[1]) < 0xa0);
    if (control) return YamlErrorAt(place, "this is a control character");
    if (c == '\t' && indenting) return YamlErrorAt(place, "a tab indents; use blanks");
    text.remove_prefix(size);
    indenting = c == '\n' || (indenting && c == ' ');
    place.line += c == '\n' ? 1 : 0;
    place.column = c == '\n' ? 1 : place.column + 1;
  }
  return absl::OkStatus();
}

absl::StatusOr<YamlNode> Parse(std::string_view text) {
  // yaml-cpp takes the end of the file for the end of a quoted text; a document's end it refuses
  // there, so that a file that was cut off is not half a file.
  std::string ended(text);
  if (!ended.empty() && ended.back() != '\n') ended += '\n';
  ended += "...\n";
  std::istringstream stream(std::move(ended));
  YAML::Parser parser(stream);
  TreeBuilder builder;
  if (!parser.HandleNextDocument(builder)) return YamlNode();
  YamlNode root = builder.TakeRoot();
  TreeBuilder second;
  if (parser.HandleNextDocument(second)) {
    return YamlErrorAt(second.TakeRoot(), "a second document starts; write one a file");
  }
  return root;
}

}  // namespace

absl::StatusOr<YamlNode> ParseYaml(std::string_view text) {
  if (text.size() > kYamlBytesMax) return YamlErrorAt({}, "the file has more than 4 MiB");
  RETURN_IF_ERROR(CheckCharacters(text));
  try {
    return Parse(text);
  } catch (const Refusal& refusal) {
    YamlNode place;
    place.line = refusal.line;
    place.column = refusal.column;
    return YamlErrorAt(place, refusal.sentence);
  } catch (const YAML::Exception& e) {
    YamlNode place;
    if (!e.mark.is_null()) {
      place.line = e.mark.line + 1;
      place.column = e.mark.column + 1;
    }
    return YamlErrorAt(place, StrCat("this is not YAML: ", e.msg));
  }
}

absl::Status YamlErrorAt(const YamlNode& node, std::string_view sentence) {
  return Error(Reason::kInvalidArgument, StrCat(node.line, ":", node.column, ": ", sentence));
}

std::string YamlQuoted(std::string_view text) {
  constexpr size_t kShownBytesMax = 64;
  std::string out = "`";
  for (const char c : text.substr(0, kShownBytesMax)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out + (text.size() > kShownBytesMax ? "...`" : "`");
}

absl::Status InFile(std::string_view file, const absl::Status& status) {
  if (status.ok()) return status;
  return Error(ReasonOf(status), StrCat(file, ":", status.message()));
}

}  // namespace leasehold
