#include <fmt/format.h>

#include <iterator>

#include "backends/graph_view.h"
#include "backends/html_document.h"
#include "backends/html_sections.h"

namespace gsd {
namespace {

class CardWriter {
 public:
  CardWriter(const PlanPage& page, std::string& out) : page_(page), out_(out) {}

  void Write(const PageTask& shown) {
    const ManifestTask& task = *shown.task;
    const SourceFile& source = page_.result.plans.FileOf(TaskOf(shown).open);
    const uint32_t line = source.PositionOf(TaskOf(shown).open.begin).line;
    Put("<article class=\"card\" id=\"task-{}\" tabindex=\"-1\" data-line=\"src-{}-{}\">\n<h3>{} "
        "{}</h3>\n<p>",
        shown.union_task, source.id().value, line, Html(task.id), Html(NameWithoutNumber(task.name)));
    Put("{} · <a href=\"#src-{}-{}\">{}:{}</a>{}</p>\n<dl>\n",
        Html(task.checkpoint ? "checkpoint: " + task.checkpoint->kind : task.model), source.id().value, line,
        Html(source.path()), line, shown.critical ? " · <strong>on the critical path</strong>" : "");
    if (!task.checkpoint) {
      Field("Model", fmt::format("{}, {}", Html(task.model), Html(task.model_reason)));
      Field("Estimate",
            fmt::format("{} tokens ({} to {}), {}; {}", Grouped(task.estimated_tokens.expected),
                        Grouped(task.estimated_tokens.low), Grouped(task.estimated_tokens.high),
                        DescribeSeconds(task.estimated_seconds.expected), Html(task.estimate_source)));
      Field("Complexity", fmt::format("{} of 10, {}", task.complexity.score, Html(task.complexity.source)));
    }
    Waits(task);
    Paths("Files", task.files);
    Paths("Reads", task.reads);
    out_ += "</dl>\n";
    Text("Action", task.action);
    if (task.checkpoint) Checkpoint(*task.checkpoint);
    Text("Verify", task.verify.text);
    Text("Done when", task.done);
    out_ += "</article>\n";
  }

 private:
  template <typename... A>
  void Put(fmt::format_string<A...> format, A&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<A>(args)...);
  }

  const Task& TaskOf(const PageTask& shown) const { return page_.result.plans.TaskAt(shown.union_task); }

  // `html` is markup.
  void Field(std::string_view name, const std::string& html) { Put("<dt>{}</dt><dd>{}</dd>\n", name, html); }

  void Waits(const ManifestTask& task) {
    if (task.dependencies.empty()) return Field("Waits for", "nothing");
    std::string html = "<ul>";
    for (const ManifestDependency& on : task.dependencies)
      html += fmt::format("<li>{} ({}{}{})</li>", TaskLink(page_, on.id), Html(on.source),
                          on.reason.empty() ? "" : ": ", Html(on.reason));
    Field("Waits for", html + "</ul>");
  }

  void Paths(std::string_view name, const std::vector<std::string>& paths) {
    if (paths.empty()) return;
    std::string html;
    for (const std::string& path : paths)
      html += fmt::format("{}<code>{}</code>", html.empty() ? "" : ", ", Html(path));
    Field(name, html);
  }

  void Text(std::string_view name, std::string_view text) {
    if (!Trim(text).empty()) Put("<h4>{}</h4>\n<pre class=\"wrap\">{}</pre>\n", name, Html(Trim(text)));
  }

  void Checkpoint(const ManifestCheckpoint& checkpoint) {
    Text("What was built", checkpoint.what_built);
    Text("How to verify", checkpoint.how_to_verify);
    Text("Decision", checkpoint.decision);
    Text("Context", checkpoint.context);
    Text("Instructions", checkpoint.instructions);
    if (!checkpoint.options.empty()) {
      out_ += "<h4>Options</h4>\n<ul>";
      for (const ManifestOption& option : checkpoint.options) {
        Put("<li><code>{}</code> {}", Html(option.id), Html(option.name));
        if (!option.pros.empty()) Put("<br>for: {}", Html(option.pros));
        if (!option.cons.empty()) Put("<br>against: {}", Html(option.cons));
        out_ += "</li>";
      }
      out_ += "</ul>\n";
    }
    Text("To go on", checkpoint.resume_signal);
  }

  const PlanPage& page_;
  std::string& out_;
};

}  // namespace

void WriteTasksSection(const PlanPage& page, std::string& out) {
  out +=
      "<section id=\"tasks\" aria-labelledby=\"tasks-title\">\n<h2 id=\"tasks-title\">Tasks</h2>\n"
      "<p class=\"screen hint\" hidden><button type=\"button\" id=\"all\" aria-pressed=\"false\">Show "
      "all</button> "
      "<span class=\"muted\" id=\"selected\" role=\"status\">Choose a task in the graph.</span></p>\n"
      "<div class=\"cards\">\n";
  CardWriter cards(page, out);
  for (const PageTask& task : page.tasks) cards.Write(task);
  out += "</div>\n</section>\n";
}

}  // namespace gsd
