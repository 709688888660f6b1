// The AST as JSON, for tests and tools: what the parser read and where, nothing that was concluded from it.
// A span is [begin, end]; a leaf that is absent has no member.
#include "backends/ast_names.h"
#include "backends/backend.h"
#include "backends/json_writer.h"

namespace gsd {
namespace {

class AstWriter {
 public:
  explicit AstWriter(std::string& out) : json_(out, 5) {}

  void Write(const PlanSet& plans) {
    json_.BeginObject();
    json_.Member("version", 1);
    json_.Key("plans");
    json_.BeginArray();
    for (const PlanUnit& unit : plans.units) WritePlan(unit);
    json_.EndArray();
    json_.EndObject();
  }

 private:
  using Text = Located<std::string_view>;

  void SpanMember(std::string_view name, Span span) {
    json_.Key(name);
    json_.BeginArray();
    json_.Int(span.begin);
    json_.Int(span.end);
    json_.EndArray();
  }

  void Leaf(const Text& leaf) {
    json_.BeginObject();
    json_.Member("value", leaf.value);
    SpanMember("span", leaf.span);
    json_.EndObject();
  }
  void LeafMember(std::string_view name, const Text& leaf) {
    if (leaf.value.empty() && leaf.span.size() == 0) return;
    json_.Key(name);
    Leaf(leaf);
  }
  void LeafArray(std::string_view name, const std::vector<Text>& leaves) {
    json_.Key(name);
    json_.BeginArray();
    for (const Text& leaf : leaves) Leaf(leaf);
    json_.EndArray();
  }

  void WritePath(const PathEntry& entry) {
    json_.BeginObject();
    json_.Member("path", entry.path);
    json_.Member("kind", NameOf(entry.kind));
    SpanMember("span", entry.span);
    json_.EndObject();
  }
  void PathArray(std::string_view name, const std::vector<PathEntry>& entries) {
    json_.Key(name);
    json_.BeginArray();
    for (const PathEntry& entry : entries) WritePath(entry);
    json_.EndArray();
  }

  void RangeMember(std::string_view name, const std::optional<Range>& range) {
    if (!range) return;
    json_.Key(name);
    WriteRange(*range);
  }
  void WriteRange(const Range& range) {
    json_.BeginObject();
    json_.Member("low", range.low);
    json_.Member("high", range.high);
    SpanMember("span", range.span);
    json_.EndObject();
  }

  void WritePlan(const PlanUnit& unit) {
    const Plan& plan = unit.plan;
    json_.BeginObject();
    json_.Member("path", unit.source->path());
    json_.Member("bytes", static_cast<int64_t>(unit.source->text().size()));
    json_.Member("line_ending", plan.eol);
    WriteHeader(plan.header);
    json_.Key("sections");
    json_.BeginArray();
    for (const Section& section : plan.sections) {
      json_.BeginObject();
      json_.Member("tag", TagName(section.tag));
      SpanMember("open", section.open);
      SpanMember("body", section.body);
      SpanMember("close", section.close);
      json_.EndObject();
    }
    json_.EndArray();
    SpanMember("tasks_open", plan.tasks_open);
    SpanMember("tasks_region", plan.tasks_region);
    SpanMember("generated_graph", plan.generated_graph);
    json_.Key("inferred_before");
    json_.BeginArray();
    for (const int number : plan.inferred_before) json_.Int(number);
    json_.EndArray();
    json_.Key("tasks");
    json_.BeginArray();
    for (const Task& task : plan.tasks) WriteTask(task);
    json_.EndArray();
    json_.Key("references");
    json_.BeginArray();
    for (const Reference& reference : plan.references) {
      json_.BeginObject();
      json_.Member("path", reference.path.path);
      json_.Member("kind", NameOf(reference.path.kind));
      SpanMember("span", reference.path.span);
      json_.Member("in_execution_context", reference.in_execution_context);
      json_.EndObject();
    }
    json_.EndArray();
    json_.Key("syntax");
    json_.BeginArray();
    for (const SyntaxFact& fact : plan.syntax) {
      json_.BeginObject();
      json_.Member("kind", NameOf(fact.kind));
      SpanMember("span", fact.span);
      if (fact.related.size() != 0) SpanMember("related", fact.related);
      if (!fact.detail.empty()) json_.Member("detail", fact.detail);
      json_.EndObject();
    }
    json_.EndArray();
    json_.EndObject();
  }

