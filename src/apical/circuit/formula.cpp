// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/formula.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "apical/core/error.h"

namespace apical::formula {
namespace {

constexpr int kDeepest = 64;            // of parentheses, signs and exponents within one another
constexpr std::size_t kLongest = 1000;  // nodes

using Meaning = std::pair<Local, std::string_view>;
constexpr Meaning kOfRates[] = {
    {Local::pre, "what the synapse transmitted one step ago"},
    {Local::look, "lookahead potential of the postsynaptic soma"},
    {Local::v, "potential of the postsynaptic compartment one step ago; v_NAME: of the one called NAME"},
    {Local::a, "how much of v reaches the soma: conductance x tau"},
    {Local::rate, "rate of the postsynaptic neuron"},
    {Local::w, "the weight"},
};
constexpr Meaning kOfSpikes[] = {
    {Local::pre, "trace of the presynaptic events, one more at each"},
    {Local::event, "an event of the postsynaptic neuron: the weight jumps by what this is multiplied with"},
    {Local::burst, "a burst of the postsynaptic neuron, likewise"},
    {Local::p, "moving average of the share of its events that are bursts"},
    {Local::event_rate, "moving average of its events, in Hz"},
    {Local::burst_rate, "moving average of its bursts, in Hz"},
};
std::span<const Meaning> meanings_at(Synapse synapse) {
  return synapse == Synapse::rate ? std::span<const Meaning>(kOfRates) : std::span<const Meaning>(kOfSpikes);
}
using Reason = std::pair<std::string_view, std::string_view>;
constexpr Reason kNotLocalOfSpikes[] = {
    {"w", "a weight that jumps at spikes does so whatever it is; w_min and w_max of the rule bound it"},
    {"spike", "events and bursts are what the rule of a spiking projection hears"},
    {"loss", "the loss is known to nobody in the circuit"},
    {"error", "an error must come as bursts, by a projection to the dendrites of the neuron"},
    {"target", "a target is a current, or the activity of a population that projects to the neuron"},
    {"label", "a label is a current, or the activity of a population that projects to the neuron"},
    {"grad", "a gradient is not available at a synapse"},
    {"reward", "reward as a third factor is not available in spiking circuits yet"},
};
constexpr Reason kNotLocal[] = {
    {"loss", "the loss is known to nobody in the circuit"},
    {"error", "an error must be the activity of some population that projects to the synapse's neuron"},
    {"target", "a target is the activity of an external population; let it project to a compartment"},
    {"label", "a label is the activity of an external population; let it project to a compartment"},
    {"grad", "a gradient is not available at a synapse"},
    {"W", "the whole matrix is not available at one synapse; its own weight is w"},
    {"reward", "reward as a third factor is not available in rate circuits yet"},
};
constexpr std::pair<std::string_view, Operation> kFunctions[] = {
    {"exp", Operation::exp},   {"log", Operation::log}, {"tanh", Operation::tanh},
    {"sqrt", Operation::sqrt}, {"abs", Operation::abs}, {"relu", Operation::relu},
    {"step", Operation::step}, {"min", Operation::min}, {"max", Operation::max},
};
constexpr std::string_view kOfCompartment = "v_";

const Operation* function_named(std::string_view name) {
  for (const auto& [known, operation] : kFunctions) {
    if (known == name) return &operation;
  }
  return nullptr;
}

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Token {
  enum class Kind { end, name, number, sign } kind = Kind::end;
  std::string_view text;
  std::size_t at = 0;
  double number = 0;
};

class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) { advance(); }

  const Token& now() const { return now_; }
  bool is(std::string_view sign) const { return now_.kind == Token::Kind::sign && now_.text == sign; }
  bool take(std::string_view sign) {
    if (!is(sign)) return false;
    advance();
    return true;
  }
  void advance() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
    now_ = {.kind = Token::Kind::end, .text = {}, .at = at_};
    if (at_ == text_.size()) return;
    const char first = text_[at_];
    std::size_t length = 1;
    if (begins_name(first)) {
      while (at_ + length < text_.size() &&
             (begins_name(text_[at_ + length]) || is_digit(text_[at_ + length])))
        ++length;
      now_.kind = Token::Kind::name;
    } else if (is_digit(first) || first == '.') {
      length = take_number();
    } else {
      // Python's power is one sign.
      if (first == '*' && text_.substr(at_, 2) == "**") length = 2;
      now_.kind = Token::Kind::sign;
    }
    now_.text = text_.substr(at_, length);
    at_ += length;
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw ConfigError(
        fmt::format("'{}' is no formula: {} at column {}", text_, what, now_.at + 1), {},
        "a rule is made of names, numbers, + - * / ^, parentheses and functions such as tanh(x)");
  }
  /// What stands here, for messages.
  std::string found() const {
    return now_.kind == Token::Kind::end ? "its end" : fmt::format("'{}'", now_.text);
  }

 private:
  std::size_t take_number() {
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), now_.number);
    if (error == std::errc::result_out_of_range) refuse("a number beyond all that can be computed with");
    if (error != std::errc()) refuse("'.' is no number");
    now_.kind = Token::Kind::number;
    return static_cast<std::size_t>(end - begin);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Token now_;
};

