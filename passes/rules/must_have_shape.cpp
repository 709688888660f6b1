#include <algorithm>
#include <span>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

using Keys = std::span<const std::string_view>;

constexpr std::string_view kListKeys[] = {"truths", "artifacts", "key_links", "prohibitions"};
constexpr std::string_view kArtifactKeys[] = {"path", "provides", "contains", "exports", "min_lines"};
constexpr std::string_view kLinkKeys[] = {"from", "to", "via", "pattern"};
// The first of the known keys are the ones that every item must have.
constexpr Keys kArtifactNeeds = Keys(kArtifactKeys).first(1);
constexpr Keys kLinkNeeds = Keys(kLinkKeys).first(2);

// One letter more, less or other, letters swapped, or `key-links` for `key_links`. `expects` is no slip of
// `exports`: forks add keys of their own.
bool IsSlip(std::string_view word, std::string_view key) {
  std::string lower = ToLower(word);
  std::ranges::replace(lower, '-', '_');
  if (word == key) return false;
  if (lower == key) return true;
  if (lower.size() == key.size() && std::ranges::is_permutation(lower, key)) return true;
  if (std::max(lower.size(), key.size()) - std::min(lower.size(), key.size()) > 1) return false;
  size_t front = 0;
  while (front < std::min(lower.size(), key.size()) && lower[front] == key[front]) ++front;
  size_t back = 0;
  while (back < std::min(lower.size(), key.size()) - front &&
         lower[lower.size() - 1 - back] == key[key.size() - 1 - back])
    ++back;
  return key.size() > 3 && front + back + 1 >= std::max(lower.size(), key.size());
}

class ShapeCheck {
 public:
  ShapeCheck(const PlanUnit& unit, Reporter& report)
      : file_(*unit.source), yaml_(unit.plan.header.yaml), report_(report) {}

  void Run() {
    const YamlNode* must = yaml_.nodes.empty() ? nullptr : yaml_.Find(yaml_.root(), "must_haves");
    if (must == nullptr || must->kind == YamlKind::kNull) return;
    if (must->kind != YamlKind::kMapping) {
      if (must->kind == YamlKind::kSequence && must->first_child == 0) return;  // `[]`: none
      report_.At(must->key_span, "`must_haves` is {}, where a map is expected", KindName(*must))
          .Help("write `truths:`, `artifacts:` and `key_links:` under it, each with its list");
      return;
    }
    CheckKeys(*must, kListKeys);
    CheckTruths(*must);
    CheckMaps(*must, "artifacts", "artifact", kArtifactKeys, kArtifactNeeds);
    CheckMaps(*must, "key_links", "key link", kLinkKeys, kLinkNeeds);
  }

 private:
  static std::string_view KindName(const YamlNode& node) {
    switch (node.kind) {
      case YamlKind::kSequence:
        return "a list";
      case YamlKind::kMapping:
        return "a map";
      default:
        return "text";
    }
  }

  // The list under `key`; nothing when there is none, or when it is none, which is reported.
  const YamlNode* ListOf(const YamlNode& must, std::string_view key) {
    const YamlNode* list = yaml_.Find(must, key);
    if (list == nullptr || list->kind == YamlKind::kNull) return nullptr;
    if (list->kind == YamlKind::kSequence) return list;
    report_.At(list->key_span, "`{}` is {}, where a list is expected", key, KindName(*list))
        .Help("put `- ` before each of its items");
    return nullptr;
  }

  // A truth with an unquoted colon in it is read as a map.
  void CheckTruths(const YamlNode& must) {
    const YamlNode* list = ListOf(must, "truths");
    if (list == nullptr) return;
    for (const YamlNode* item : yaml_.Children(*list)) {
      if (item->kind == YamlKind::kMapping && yaml_.Find(*item, "truth") == nullptr) {
        report_.At(FirstLine(file_, item->span), "this truth is read as a map, because of the colon in it")
            .Help("put the whole of it in quotes");
      } else if (item->kind == YamlKind::kSequence) {
        report_.At(FirstLine(file_, item->span), "this truth is read as a list")
            .Help("put the whole of it in quotes");
      }
    }
  }

