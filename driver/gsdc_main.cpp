#include "driver/gsdc.h"

int main(int argc, char** argv) {
  return gsd::GsdcMain(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), stdin, stdout,
                       stderr);
}
