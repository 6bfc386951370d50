// Two workers lease one channel from a key-value store, submit to it twice, and release the lease. Nothing keeps a
// worker from being slower than its TTL: then the lease passes to the other worker while the first one still believes
// that it holds it.
//
// Properties:
//  - release_only_own: nobody's release removes the lease of another worker;
//  - one_holder_per_channel: once a later holder has submitted, nothing that an earlier holder submits takes effect.
//  (That an earlier
//    holder still submits after its TTL, but before its successor does, is as if it had been in time.)
#include "scenarios/channel_pool/lease_expiry.hpp"

#include <string>

#include "models/kv/session.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view lease_key = "NET:channel:in-use:1";
constexpr std::string_view token_key = "NET:channel:fencing:1";
constexpr kv::Milliseconds lease_ttl = 100ms;
constexpr int worker_count = 2;
constexpr int submissions_per_lease = 2;

constexpr sim::Op submit_op{"submit", sim::Unwinds::at_once};

enum class Release : std::uint8_t { delete_unconditionally, compare_then_delete, compare_and_delete };

struct LeaseProtocol {
  Release release = Release::compare_and_delete;
  bool fenced = false;  ///< the channel refuses a submission whose token is older than one it has seen
};

/// The resource that the lease guards.
class Channel {
 public:
  explicit Channel(bool fenced)
      : fenced_(fenced),
        execution_(sim::Execution::current()),
        object_(execution_.add_object("channel", "channel-1")) {}

  /// `tenure`: which acquisition of the lease the caller acts on, the truth; `token`: what the caller can show for it.
  /// Whether the submission took effect.
  bool submit(int tenure, std::int64_t token, std::source_location where = std::source_location::current()) {
    if (!execution_.step(submit_op, object_, sim::Access::write, where)) return false;
    execution_.touch(object_, sim::Access::write);
    if (fenced_ && token < highest_token_) {
      execution_.note([&] {
        return "refused: token " + std::to_string(token) + " is older than " + std::to_string(highest_token_);
      });
      refused_ = true;
      return false;
    }
    highest_token_ = token;
    sim::check("one_holder_per_channel", tenure >= last_tenure_, [&] {
      return "holder number " + std::to_string(tenure) + " submitted after holder number " +
             std::to_string(last_tenure_) + " had";
    });
    last_tenure_ = tenure;
    return true;
  }
  [[nodiscard]] bool refused_any() const noexcept { return refused_; }

 private:
  bool fenced_;
  sim::Execution& execution_;
  sim::ObjectId object_;
  std::int64_t highest_token_ = 0;
  int last_tenure_ = 0;
  bool refused_ = false;
};

class Run {
 public:
  Run(sim::World& world, const LeaseProtocol& protocol)
      : world_(world), protocol_(protocol), channel_(protocol.fenced) {
    store_.observe([this](const kv::Change& change) { on_change(change); });
  }

  void operator()() {
    for (int i = 0; i < worker_count; ++i)
      world_.task({"worker", i}, [this, i] { work("worker-" + std::to_string(i)); });
    world_.run();
    world_.sometimes("a lease expired under its holder", expired_);
    world_.sometimes("both workers held the lease", tenures_ == worker_count);
    if (protocol_.fenced) world_.sometimes("a late submission was refused", channel_.refused_any());
  }

 private:
  /// Releases at the end of its scope, however that is left.
  class Lease {
   public:
    Lease(Run& run, const std::string& owner) : run_(run), owner_(owner) {}
    ~Lease() { run_.release(owner_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    Run& run_;
    const std::string& owner_;
  };

  void work(const std::string& owner) {
    std::int64_t token = 0;
    if (protocol_.fenced) {
      token = client_.acquire(lease_key, owner, lease_ttl, token_key).value_or(0);
      if (token == 0) return;
    } else if (!client_.set(lease_key, owner, {.condition = kv::SetIf::absent, .ttl = lease_ttl})) {
      return;
    }
    const int tenure = tenures_;
    const Lease lease(*this, owner);
    for (int i = 0; i < submissions_per_lease; ++i)
      if (!channel_.submit(tenure, token)) return;
  }

  void release(const std::string& owner) {
    switch (protocol_.release) {
      case Release::delete_unconditionally:
        client_.del(lease_key);
        break;
      case Release::compare_then_delete:
        if (client_.get(lease_key) == owner) client_.del(lease_key);
        break;
      case Release::compare_and_delete:
        client_.compare_and_delete(lease_key, owner);
        break;
    }
  }

  void on_change(const kv::Change& change) {
    if (change.key != lease_key) return;
    if (!change.before) ++tenures_;
    if (change.after) return;
    if (change.expired) {
      expired_ = true;
      return;
    }
    const std::string deleter = sim::Execution::current().running_task().name.str();
    sim::check("release_only_own", *change.before == deleter,
               [&] { return deleter + " released the lease of " + std::string(*change.before); });
  }

  sim::World& world_;
  LeaseProtocol protocol_;
  kv::Store store_;
  kv::StoreClient client_{store_};
  Channel channel_;
  int tenures_ = 0;
  bool expired_ = false;
};

Variant variant(std::string name, std::string summary, const LeaseProtocol& protocol, Expectation expected) {
  sim::ExecutionOptions options;
  options.time = sim::TimeMode::any_time;
  options.slack = worker_count;  // each worker's lease may run out under it
  return {std::move(name), std::move(summary), std::move(expected),
          [protocol](sim::World& world) { Run(world, protocol)(); }, options};
}

}  // namespace

Scenario lease_expiry() {
  Scenario scenario;
  scenario.family = "channel_pool";
  scenario.name = "lease_expiry";
  scenario.summary =
      "a worker outlives the TTL of its lease and meets its successor, at the release and at the channel";
  scenario.properties = {"release_only_own", "one_holder_per_channel"};
  const std::vector<std::string> both = scenario.properties;
  scenario.variants = {
      variant("delete_unconditionally", "the release deletes the key, whoever's lease it now is",
              {Release::delete_unconditionally, false}, {.violates = both}),
      variant("compare_then_delete", "the release reads the key and deletes it if it is its own: two calls",
              {Release::compare_then_delete, false}, {.violates = both}),
      variant("compare_and_delete", "the release compares and deletes in one call; a late holder still submits",
              {Release::compare_and_delete, false},
              {.violates = {"one_holder_per_channel"}, .holds = {"release_only_own"}}),
      variant("fencing_token", "each lease comes with a rising token, and the channel refuses an older one",
              {Release::compare_and_delete, true}, {.holds = both}),
  };
  return scenario;
}

}  // namespace heddle::scenarios
