// Says to a real server what a transcript's sessions said to the model, in the same order, and compares what it
// answers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/postgres/live/scratch_schema.hpp"
#include "models/postgres/transcript.hpp"

namespace heddle::cli {

/// A statement of the transcript and what the server made of it.
struct LiveStep {
  std::size_t number = 0;  ///< of the statement, from 1
  std::string task;
  std::string statement;  ///< with its parameters
  std::string outcome;    ///< "SELECT 1", "waits for submit_state", "ERROR 40001: ..."
};

class LiveReplay {
 public:
  /// Creates each database's tables in a schema of its own. Throws `pg::ServerError` if the server cannot be used.
  LiveReplay(const pg::Transcript& transcript, const std::string& uri);

  /// Runs all of it; `show` is told of each step. The first difference, as a sentence; nothing if there is none.
  [[nodiscard]] std::optional<std::string> run(const std::function<void(const LiveStep&)>& show);

  [[nodiscard]] const std::string& server_version() const noexcept { return version_; }
  [[nodiscard]] std::size_t statements() const noexcept { return statements_; }
  [[nodiscard]] std::size_t sessions() const noexcept { return sessions_.size(); }

 private:
  using Key = std::pair<std::size_t, std::uint32_t>;  ///< database and session
  struct Live {
    pg::ServerSession session;
    LiveStep step;
  };

  Live& live(const pg::TranscriptEvent& event);
  [[nodiscard]] std::optional<std::string> send(std::size_t index);
  [[nodiscard]] std::optional<std::string> compare(const pg::TranscriptEvent& event);
  void close(const pg::TranscriptEvent& event);
  [[nodiscard]] std::vector<int> blockers_of(Live& of);
  [[nodiscard]] std::string names(const std::vector<int>& pids) const;
  [[nodiscard]] std::optional<std::string> difference(const Live& of, const std::string& model,
                                                      const std::string& server) const;

  const pg::Transcript& transcript_;
  std::string uri_;
  pg::LockMonitor monitor_;
  std::string version_;
  std::vector<std::unique_ptr<pg::ScratchSchema>> schemas_;
  std::map<Key, Live> sessions_;
  std::set<Key> victims_;  ///< of deadlocks, on the model
  std::function<void(const LiveStep&)> show_;
  std::size_t statements_ = 0;
};

}  // namespace heddle::cli
