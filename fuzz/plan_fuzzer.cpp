// libFuzzer: any bytes are a plan. Parses, analyses, lints, renders and annotates; annotating twice must
// change nothing.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "backends/backend.h"
#include "backends/diagnostic_formats.h"
#include "driver/gsdc_compile.h"

namespace {

gsd::Compilation CompileText(std::string text) {
  std::vector<gsd::PlanInput> inputs;
  inputs.push_back({"01-01-PLAN.md", "01-01-PLAN.md", std::move(text)});
  return gsd::Compile(std::move(inputs), {}, {}, gsd::EmptyWorkspace());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const gsd::Compilation first = CompileText(std::string(reinterpret_cast<const char*>(data), size));
  std::string out;
  for (const gsd::DiagnosticFormat& format : gsd::AllDiagnosticFormats()) {
    format.write({.plans = first.plans, .diagnostics = first.diagnostics},
                 [&](const std::string& piece) { out += piece; });
  }
  const auto once = gsd::AnnotatePlan(first.plans, gsd::PlanIndex{0}, false);
  if (!once) return 0;  // refused: its markup is too broken
  const gsd::Compilation second = CompileText(*once);
  const auto twice = gsd::AnnotatePlan(second.plans, gsd::PlanIndex{0}, false);
  if (!twice || *twice != *once) {
    std::fputs("annotating twice is not annotating once\n", stderr);
    std::abort();
  }
  return 0;
}
