#include "frontend/header.h"

#include <algorithm>

#include "frontend/values.h"

namespace gsd {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view LineAt(std::string_view text, size_t begin, size_t& next) {
  const size_t newline = text.find('\n', begin);
  next = newline == std::string_view::npos ? text.size() : newline + 1;
  std::string_view line =
      text.substr(begin, (newline == std::string_view::npos ? text.size() : newline) - begin);
  while (!line.empty() && (line.back() == '\r' || IsBlank(line.back()))) line.remove_suffix(1);
  return line;
}

// `key:` at the start of a line: what tells front matter from a rule in the text.
bool BeginsWithKey(std::string_view line) {
  size_t i = 0;
  while (i < line.size() && (IsWordChar(line[i]) || line[i] == '-')) ++i;
  return i > 0 && i < line.size() && line[i] == ':' && (i + 1 == line.size() || IsBlank(line[i + 1]));
}

struct Fences {
  bool found = false;
  bool closed = true;
  size_t begin = 0, region_begin = 0, region_end = 0, end = 0;
};

// The two `---` lines. A title or a comment may stand before them; more text may not.
Fences FindFences(std::string_view text, size_t at) {
  constexpr int kLinesBefore = 12;
  Fences fences;
  size_t next = at;
  for (int i = 0; i < kLinesBefore && at < text.size(); ++i, at = next) {
    const std::string_view line = LineAt(text, at, next);
    if (line == "---") {
      size_t ignored;
      size_t key = next;
      // Comments may precede the first key.
      while (key < text.size() &&
             (LineAt(text, key, ignored).empty() || LineAt(text, key, ignored).starts_with('#'))) {
        LineAt(text, key, key);
      }
      const std::string_view first = LineAt(text, key, ignored);
      if (!BeginsWithKey(first) && first != "---") return fences;
      fences.found = true;
      fences.begin = at;
      fences.region_begin = next;
      break;
    }
    const bool allowed =
        line.empty() || line.starts_with('#') || line.starts_with("<!--") || line.starts_with("//");
    if (!allowed) return fences;
  }
  if (!fences.found) return fences;
  // Unclosed front matter ends where the body plainly begins. A heading looks like a comment of YAML, so it
  // only counts when no `---` follows.
  size_t heading = std::string_view::npos;
  for (at = fences.region_begin; at < text.size(); at = next) {
    const std::string_view line = LineAt(text, at, next);
    if (line.starts_with('<')) break;
    if (line == "---" || line == "...") {
      fences.region_end = at;
      fences.end = next;
      return fences;
    }
    if (heading == std::string_view::npos && (line.starts_with("# ") || line.starts_with("## ")))
      heading = at;
  }
  fences.closed = false;
  fences.region_end = fences.end = std::min(heading, at);
  return fences;
}

class HeaderReader {
 public:
  HeaderReader(const SourceFile& file, Header& header) : file_(file), header_(header), yaml_(header.yaml) {}

  void Run() {
    const YamlNode& root = yaml_.root();
    header_.phase = Scalar(root, "phase");
    header_.plan = Scalar(root, "plan");
    header_.type = Scalar(root, "type");
    header_.wave = Scalar(root, "wave");
    header_.autonomous = Scalar(root, "autonomous");
    header_.status = Scalar(root, "status");
    header_.wave_value = ParseInt(header_.wave.value);
    header_.autonomous_value = ParseBool(header_.autonomous.value);
    if (const YamlNode* node = FindAny(root, {"depends_on", "depends-on"})) ReadDependsOn(*node);
    if (const YamlNode* node = FindAny(root, {"files_modified", "files-modified"})) ReadFilesModified(*node);
    if (const YamlNode* node = yaml_.Find(root, "must_haves")) ReadMustHaves(*node);
  }

 private:
  const YamlNode* FindAny(const YamlNode& mapping, std::initializer_list<std::string_view> keys) const {
    for (const std::string_view key : keys) {
      if (const YamlNode* node = yaml_.Find(mapping, key)) return node;
    }
    return nullptr;
  }

  Located<std::string_view> Text(const YamlNode& node) const { return {node.text, node.span}; }

  Located<std::string_view> Scalar(const YamlNode& mapping, std::string_view key) const {
    const YamlNode* node = yaml_.Find(mapping, key);
    if (node == nullptr || node->kind != YamlKind::kScalar) return {};
    return Text(*node);
  }

  static std::optional<bool> ParseBool(std::string_view text) {
    for (const std::string_view yes : {"true", "yes", "on", "y"}) {
      if (EqualsIgnoreCase(text, yes)) return true;
    }
    for (const std::string_view no : {"false", "no", "off", "n"}) {
      if (EqualsIgnoreCase(text, no)) return false;
    }
    return std::nullopt;
  }

