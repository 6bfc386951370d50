// Memory of one execution: names, closures, small records. Allocation bumps a pointer; `reset` keeps the chunks for the
// next execution, so that in steady state nothing is allocated.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace heddle::sim {

class Arena {
 public:
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment) {
    std::size_t start = (used_ + alignment - 1) / alignment * alignment;
    if (chunk_ >= chunks_.size() || start + size > chunks_[chunk_].size) {
      next_chunk(size + alignment);
      start = 0;
    }
    used_ = start + size;
    return chunks_[chunk_].memory.get() + start;
  }
  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    auto* memory = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(memory, text.data(), text.size());
    return {memory, text.size()};
  }
  void reset() noexcept {
    chunk_ = 0;
    used_ = 0;
  }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
  };
  static constexpr std::size_t chunk_size = 16 * 1024;

  void next_chunk(std::size_t at_least) {
    std::size_t next = chunks_.empty() ? 0 : chunk_ + 1;
    while (next < chunks_.size() && chunks_[next].size < at_least) ++next;
    if (next >= chunks_.size()) {
      const std::size_t size = at_least > chunk_size ? at_least : chunk_size;
      chunks_.push_back({std::make_unique<std::byte[]>(size), size});
      next = chunks_.size() - 1;
    }
    chunk_ = next;
  }

  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;
  std::size_t used_ = 0;
};

}  // namespace heddle::sim
