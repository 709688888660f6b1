#include "backends/checkpoint_text.h"

#include <algorithm>
#include <array>

namespace gsd {
namespace {

std::string_view AttributeOf(const Task& task, const Element& element, std::string_view name) {
  for (uint32_t i = 0; i < element.attribute_count; ++i) {
    const Attribute& attribute = task.attributes[element.first_attribute + i];
    if (EqualsIgnoreCase(attribute.name, name)) return attribute.value;
  }
  return {};
}

// "a: Use Redis" → a, Use Redis; without a short word before a colon or dash the whole line is the name.
ManifestOption OptionFromLine(std::string_view line, size_t ordinal) {
  constexpr std::array<std::string_view, 4> kSeparators = {":", " — ", " – ", " - "};
  while (line.starts_with("**")) line.remove_prefix(2);
  for (const std::string_view separator : kSeparators) {
    const size_t at = line.find(separator);
    if (at == line.npos) continue;
    std::string_view id = Trim(line.substr(0, at));
    while (id.ends_with('*') || id.ends_with('`')) id.remove_suffix(1);
    while (id.starts_with('`')) id.remove_prefix(1);
    std::string_view name = line.substr(at + separator.size());
    while (name.starts_with('*')) name.remove_prefix(1);
    if (!id.empty() && std::none_of(id.begin(), id.end(), IsSpace)) {
      return {std::string(id), std::string(Trim(name)), {}, {}};
    }
  }
  return {"option-" + std::to_string(ordinal), std::string(line), {}, {}};
}

// "- text", "* text", "1. text", "2) text" → text; nothing for other lines.
std::string_view ListItem(std::string_view line) {
  line = Trim(line);
  if (line.starts_with("- ") || line.starts_with("* ")) return Trim(line.substr(2));
  size_t digits = 0;
  while (digits < line.size() && IsDigit(line[digits])) ++digits;
  const bool numbered = digits > 0 && digits + 1 < line.size() &&
                        (line[digits] == '.' || line[digits] == ')') && IsBlank(line[digits + 1]);
  return numbered ? Trim(line.substr(digits + 2)) : std::string_view();
}

// What stands between <name> and </name> in an option; the parser goes no deeper than <option>.
std::string_view InnerText(std::string_view body, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
  const size_t begin = body.find(open);
  if (begin == body.npos) return {};
  const std::string_view rest = body.substr(begin + open.size());
  const size_t end = rest.find(close);
  return end == rest.npos ? std::string_view() : Trim(rest.substr(0, end));
}

std::vector<ManifestOption> OptionsOf(const SourceFile& file, const Task& task) {
  std::vector<ManifestOption> options;
  for (const Element& element : task.elements) {
    if (element.tag != Tag::kOption) continue;
    const std::string_view body = file.Slice(element.body);
    ManifestOption option;
    option.id = AttributeOf(task, element, "id");
    option.name = InnerText(body, "name");
    option.pros = InnerText(body, "pros");
    option.cons = InnerText(body, "cons");
    if (option.name.empty()) option.name = AttributeOf(task, element, "name");
    if (option.name.empty()) option.name = Trim(body.substr(0, body.find('<')));
    if (option.id.empty()) option.id = "option-" + std::to_string(options.size() + 1);
    options.push_back(std::move(option));
  }
  if (!options.empty()) return options;
  for (const std::string_view line : Split(ElementText(file, task, Tag::kOptions), '\n')) {
    const std::string_view item = ListItem(line);
    if (!item.empty()) options.push_back(OptionFromLine(item, options.size() + 1));
  }
  return options;
}

// What to do often stands in <action>, and how in <instructions>: a person needs both.
std::string Joined(std::string_view first, std::string_view second) {
  if (first.empty() || second.empty()) return std::string(first.empty() ? second : first);
  return std::string(first) + "\n" + std::string(second);
}

}  // namespace

ManifestCheckpoint CheckpointOf(const SourceFile& file, const Task& task) {
  ManifestCheckpoint checkpoint;
  const std::string_view type = task.type_text.value;
  const size_t colon = type.find(':');
  checkpoint.kind = colon == type.npos ? "human-verify" : Trim(type.substr(colon + 1));
  const Attribute* gate = FindAttribute(task, "gate");
  checkpoint.gate = gate == nullptr || gate->value.empty() ? "blocking" : gate->value;
  checkpoint.what_built = ElementText(file, task, Tag::kWhatBuilt);
  checkpoint.how_to_verify = ElementText(file, task, Tag::kHowToVerify);
  checkpoint.decision = ElementText(file, task, Tag::kDecision);
  checkpoint.context = ElementText(file, task, Tag::kContext);
  checkpoint.instructions =
      Joined(ElementText(file, task, Tag::kAction), ElementText(file, task, Tag::kInstructions));
  if (checkpoint.how_to_verify.empty())
    checkpoint.how_to_verify = ElementText(file, task, Tag::kVerification);
  checkpoint.resume_signal = ElementText(file, task, Tag::kResumeSignal);
  checkpoint.options = OptionsOf(file, task);
  return checkpoint;
}

}  // namespace gsd