class Parser {
 public:
  Parser(const Formula& formula, Synapse synapse)
      : formula_(formula), synapse_(synapse), tokens_(formula.text) {}

  Expression parse() {
    const std::uint32_t whole = sum(0);
    if (tokens_.now().kind != Token::Kind::end) {
      tokens_.refuse(fmt::format("{} where an operation, or the end, was expected", tokens_.found()));
    }
    for (const auto& [name, number] : formula_.numbers) {
      if (std::ranges::find(used_, name) == used_.end())
        throw ConfigError(fmt::format("'{}' does not occur in '{}'", name, formula_.text));
    }
    APICAL_CHECK(whole + 1 == out_.nodes.size());
    return std::move(out_);
  }

 private:
  std::uint32_t sum(int depth) {
    std::uint32_t left = product(depth);
    while (tokens_.is("+") || tokens_.is("-")) {
      const Operation o = tokens_.is("+") ? Operation::add : Operation::subtract;
      tokens_.advance();
      left = made(o, left, product(depth));
    }
    return left;
  }
  std::uint32_t product(int depth) {
    std::uint32_t left = signed_power(depth);
    while (tokens_.is("*") || tokens_.is("/")) {
      const Operation o = tokens_.is("*") ? Operation::multiply : Operation::divide;
      tokens_.advance();
      left = made(o, left, signed_power(depth));
    }
    return left;
  }
  std::uint32_t signed_power(int depth) {
    deeper(depth);
    if (tokens_.take("-")) {
      const std::uint32_t of = signed_power(depth + 1);
      return made(Operation::negate, of, of);
    }
    if (tokens_.take("+")) return signed_power(depth + 1);
    const std::uint32_t base = primary(depth);
    if (!tokens_.take("^") && !tokens_.take("**")) return base;
    return made(Operation::power, base, signed_power(depth + 1));
  }
  std::uint32_t primary(int depth) {
    const Token token = tokens_.now();
    if (tokens_.take("(")) return closed(sum(depth + 1));
    if (token.kind == Token::Kind::number) {
      tokens_.advance();
      return constant(token.number);
    }
    if (token.kind != Token::Kind::name) {
      tokens_.refuse(fmt::format("{} where a number, a name or '(' was expected", tokens_.found()));
    }
    tokens_.advance();
    const Operation* const function = function_named(token.text);
    if (function == nullptr) {
      if (tokens_.is("(")) tokens_.refuse(unknown_function(token.text));
      return named(std::string(token.text));
    }
    if (!tokens_.take("("))
      tokens_.refuse(fmt::format("{} where '(' after {} was expected", tokens_.found(), token.text));
    const std::uint32_t left = sum(depth + 1);
    std::uint32_t right = left;
    if (takes_two(*function)) {
      if (!tokens_.take(","))
        tokens_.refuse(
            fmt::format("{} where the second value of {} was expected", tokens_.found(), token.text));
      right = sum(depth + 1);
    }
    return made(*function, closed(left), right);
  }

  void deeper(int depth) const {
    if (depth > kDeepest)
      tokens_.refuse(fmt::format("more than {} parentheses or signs within one another", kDeepest));
  }
  std::uint32_t closed(std::uint32_t inner) {
    if (!tokens_.take(")")) tokens_.refuse(fmt::format("{} where ')' was expected", tokens_.found()));
    return inner;
  }
  std::string unknown_function(std::string_view name) const {
    std::vector<std::string> known;
    known.reserve(std::size(kFunctions));
    for (const auto& [function, operation] : kFunctions) known.emplace_back(function);
    return fmt::format("unknown function '{}' ({}),", name, suggestion(name, known));
  }

