// The grammar of isolationtester's specparse.y, by recursive descent, and the checks of its check_testspec.
#include <algorithm>
#include <charconv>
#include <map>

#include "tools/isolation/spec.hpp"
#include "tools/isolation/spec_lexer.hpp"

namespace heddle::isolation {
namespace {

using Kind = Token::Kind;

std::string shown(const Token& token) {
  switch (token.kind) {
    case Kind::end:
      return "the end of the file";
    case Kind::sql:
      return "a block of SQL";
    case Kind::quoted:
      return "\"" + token.text + "\"";
    default:
      return "'" + token.text + "'";
  }
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : lexer_(text, file), token_(lexer_.next()) {}

  Spec parse() {
    while (accept("setup")) spec_.setups.push_back(sql_block("setup"));
    if (accept("teardown")) spec_.teardown = sql_block("teardown");
    while (accept("session")) session();
    if (spec_.sessions.empty())
      fail("a specification needs at least one session, and here is " + shown(token_) +
           "; the order is: setup, teardown, session ..., permutation ...");
    while (accept("permutation")) permutation();
    if (token_.kind != Kind::end) fail("expected 'session', 'step', 'permutation' or the end, not " + shown(token_));
    find_unused();
    return std::move(spec_);
  }

 private:
  [[noreturn]] void fail(const std::string& sentence) const { lexer_.fail(token_, sentence); }
  Token take() {
    Token taken = std::move(token_);
    token_ = lexer_.next();
    return taken;
  }
  [[nodiscard]] bool is(std::string_view keyword) const { return token_.kind == Kind::word && token_.text == keyword; }
  bool accept(std::string_view keyword) {
    if (!is(keyword)) return false;
    take();
    return true;
  }
  bool accept(Kind kind) {
    if (token_.kind != kind) return false;
    take();
    return true;
  }
  /// Keywords are names only in quotes.
  [[nodiscard]] bool is_name() const {
    static constexpr std::string_view keywords[] = {"permutation", "session", "setup", "step", "teardown", "notices"};
    return token_.kind == Kind::quoted ||
           (token_.kind == Kind::word &&
            std::find(std::begin(keywords), std::end(keywords), token_.text) == std::end(keywords));
  }
  Token name(const std::string& of) {
    if (!is_name()) fail("expected the name of " + of + ", not " + shown(token_));
    return take();
  }
  std::string sql_block(const std::string& of) {
    if (token_.kind != Kind::sql) fail("expected the SQL of " + of + " in braces, not " + shown(token_));
    return take().text;
  }

  void session() {
    Session session;
    session.name = name("a session").text;
    if (accept("setup")) session.setup = sql_block("the session's setup");
    if (!is("step")) fail("a session needs at least one step, and here is " + shown(token_));
    while (accept("step")) session.steps.push_back(step(spec_.sessions.size()));
    if (accept("teardown")) session.teardown = sql_block("the session's teardown");
    spec_.sessions.push_back(std::move(session));
  }

  std::size_t step(std::size_t session) {
    const Token token = name("a step");
    const std::size_t index = spec_.steps.size();
    if (!steps_.emplace(token.text, index).second)
      lexer_.fail(token, "there is a step named \"" + token.text + "\" already; names are unique in the whole file");
    spec_.steps.push_back({token.text, sql_block("step " + token.text), session});
    return index;
  }

  std::size_t known_step(const Token& token) const {
    const auto found = steps_.find(token.text);
    if (found == steps_.end()) lexer_.fail(token, "there is no step named \"" + token.text + "\"");
    return found->second;
  }

  void permutation() {
    Permutation permutation;
    places_.clear();
    if (!is_name()) fail("expected the name of a step, not " + shown(token_));
    while (is_name()) {
      PermutationStep step{known_step(token_), {}};
      take();
      if (accept(Kind::open)) blockers(step);
      permutation.push_back(std::move(step));
    }
    check_blockers(permutation);
    spec_.permutations.push_back(std::move(permutation));
  }

  void blockers(PermutationStep& step) {
    do {
      Blocker blocker;
      if (token_.kind == Kind::star) {
        take();
      } else {
        const Token token = name("a step, or '*'");
        blocker.kind = Blocker::Kind::step;
        blocker.step = known_step(token);
        if (spec_.steps[blocker.step].session == spec_.steps[step.step].session)
          lexer_.fail(token, "step \"" + spec_.steps[step.step].name + "\" cannot wait for a step of its own session");
        places_.emplace_back(token, blocker.step);
        if (accept("notices")) {
          if (token_.kind != Kind::number) fail("expected the number of notices, not " + shown(token_));
          blocker.kind = Blocker::Kind::notices;
          const std::string digits = take().text;
          if (std::from_chars(digits.data(), digits.data() + digits.size(), blocker.notices).ec != std::errc())
            fail("the number of notices, " + digits + ", is too large");
        }
      }
      step.blockers.push_back(blocker);
    } while (accept(Kind::comma));
    if (!accept(Kind::close)) fail("expected ',' or ')', not " + shown(token_));
  }

  void check_blockers(const Permutation& permutation) const {
    for (const auto& [token, step] : places_) {
      const auto is_it = [step = step](const PermutationStep& other) { return other.step == step; };
      if (std::none_of(permutation.begin(), permutation.end(), is_it))
        lexer_.fail(token,
                    "step \"" + token.text + "\" does not occur in this permutation, so nothing can wait for it");
    }
  }

  void find_unused() {
    if (spec_.permutations.empty()) return;
    std::vector<bool> used(spec_.steps.size());
    for (const Permutation& permutation : spec_.permutations)
      for (const PermutationStep& step : permutation) used[step.step] = true;
    for (const auto& [name, index] : steps_)
      if (!used[index]) spec_.unused_steps.push_back(name);
  }

  Lexer lexer_;
  Token token_;
  Spec spec_;
  std::map<std::string, std::size_t, std::less<>> steps_;
  std::vector<std::pair<Token, std::size_t>> places_;  ///< of the steps that this permutation's steps wait for
};

void interleave(const Spec& spec, std::vector<std::size_t>& done, Permutation& prefix, std::vector<Permutation>& all) {
  bool is_complete = true;
  for (std::size_t i = 0; i < spec.sessions.size(); ++i) {
    if (done[i] == spec.sessions[i].steps.size()) continue;
    is_complete = false;
    prefix.push_back({spec.sessions[i].steps[done[i]++], {}});
    interleave(spec, done, prefix, all);
    prefix.pop_back();
    --done[i];
  }
  if (is_complete) all.push_back(prefix);
}

}  // namespace

std::vector<Permutation> Spec::all_permutations() const {
  if (!permutations.empty()) return permutations;
  std::vector<Permutation> all;
  std::vector<std::size_t> done(sessions.size());
  Permutation prefix;
  interleave(*this, done, prefix, all);
  return all;
}

Spec parse_spec(std::string_view text, const std::string& file) {
  return Parser(text, file).parse();
}

}  // namespace heddle::isolation
