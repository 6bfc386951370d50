// Random walk: at each scheduling point every enabled task is equally likely. Fair; a good first try and the base line
// for the others.
#pragma once

#include "sim/core/strategy.hpp"
#include "sim/explore/rng.hpp"

namespace heddle::sim {

class Random final : public Strategy {
 public:
  explicit Random(std::uint64_t seed = 0) : seed_(seed) {}

  [[nodiscard]] std::string name() const override { return "random"; }
  bool begin_execution(std::uint64_t index) override {
    rng_ = Rng(seed_, index);
    return true;
  }
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution&, std::uint32_t alternatives) override { return rng_.below(alternatives); }
  [[nodiscard]] bool is_fair() const override { return true; }
  [[nodiscard]] std::unique_ptr<Strategy> clone() const override { return std::make_unique<Random>(*this); }

 private:
  std::uint64_t seed_;
  Rng rng_;
};

}  // namespace heddle::sim
