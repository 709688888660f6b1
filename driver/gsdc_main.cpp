#include "driver/gsdc.h"

#ifdef GSD_MIMALLOC
#include <mimalloc.h>

// A compilation fills memory once and gives none back: with large pages the kernel is asked less often, which
// takes a tenth off a run over a thousand plans. Set before anything is allocated, else the first 32 MiB have
// small pages.
namespace {
void AskForLargePages(int, char**, char**) { mi_option_enable(mi_option_large_os_pages); }
}  // namespace
__attribute__((section(".preinit_array"),
               used)) static void (*const before_everything)(int, char**, char**) = AskForLargePages;
#endif

int main(int argc, char** argv) {
  return gsd::GsdcMain(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), stdin, stdout,
                       stderr);
}