  void WriteHeader(const Header& header) {
    json_.Key("header");
    if (!header.present) return json_.Null();
    json_.BeginObject();
    SpanMember("span", header.span);
    SpanMember("region", header.region);
    json_.Member("closed", header.closed);
    json_.Member("at_start", header.at_start);
    LeafMember("phase", header.phase);
    LeafMember("plan", header.plan);
    LeafMember("type", header.type);
    LeafMember("wave", header.wave);
    if (header.wave_value) json_.Member("wave_value", *header.wave_value);
    LeafMember("autonomous", header.autonomous);
    if (header.autonomous_value) json_.Member("autonomous_value", *header.autonomous_value);
    LeafMember("status", header.status);
    if (header.has_depends_on) {
      SpanMember("depends_on_span", header.depends_on_span);
      LeafArray("depends_on", header.depends_on);
    }
    if (header.has_files_modified) {
      SpanMember("files_modified_span", header.files_modified_span);
      PathArray("files_modified", header.files_modified);
    }
    if (header.must_haves) WriteMustHaves(*header.must_haves);
    json_.EndObject();
  }

  void WriteMustHaves(const MustHaves& must_haves) {
    json_.Key("must_haves");
    json_.BeginObject();
    SpanMember("span", must_haves.span);
    LeafArray("truths", must_haves.truths);
    json_.Key("artifacts");
    json_.BeginArray();
    for (const Artifact& artifact : must_haves.artifacts) {
      json_.BeginObject();
      SpanMember("span", artifact.span);
      LeafMember("path", artifact.path);
      LeafMember("provides", artifact.provides);
      LeafMember("contains", artifact.contains);
      if (artifact.min_lines) json_.Member("min_lines", *artifact.min_lines);
      LeafArray("exports", artifact.exports);
      json_.EndObject();
    }
    json_.EndArray();
    json_.Key("key_links");
    json_.BeginArray();
    for (const KeyLink& link : must_haves.key_links) {
      json_.BeginObject();
      SpanMember("span", link.span);
      LeafMember("from", link.from);
      LeafMember("to", link.to);
      LeafMember("via", link.via);
      LeafMember("pattern", link.pattern);
      json_.EndObject();
    }
    json_.EndArray();
    json_.EndObject();
  }

  void WriteTask(const Task& task) {
    json_.BeginObject();
    json_.Member("number", task.number);
    json_.Member("number_source", NameOf(task.number_source));
    json_.Member("type", NameOf(task.type));
    LeafMember("type_text", task.type_text);
    LeafMember("label", task.label);
    LeafMember("name", task.name);
    SpanMember("span", task.span);
    SpanMember("open", task.open);
    SpanMember("body", task.body);
    json_.Member("closed", task.closed);
    if (task.from_feature) json_.Member("from_feature", true);
    json_.Key("attributes");
    json_.BeginArray();
    for (uint32_t i = 0; i < task.own_attributes; ++i) WriteAttribute(task.attributes[i]);
    json_.EndArray();
    json_.Key("elements");
    json_.BeginArray();
    for (const Element& element : task.elements) WriteElement(task, element);
    json_.EndArray();
    PathArray("files", task.files);
    PathArray("read_first", task.read_first);
    if (task.depends_on) LeafArray("depends_on", *task.depends_on);
    json_.Key("metrics");
    json_.BeginObject();
    RangeMember("tokens", MetricsOf(task).tokens);
    RangeMember("duration", MetricsOf(task).duration);
    RangeMember("budget", MetricsOf(task).budget);
    if (!MetricsOf(task).breakdown.empty()) {
      json_.Key("breakdown");
      json_.BeginArray();
      for (const Range& range : MetricsOf(task).breakdown) WriteRange(range);
      json_.EndArray();
    }
    if (!MetricsOf(task).malformed.empty()) LeafArray("malformed", MetricsOf(task).malformed);
    json_.EndObject();
    json_.EndObject();
  }

  void WriteAttribute(const Attribute& attribute) {
    json_.BeginObject();
    json_.Member("name", attribute.name);
    if (attribute.has_value) json_.Member("value", attribute.value);
    SpanMember("name_span", attribute.name_span);
    if (attribute.has_value) SpanMember("value_span", attribute.value_span);
    SpanMember("span", attribute.span);
    if (attribute.quote != 0) json_.Member("quote", std::string_view(&attribute.quote, 1));
    json_.EndObject();
  }

  void WriteElement(const Task& task, const Element& element) {
    json_.BeginObject();
    json_.Member("tag", TagName(element.tag));
    SpanMember("open", element.open);
    SpanMember("body", element.body);
    SpanMember("close", element.close);
    if (element.attribute_count > 0) {
      json_.Key("attributes");
      json_.BeginArray();
      for (uint32_t i = 0; i < element.attribute_count; ++i)
        WriteAttribute(task.attributes[element.first_attribute + i]);
      json_.EndArray();
    }
    json_.EndObject();
  }

  JsonWriter json_;
};

}  // namespace

Status EmitAst(const CompileResult& result, std::string& out) {
  AstWriter(out).Write(result.plans);
  out += '\n';
  return Ok();
}

}  // namespace gsd
