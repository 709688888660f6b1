// What the compiler may know of the disk: the files under the project root. An interface, so that tests
// can give a project of their own making.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gsd {

struct FileInfo {
  bool is_directory = false;
  int64_t bytes = 0;  // of a directory: 0
};

class Workspace {
 public:
  virtual ~Workspace() = default;
  // `path` is relative to the project root, with forward slashes and no "..". Nothing when it does not exist.
  virtual std::optional<FileInfo> Stat(std::string_view path) const = 0;
  // Names in a directory, sorted; folders end in '/'. Empty when it is none.
  virtual std::vector<std::string> List(std::string_view path) const = 0;
  // The first `limit` bytes of a regular file. Nothing when it is none.
  virtual std::optional<std::string> ReadHead(std::string_view path, size_t limit) const = 0;
};

// A project with no files.
class EmptyWorkspace final : public Workspace {
 public:
  std::optional<FileInfo> Stat(std::string_view) const override { return std::nullopt; }
  std::vector<std::string> List(std::string_view) const override { return {}; }
  std::optional<std::string> ReadHead(std::string_view, size_t) const override { return std::nullopt; }
};

}  // namespace gsd
