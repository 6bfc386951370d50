// Objects of one execution: handed out in order, never given back singly, all taken back by `reset`. They keep their
// addresses and, so that re-use allocates nothing, whatever capacity their members have.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace heddle::pg {

template <class T>
class Pool {
 public:
  /// An object in whatever state its last user left it.
  [[nodiscard]] T& take() {
    if (used_ == chunks_.size() * chunk_size) chunks_.push_back(std::make_unique<Chunk>());
    T& object = (*this)[used_];
    ++used_;
    return object;
  }
  [[nodiscard]] T& operator[](std::size_t index) { return (*chunks_[index / chunk_size])[index % chunk_size]; }
  [[nodiscard]] const T& operator[](std::size_t index) const {
    return (*chunks_[index / chunk_size])[index % chunk_size];
  }
  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  void reset(std::size_t keep = 0) noexcept { used_ = keep; }

 private:
  static constexpr std::size_t chunk_size = 64;
  using Chunk = std::array<T, chunk_size>;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t used_ = 0;
};

}  // namespace heddle::pg