  void ReadDependsOn(const YamlNode& node) {
    header_.has_depends_on = true;
    header_.depends_on_span = node.span;
    const auto add = [&](const YamlNode& item) {
      if (item.kind == YamlKind::kScalar) {
        header_.depends_on.push_back(Text(item));
      } else if (const YamlNode* plan = yaml_.Find(item, "plan");
                 plan != nullptr && plan->kind == YamlKind::kScalar) {
        header_.depends_on.push_back(Text(*plan));  // a list of mappings: - plan: "34-01"
      }
    };
    if (node.kind == YamlKind::kSequence) {
      for (const YamlNode* item : yaml_.Children(node)) add(*item);
    } else if (node.kind == YamlKind::kScalar && node.style == YamlStyle::kPlain) {
      for (const DependencyRef& word : ParseDependencyList(file_, file_.Slice(node.span))) {
        header_.depends_on.push_back(word);
      }
    } else if (node.kind == YamlKind::kScalar) {
      header_.depends_on.push_back(Text(node));
    }
  }

  void ReadFilesModified(const YamlNode& node) {
    header_.has_files_modified = true;
    header_.files_modified_span = node.span;
    if (node.kind == YamlKind::kScalar) {
      header_.files_modified = ParsePathList(file_, file_.Slice(node.span));
      return;
    }
    for (const YamlNode* item : yaml_.Children(node)) {
      if (item->kind == YamlKind::kScalar) {
        ParsePathItem(file_, file_.Slice(item->span), header_.files_modified);
      } else if (const YamlNode* path = FindAny(*item, {"path", "file"})) {
        ParsePathItem(file_, file_.Slice(path->span), header_.files_modified);
      } else if (item->kind == YamlKind::kMapping && item->first_child != 0) {
        // "- src/a.ts: what changes in it"
        ParsePathItem(file_, file_.Slice(yaml_.nodes[item->first_child].key_span), header_.files_modified);
      }
    }
  }

  void ReadMustHaves(const YamlNode& node) {
    MustHaves& must = header_.must_haves.emplace();
    must.span = node.span;
    if (node.kind != YamlKind::kMapping) {
      for (const YamlNode* item : yaml_.Children(node)) must.truths.push_back(Text(*item));
      return;
    }
    if (const YamlNode* truths = yaml_.Find(node, "truths")) {
      for (const YamlNode* item : yaml_.Children(*truths)) {
        must.truths.push_back(item->kind == YamlKind::kMapping ? Scalar(*item, "truth") : Text(*item));
      }
    }
    if (const YamlNode* artifacts = yaml_.Find(node, "artifacts")) {
      for (const YamlNode* item : yaml_.Children(*artifacts)) must.artifacts.push_back(ReadArtifact(*item));
    }
    if (const YamlNode* links = yaml_.Find(node, "key_links")) {
      for (const YamlNode* item : yaml_.Children(*links)) {
        must.key_links.push_back({item->span, Scalar(*item, "from"), Scalar(*item, "to"),
                                  Scalar(*item, "via"), Scalar(*item, "pattern")});
      }
    }
  }

  Artifact ReadArtifact(const YamlNode& item) const {
    Artifact artifact;
    artifact.span = item.span;
    if (item.kind != YamlKind::kMapping) {
      artifact.path = Text(item);
      return artifact;
    }
    artifact.path = Scalar(item, "path");
    artifact.provides = Scalar(item, "provides");
    artifact.contains = Scalar(item, "contains");
    artifact.min_lines = ParseInt(Scalar(item, "min_lines").value);
    if (const YamlNode* exports = yaml_.Find(item, "exports")) {
      if (exports->kind == YamlKind::kScalar) artifact.exports.push_back(Text(*exports));
      for (const YamlNode* name : yaml_.Children(*exports)) artifact.exports.push_back(Text(*name));
    }
    return artifact;
  }

  const SourceFile& file_;
  Header& header_;
  const YamlDocument& yaml_;
};

}  // namespace

Header ParseHeader(const SourceFile& file, std::vector<SyntaxFact>& facts, uint32_t& body_begin) {
  Header header;
  const std::string_view text = file.text();
  const size_t start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const Fences fences = FindFences(text, start);
  body_begin = static_cast<uint32_t>(start);
  if (!fences.found) {
    header.yaml.nodes.emplace_back();
    return header;
  }
  header.present = true;
  header.closed = fences.closed;
  header.at_start = Trim(text.substr(start, fences.begin - start)).empty();
  header.span = file.SpanFrom(fences.begin, fences.end);
  header.region = file.SpanFrom(fences.region_begin, fences.region_end);
  body_begin = static_cast<uint32_t>(fences.end);
  header.yaml = ParseYaml(file, header.region);
  for (YamlProblem& problem : header.yaml.problems) {
    facts.push_back({SyntaxFactKind::kMalformedFrontMatter, problem.span, {}, std::move(problem.message)});
  }
  if (!fences.closed) {
    facts.push_back({SyntaxFactKind::kMalformedFrontMatter,
                     file.SpanFrom(fences.begin, fences.begin + 3),
                     {},
                     "the front matter is never closed by a second `---`"});
  }
  HeaderReader(file, header).Run();
  return header;
}

}  // namespace gsd
