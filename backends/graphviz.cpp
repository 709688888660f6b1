#include "backends/graphviz.h"

#include <dlfcn.h>
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>

#include <memory>

#ifdef __SANITIZE_ADDRESS__
// Fonts that Graphviz loads through fontconfig stay loaded; they are no leak of ours.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig\nleak:libpango\nleak:libgvc\nleak:libcgraph\nleak:libcairo\nleak:libglib\n";
}
#endif

namespace gsd {
namespace {

// The functions that are called, found by name. Never unloaded: Graphviz's plugins leave handlers behind.
struct Graphviz {
  decltype(&::agmemread) read = nullptr;
  decltype(&::agclose) close = nullptr;
  decltype(&::agseterrf) set_error_handler = nullptr;
  decltype(&::gvContext) make_context = nullptr;
  decltype(&::gvLayout) layout = nullptr;
  decltype(&::gvFreeLayout) free_layout = nullptr;
  decltype(&::gvRenderData) render = nullptr;
  decltype(&::gvFreeRenderData) free_render = nullptr;
  // One for the process, never freed: the plugin that measures text remembers fonts of a context that is
  // gone.
  GVC_t* context = nullptr;
};

// What Graphviz has to say goes here and not to the terminal. Its handler has no argument of ours.
std::string& Complaints() {
  static std::string complaints;
  return complaints;
}

int Complain(char* message) {
  Complaints() += message;
  return 0;
}

Error Failure(std::string_view what) {
  std::string message = "svg: Graphviz cannot " + std::string(what);
  const std::string_view complaints = Trim(Complaints());
  if (!complaints.empty()) message += ": " + std::string(complaints);
  return {message};
}

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Result<Graphviz> Load() {
  void* cgraph = dlopen("libcgraph.so.6", RTLD_NOW | RTLD_GLOBAL);
  void* gvc = cgraph == nullptr ? nullptr : dlopen("libgvc.so.6", RTLD_NOW | RTLD_GLOBAL);
  if (gvc == nullptr) {
    const char* reason = dlerror();
    return Error{std::string("svg needs the Graphviz library (") +
                 (reason == nullptr ? "not found" : reason) + "); install libgvc6, or use --emit=dot"};
  }
  Graphviz graphviz;
  const bool complete =
      Find(cgraph, "agmemread", graphviz.read) && Find(cgraph, "agclose", graphviz.close) &&
      Find(cgraph, "agseterrf", graphviz.set_error_handler) &&
      Find(gvc, "gvContext", graphviz.make_context) && Find(gvc, "gvLayout", graphviz.layout) &&
      Find(gvc, "gvFreeLayout", graphviz.free_layout) && Find(gvc, "gvRenderData", graphviz.render) &&
      Find(gvc, "gvFreeRenderData", graphviz.free_render);
  if (!complete) return Error{"svg: the Graphviz library lacks a function; use --emit=dot"};
  graphviz.set_error_handler(Complain);
  graphviz.context = graphviz.make_context();
  if (graphviz.context == nullptr) return Failure("start");
  return graphviz;
}

}  // namespace

Result<std::string> RenderSvg(const std::string& dot) {
  static const Result<Graphviz> loaded = Load();
  if (!loaded) return Error{loaded.error()};
  const Graphviz& graphviz = *loaded;
  Complaints().clear();
  const std::unique_ptr<Agraph_t, decltype(graphviz.close)> graph(graphviz.read(dot.c_str()), graphviz.close);
  if (graph == nullptr) return Failure("read its input");
  if (graphviz.layout(graphviz.context, graph.get(), "dot") != 0) return Failure("lay out the graph");
  char* data = nullptr;
  unsigned int length = 0;
  const int failed = graphviz.render(graphviz.context, graph.get(), "svg", &data, &length);
  std::string svg;
  if (failed == 0 && data != nullptr) svg.assign(data, length);
  if (data != nullptr) graphviz.free_render(data);
  graphviz.free_layout(graphviz.context, graph.get());
  if (svg.empty()) return Failure("draw the graph");
  return svg;
}

}  // namespace gsd
