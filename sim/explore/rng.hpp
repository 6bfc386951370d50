// Random numbers of the strategies: PCG, bounded without bias (Lemire, ACM TOMACS 2019). The sequence is the same on
// every platform.
#pragma once

#include <cstdint>
#include <pcg_random.hpp>

#include "sim/core/hash.hpp"

namespace heddle::sim {

class Rng {
 public:
  Rng() = default;
  /// The generator of execution `index` under `seed`: any execution can be had without those before it.
  Rng(std::uint64_t seed, std::uint64_t index) : engine_(mix(seed, index)) {}

  [[nodiscard]] std::uint32_t bits() { return engine_(); }
  [[nodiscard]] std::uint64_t bits64() { return (std::uint64_t{engine_()} << 32U) | engine_(); }
  /// Uniform in [0, bound). Precondition: `bound` > 0.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
    std::uint64_t product = std::uint64_t{engine_()} * bound;
    auto low = static_cast<std::uint32_t>(product);
    if (low < bound) [[unlikely]] {
      const std::uint32_t threshold = (0U - bound) % bound;
      while (low < threshold) {
        product = std::uint64_t{engine_()} * bound;
        low = static_cast<std::uint32_t>(product);
      }
    }
    return static_cast<std::uint32_t>(product >> 32U);
  }

 private:
  pcg32_oneseq engine_;
};

}  // namespace heddle::sim
