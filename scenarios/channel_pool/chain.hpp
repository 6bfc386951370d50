// What the channels are for: submissions to a chain, one at a time for each channel. It knows the truth about who acts.
#pragma once

#include <string>
#include <vector>

#include "sim/core/world.hpp"

namespace heddle::scenarios {

namespace ops {
inline constexpr sim::Op submit{"submit", sim::Unwinds::at_once};
inline constexpr sim::Op submitted{"submitted", sim::Unwinds::at_once};
}  // namespace ops

class Chain {
 public:
  explicit Chain(int channels) : execution_(sim::Execution::current()) {
    for (int i = 0; i < channels; ++i) channels_.push_back({execution_.add_object("channel", {"channel", i}), {}});
  }

  /// A submission takes two steps. Fails `one_holder_per_channel` if somebody else's begins in between.
  void submit(int channel, const std::string& worker, std::source_location where = std::source_location::current()) {
    Channel& it = channels_[static_cast<std::size_t>(channel)];
    if (!execution_.step(ops::submit, it.object, sim::Access::write, where)) return;
    execution_.touch(it.object, sim::Access::write);
    sim::check("one_holder_per_channel", it.busy_with.empty(), [&] {
      return worker + " and " + it.busy_with + " both submit through channel " + std::to_string(channel);
    });
    it.busy_with = worker;
    if (!execution_.step(ops::submitted, it.object, sim::Access::write, where)) return;
    execution_.touch(it.object, sim::Access::write);
    it.busy_with.clear();
  }

 private:
  struct Channel {
    sim::ObjectId object;
    std::string busy_with;
  };

  sim::Execution& execution_;
  std::vector<Channel> channels_;
};

}  // namespace heddle::scenarios
