#include "driver/gsd_run.h"

int main(int argc, char** argv) {
  return gsd::GsdRunMain(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), stdout, stderr);
}
