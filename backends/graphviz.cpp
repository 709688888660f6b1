#include "backends/graphviz.h"

#include <dlfcn.h>
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

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
  decltype(&::agread) read = nullptr;
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

// DOT source as Graphviz reads it, and the ids of what it names: numbers in the order of the source. Its own
// ids are addresses of strings, and it draws subgraphs in the order of their ids: the picture would depend on
// the heap.
class DotInput : public Agdisc_t {
 public:
  explicit DotInput(std::string_view source) : Agdisc_t{nullptr, &ids_, &io_}, rest_(source) {}
  DotInput(const DotInput&) = delete;  // the graph points to it
  DotInput& operator=(const DotInput&) = delete;

 private:
  static DotInput& Of(void* state) { return *static_cast<DotInput*>(state); }

  static int Read(void* state, char* buffer, int size) {
    std::string_view& rest = Of(state).rest_;
    const size_t bytes = rest.copy(buffer, static_cast<size_t>(std::max(size, 0)));
    rest.remove_prefix(bytes);
    return static_cast<int>(bytes);
  }
  static int Put(void*, const char*) { return EOF; }  // no graph is written as DOT
  static int Flush(void*) { return 0; }

  static void* Open(Agraph_t*, Agdisc_t* input) { return static_cast<DotInput*>(input); }
  // `name`: null for what has none.
  static long Map(void* state, int, char* name, IDTYPE* id, int create) {
    DotInput& input = Of(state);
    if (name != nullptr) {
      const auto known = input.id_of_.find(name);
      if (known != input.id_of_.end()) {
        *id = known->second;
        return 1;
      }
      if (create == 0) return 0;
    }
    const std::string& kept = input.names_.emplace_back(name == nullptr ? "" : name);
    *id = input.names_.size();
    if (name != nullptr) input.id_of_.emplace(kept, *id);
    return 1;
  }
  static long Allocate(void*, int, IDTYPE) { return 0; }  // nobody else chooses ids
  static void Free(void*, int, IDTYPE) {}
  static char* Print(void* state, int, IDTYPE id) {
    std::string& name = Of(state).names_.at(id - 1);
    return name.empty() ? nullptr : name.data();
  }
  static void Close(void*) {}
  static void Register(void*, int, void*) {}

  static inline Agiddisc_t ids_ = {Open, Map, Allocate, Free, Print, Close, Register};
  static inline Agiodisc_t io_ = {Read, Put, Flush};
  std::string_view rest_;
  std::deque<std::string> names_;  // by id - 1; "" for what has none
  std::unordered_map<std::string_view, IDTYPE> id_of_;
};

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
      Find(cgraph, "agread", graphviz.read) && Find(cgraph, "agclose", graphviz.close) &&
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
  DotInput input(dot);
  const std::unique_ptr<Agraph_t, decltype(graphviz.close)> graph(
      static_cast<Agraph_t*>(graphviz.read(&input, &input)), graphviz.close);
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
