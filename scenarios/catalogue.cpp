#include "scenarios/channel_pool/lease_expiry.hpp"
#include "scenarios/home_channel/checkpoint_reopens.hpp"
#include "scenarios/quiesce/nested_clear.hpp"
#include "scenarios/quiesce/timeout_during_drain.hpp"
#include "scenarios/scenario.hpp"

namespace heddle::scenarios {
namespace {

std::vector<Scenario> build() {
  return {
      checkpoint_reopens(),
      nested_clear(),
      timeout_during_drain(),
      lease_expiry(),
  };
}

}  // namespace

const Variant* Scenario::find_variant(std::string_view variant) const {
  for (const Variant& candidate : variants)
    if (candidate.name == variant) return &candidate;
  return nullptr;
}

const std::vector<Scenario>& catalogue() {
  static const std::vector<Scenario> all = build();
  return all;
}

const Scenario* find_scenario(std::string_view path, const std::vector<Scenario>& among) {
  const Scenario* found = nullptr;
  for (const Scenario& candidate : among) {
    if (candidate.path() == path) return &candidate;
    if (candidate.name != path) continue;
    if (found != nullptr) return nullptr;  // ambiguous
    found = &candidate;
  }
  return found;
}

}  // namespace heddle::scenarios