  void CheckMaps(const YamlNode& must, std::string_view key, std::string_view noun, Keys known,
                 Keys required) {
    const YamlNode* list = ListOf(must, key);
    if (list == nullptr) return;
    std::vector<const YamlNode*> others;  // items that are no such maps
    for (const YamlNode* item : yaml_.Children(*list)) {
      if (item->kind == YamlKind::kMapping && HasAnyOf(*item, known)) {
        CheckKeys(*item, known);
        CheckRequired(*item, noun, required);
      } else if (item->kind != YamlKind::kNull) {
        others.push_back(item);
      }
    }
    if (others.empty()) return;
    auto finding =
        report_.At(FirstLine(file_, others[0]->span), "this {} is {}, where a map with {} is expected", noun,
                   others[0]->kind == YamlKind::kSequence ? "a list" : "text",
                   required.size() == 1 ? "`path`" : "`from` and `to`");
    const std::vector<Edit> edits = required.size() == 1 ? PathEdits(*list, others) : std::vector<Edit>();
    if (!edits.empty()) return void(finding.SafeFix("write `path:` before it", edits));
    const std::string_view shape =
        required.size() == 1 ? "`- path: FILE`" : "`- from: FILE`, and under it `to: FILE`";
    if (others.size() > 1) {
      finding.Help("{} items of `{}` are written so; write {}", others.size(), key, shape);
    } else {
      finding.Help("write {}", shape);
    }
  }

  // A text with a colon in it is read as a map, but with keys that nobody knows.
  bool HasAnyOf(const YamlNode& item, Keys known) const {
    return std::ranges::any_of(yaml_.Children(item), [&](const YamlNode* child) {
      return std::ranges::any_of(
          known, [&](std::string_view key) { return child->key == key || IsSlip(child->key, key); });
    });
  }

  // `- a.ts` → `- path: a.ts`, where all of them are paths and nothing else.
  static std::vector<Edit> PathEdits(const YamlNode& list, const std::vector<const YamlNode*>& items) {
    std::vector<Edit> edits;
    for (const YamlNode* item : items) {
      const bool path = item->kind == YamlKind::kScalar && item->style <= YamlStyle::kDoubleQuoted &&
                        item->text.find_first_of(" \t\r\n:,()") == std::string_view::npos;
      if (list.style != YamlStyle::kBlock || !path) return {};
      edits.push_back({{item->span.file, item->span.begin, item->span.begin}, "path: "});
    }
    return edits;
  }

  void CheckRequired(const YamlNode& item, std::string_view noun, Keys required) {
    std::vector<std::string> missing;
    for (const std::string_view key : required) {
      const YamlNode* value = yaml_.Find(item, key);
      if (value == nullptr && Misspelled(item, key)) return;  // reported as such
      if (value == nullptr || (value->kind == YamlKind::kScalar && Trim(value->text).empty()) ||
          value->kind == YamlKind::kNull)
        missing.push_back(Quoted(key));
    }
    if (missing.empty()) return;
    report_.At(FirstLine(file_, item.span), "this {} has no {}", noun, gsd::ListOf(missing))
        .Help("without it there is nothing to check");
  }

  bool Misspelled(const YamlNode& item, std::string_view key) const {
    return std::ranges::any_of(yaml_.Children(item),
                               [&](const YamlNode* child) { return IsSlip(child->key, key); });
  }

  void CheckKeys(const YamlNode& mapping, Keys known) {
    std::vector<std::string_view> taken;
    const std::vector<const YamlNode*> children = yaml_.Children(mapping);
    for (const std::string_view key : known) {
      if (std::ranges::any_of(children, [&](const YamlNode* child) { return child->key == key; }))
        taken.push_back(key);
    }
    const auto is_in = [](const auto& keys, std::string_view key) {
      return std::ranges::find(keys, key) != keys.end();
    };
    for (const YamlNode* child : children) {
      if (is_in(known, child->key)) continue;
      const auto meant =
          std::ranges::find_if(known, [&](std::string_view key) { return IsSlip(child->key, key); });
      if (meant == known.end() || is_in(taken, *meant)) continue;
      taken.push_back(*meant);
      report_.At(child->key_span, "`{}` is not read; did you mean `{}`?", child->key, *meant)
          .SafeFix(fmt::format("write `{}`", *meant), {{child->key_span, std::string(*meant)}});
    }
  }

  const SourceFile& file_;
  const YamlDocument& yaml_;
  Reporter& report_;
};

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.open()) ShapeCheck(unit, report).Run();
  }
}

}  // namespace

extern constinit const Rule must_have_shape = {
    {.name = "must-have-shape",
     .category = "must-haves",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "A truth, artifact or key link of must_haves does not have the shape that tools read.",
     .rationale =
         "Artifacts are maps with a `path`, key links maps with `from` and `to`; truths are text. What is "
         "written otherwise is passed over without a word, and a check of nothing passes. A truth with a "
         "colon "
         "in it needs quotes, or YAML makes a map of it. Keys that resemble none of the known ones are left "
         "alone."},
    Check};

}  // namespace gsd::rules