  std::uint32_t named(const std::string& name) {
    const auto number = formula_.numbers.find(name);
    const std::span<const Meaning> known = meanings_at(synapse_);
    const auto local = std::ranges::find(known, name, [](const Meaning& m) { return name_of(m.first); });
    const bool is_local = local != known.end();
    if (number != formula_.numbers.end()) {
      used_.push_back(name);
      if (!std::isfinite(number->second))
        throw ConfigError(fmt::format("'{}' is {}; expected a finite number", name, number->second));
      if (is_local && name != name_of(Local::a)) {
        throw ConfigError(
            fmt::format("'{}' is what the synapse knows and no number ({})", name, local->second), {},
            "give the number another name");
      }
      return constant(number->second);
    }
    if (is_local) return leaf(local->first, {});
    const bool spikes = synapse_ == Synapse::spiking;
    if (!spikes && name.starts_with(kOfCompartment) && name.size() > kOfCompartment.size())
      return leaf(Local::v, name.substr(kOfCompartment.size()));
    const auto reasons =
        spikes ? std::span<const Reason>(kNotLocalOfSpikes) : std::span<const Reason>(kNotLocal);
    for (const auto& [far, why] : reasons) {
      if (far == name) throw ConfigError(fmt::format("'{}' is not local to a synapse: {}", name, why));
    }
    std::vector<std::string> names;
    for (const auto& [nearby, meaning] : known) names.emplace_back(name_of(nearby));
    for (const auto& [given, value] : formula_.numbers) names.push_back(given);
    const std::string near = nearest_name(name, names);
    throw ConfigError(
        fmt::format("'{}' is neither a number that was given nor local to a synapse\n  local are {}", name,
                    fmt::join(meanings(synapse_), "; ")),
        {},
        near.empty() ? fmt::format("give it a value, {} = …", name)
                     : fmt::format("did you mean '{}'? Or give it a value, {} = …", near, name));
  }

  std::uint32_t constant(double number) { return add({.operation = Operation::number, .number = number}); }
  std::uint32_t leaf(Local local, std::string compartment) {
    return add({.operation = Operation::local, .local = local, .compartment = std::move(compartment)});
  }
  std::uint32_t made(Operation o, std::uint32_t left, std::uint32_t right) {
    const Node &l = out_.nodes[left], &r = out_.nodes[right];
    if (l.operation != Operation::number || r.operation != Operation::number)
      return add({.operation = o, .left = left, .right = right});
    const double number = value_of(o, l.number, r.number);
    if (!std::isfinite(number)) {
      throw ConfigError(
          fmt::format("a part of '{}' that is made of numbers alone is {}; expected a finite number",
                      formula_.text, number));
    }
    return constant(number);
  }
  std::uint32_t add(Node node) {
    if (out_.nodes.size() == kLongest)
      throw ConfigError(fmt::format("a formula has more than {} names, numbers and operations", kLongest));
    out_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(out_.nodes.size() - 1);
  }

  const Formula& formula_;
  Synapse synapse_;
  Tokens tokens_;
  std::vector<std::string> used_;
  Expression out_;
};

}  // namespace

bool Expression::uses(Local local) const {
  return std::ranges::any_of(
      nodes, [&](const Node& n) { return n.operation == Operation::local && n.local == local; });
}

std::vector<std::string> Expression::compartments() const {
  std::vector<std::string> names;
  for (const Node& n : nodes) {
    if (!n.compartment.empty() && std::ranges::find(names, n.compartment) == names.end())
      names.push_back(n.compartment);
  }
  return names;
}

std::vector<std::string> meanings(Synapse synapse) {
  std::vector<std::string> out;
  for (const auto& [local, meaning] : meanings_at(synapse))
    out.push_back(fmt::format("{}: {}", name_of(local), meaning));
  return out;
}

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (Tokens tokens(text); tokens.now().kind != Token::Kind::end; tokens.advance()) {
    const std::string name(tokens.now().text);
    if (tokens.now().kind != Token::Kind::name || function_named(name) != nullptr) continue;
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

Expression parse(const Formula& formula, Synapse synapse) { return Parser(formula, synapse).parse(); }

double value_of(Operation operation, double left, double right) {
  switch (operation) {
    case Operation::add:
      return left + right;
    case Operation::subtract:
      return left - right;
    case Operation::multiply:
      return left * right;
    case Operation::divide:
      return left / right;
    case Operation::power:
      return std::pow(left, right);
    case Operation::min:
      return std::isnan(left) || left < right ? left : right;
    case Operation::max:
      return std::isnan(left) || left > right ? left : right;
    case Operation::negate:
      return -left;
    case Operation::exp:
      return std::exp(left);
    case Operation::log:
      return std::log(left);
    case Operation::tanh:
      return std::tanh(left);
    case Operation::sqrt:
      return std::sqrt(left);
    case Operation::abs:
      return std::abs(left);
    case Operation::relu:
      return left < 0 ? 0 : left;
    case Operation::step:
      return std::isnan(left) ? left : left > 0 ? 1 : 0;
    case Operation::number:
    case Operation::local:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace apical::formula
