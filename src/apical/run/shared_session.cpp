// SPDX-License-Identifier: Apache-2.0
#include "apical/run/shared_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "apical/core/build_info.h"
#include "apical/engine/layered/gemm.h"
#include "apical/engine/layered/shared_parts.h"
#include "apical/engine/rate/engine.h"
#include "apical/engine/rate/kernels.h"
#include "apical/io/hash.h"
#include "apical/rules/handed_rule.h"
#include "apical/run/data_record.h"

namespace apical {
namespace {

/// What rank 0 says is to be done; what is needed for it follows.
enum class Deed : std::uint8_t {
  open,
  prepare,
  load,
  advance,
  save,
  save_fault,
  write_artifacts,
  examine,
  close,
  dismiss
};

void say(Ranks& ranks, Deed deed, std::span<const std::byte> with = {}) {
  Ranks::Bytes message{static_cast<std::byte>(deed)};
  message.insert(message.end(), with.begin(), with.end());
  ranks.tell(message, Ranks::Wait::patiently);
}

/// Does a rank's share of a deed. An error of one is one of all; so is a numerical fault, whoever found it,
/// after which they go on together: the state is kept.
template <class F>
void together(Ranks& ranks, F&& f) {
  try {
    f();
  } catch (const RankFailed&) {
    throw;
  } catch (const RaisedFault&) {
    throw;
  } catch (const NumericalFault& fault) {
    ranks.throw_on_all(fault);
  } catch (const std::exception& e) {
    ranks.fail(e);
    throw;
  }
  ranks.exchange({});
}

std::unique_ptr<Session> open_share(const Experiment& e, Resources resources, Ranks& ranks) {
  resources.ranks = &ranks;
  return open(e, resources);
}

/// What has to be the same everywhere for the same bits: each rank computes parts that the others do not
/// hear.
std::string makings_of(const Experiment& e, const Session& session, ThreadPool& pool) {
  const std::string target = rate::current_target();
  const bool layered = std::holds_alternative<models::LayeredNetwork>(e.subject);
  std::string text = fmt::format("numerics {}, {}{}", kNumericsVersion,
                                 target.starts_with("AVX") ? "AVX kernels" : target + " kernels",
                                 layered ? ", BLAS kernels " + layered::blas_core_name() : "");
  const std::string data = text_of(data_of(session, pool).fingerprint);
  return data.empty() ? text : text + ", data " + io::xxh3_hex(data);
}

/// DataError of rank 0, and so an end of all, where a rank has other makings.
void require_alike(const Experiment& e, const Session& session, ThreadPool& pool, Ranks& ranks) {
  const std::string own = makings_of(e, session, pool);
  std::string unlike;
  const auto all = ranks.exchange(io::bytes_of(own));
  for (std::size_t r = 0; r < all.size(); ++r) {
    const std::string_view other{reinterpret_cast<const char*>(all[r].data()), all[r].size()};
    if (other == own || !unlike.empty()) continue;
    unlike =
        fmt::format("rank {} would compute with {}, rank {} with {}: their parts would not be of one run", r,
                    other, ranks.rank(), own);
  }
  together(ranks, [&] {
    if (ranks.leads() && !unlike.empty()) throw DataError(unlike);
  });
}

class SharedSession final : public Session {
 public:
  SharedSession(const Experiment& e, const Resources& resources, Ranks& ranks) : ranks_(ranks) {
    say(ranks_, Deed::open, io::bytes_of(e.resolved));
    together(ranks_, [&] { session_ = open_share(e, resources, ranks_); });
    require_alike(e, *session_, resources.pool, ranks_);
  }
  ~SharedSession() override {
    try {
      say(ranks_, Deed::close);
    } catch (const std::exception&) {
      // One of the others has failed: all end.
    }
  }
  SharedSession(const SharedSession&) = delete;
  SharedSession& operator=(const SharedSession&) = delete;

  void prepare(const io::Path& run) override {
    share(Deed::prepare, {}, [&] { session_->prepare(run); });
  }
  /// Section by section, so that a large state is not there twice.
  void load(const io::Checkpoint& checkpoint, const std::string& origin) override {
    const std::uint64_t sections = checkpoint.sections.size();
    share(Deed::load, std::as_bytes(std::span(&sections, 1)), [&] {
      for (const io::CheckpointSection& s : checkpoint.sections) {
        ranks_.tell(io::bytes_of(s.name));
        ranks_.tell(s.state);
      }
      session_->load(checkpoint, origin);
    });
  }
  void begin_again(const io::Path& run) override { session_->begin_again(run); }
  /// Whoever is asked to stop is heard at the next exchange, so that all stop at the same point.
  Step advance(const std::atomic<bool>&, Listener& listener) override {
    Step step{};
    share(Deed::advance, {}, [&] { step = session_->advance(ranks_.stop(), listener); });
    return step;
  }
  bool resumable() const override { return session_->resumable(); }
  std::vector<io::CheckpointSection> save() override {
    std::vector<io::CheckpointSection> state;
    share(Deed::save, {}, [&] { state = session_->save(); });
    return state;
  }
  std::vector<io::CheckpointSection> fault_state() override {
    std::vector<io::CheckpointSection> state;
    share(Deed::save_fault, {}, [&] { state = session_->fault_state(); });
    return state;
  }
  void examine(Examination& x) override {
    share(Deed::examine, {}, [&] { session_->examine(x); });
  }
  // What only reads what rank 0 has.
  std::vector<Variable> variables() const override { return session_->variables(); }
  std::string origin_hash() const override { return session_->origin_hash(); }
  const Dataset* data() const override { return session_->data(); }
  DataFingerprint files() const override { return session_->files(); }
  void describe(nlohmann::json& manifest) const override { session_->describe(manifest); }
  std::vector<Measurement> conclusions(std::span<const Measurement> measured) const override {
    return session_->conclusions(measured);
  }
  std::vector<std::string> remarks(std::span<const Measurement> measured) const override {
    return session_->remarks(measured);
  }
  void write_artifacts(const io::Path& run) override {
    share(Deed::write_artifacts, {}, [&] { session_->write_artifacts(run); });
  }
  void tidy(const io::Path& run) override { session_->tidy(run); }

 private:
  template <class F>
  void share(Deed deed, std::span<const std::byte> with, F&& f) {
    say(ranks_, deed, with);
    together(ranks_, f);
  }

  Ranks& ranks_;
  std::unique_ptr<Session> session_;
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Experiment experiment_in(std::span<const std::byte> bytes) {
  return read_experiment(TomlDocument::parse(text_of(bytes), "experiment of rank 0"));
}

/// One deed of a rank other than 0.
void take_part(Deed deed, std::span<const std::byte> with, std::unique_ptr<Session>& session,
               const Resources& resources, Ranks& ranks) {
  Listener nobody;
  switch (deed) {
    case Deed::open:
      session = open_share(experiment_in(with), resources, ranks);
      return;
    case Deed::prepare:
      return session->prepare({});
    case Deed::load: {
      std::uint64_t sections = 0;
      APICAL_CHECK(with.size() == sizeof sections);
      std::memcpy(&sections, with.data(), sizeof sections);
      io::Checkpoint checkpoint;
      for (; sections > 0; --sections) {
        checkpoint.sections.push_back({text_of(ranks.listen()), {}});
        checkpoint.sections.back().state = ranks.listen();
      }
      return session->load(checkpoint, "checkpoint of rank 0");
    }
    case Deed::advance:
      session->advance(ranks.stop(), nobody);
      return;
    case Deed::save:
      session->save();
      return;
    case Deed::save_fault:
      session->fault_state();
      return;
    case Deed::write_artifacts:
      return session->write_artifacts({});
    case Deed::examine: {
      Examination nothing;
      return session->examine(nothing);
    }
    case Deed::close:
    case Deed::dismiss:
      break;
  }
}

}  // namespace

namespace {

struct Refusal {
  const Experiment& e;
  std::string operator()(const SpikingExperiment& s) const {
    return s.course.protocol ? "its protocol pairs a few neurons, one pairing after the other" : "";
  }
  std::string operator()(const Circuit& circuit) const {
    const bool lanes = e.double_precision ? rate::RateEngine<double>::chooses_lanes(circuit, e.seeds.size())
                                          : rate::RateEngine<float>::chooses_lanes(circuit, e.seeds.size());
    // What is divided is laid out one seed at a time.
    if (lanes && !e.task_info().sequences) return "its seeds lie side by side, which is faster";
    return rate::why_not_shared(circuit);
  }
  std::string operator()(const models::LayeredNetwork& network) const {
    if (e.reward) return "a policy that learns from reward decides one step at a time";
    if (network.rule.as<layered::HandedRuleOptions>() != nullptr)
      return "its rule belongs to the program that hands it in";
    return layered::why_not_shared(network.network, network.batch);
  }
  std::string operator()(const models::RecurrentNetwork&) const {
    return "recurrent networks show one sample after the other";
  }
};

}  // namespace

std::string why_not_shared(const Experiment& e) { return std::visit(Refusal{e}, e.subject); }

bool can_be_shared(const std::vector<Experiment>& experiments) {
  return std::all_of(experiments.begin(), experiments.end(),
                     [](const Experiment& e) { return why_not_shared(e).empty(); });
}

std::unique_ptr<Session> open_shared(const Experiment& e, const Resources& resources, Ranks& ranks) {
  if (const std::string why = why_not_shared(e); !why.empty())
    throw ConfigError(fmt::format("{}: one run of it cannot be shared by several ranks: {}", e.label, why),
                      {}, "leave --spread circuit out, or give --spread seeds");
  return std::make_unique<SharedSession>(e, resources, ranks);
}

Ranks::Bytes follow(const Resources& resources, Ranks& ranks) {
  std::unique_ptr<Session> session;
  for (;;) {
    const Ranks::Bytes message = ranks.listen(Ranks::Wait::patiently);
    APICAL_CHECK(!message.empty());
    const auto deed = static_cast<Deed>(message.front());
    const std::span<const std::byte> with = std::span(message).subspan(1);
    if (deed == Deed::dismiss) return {with.begin(), with.end()};
    if (deed == Deed::close) {
      session.reset();
      continue;
    }
    try {
      together(ranks, [&] { take_part(deed, with, session, resources, ranks); });
      if (deed == Deed::open) require_alike(experiment_in(with), *session, resources.pool, ranks);
    } catch (const NumericalFault&) {
      // Rank 0 has it too, and says what comes now.
    }
  }
}

void dismiss(Ranks& ranks, const Ranks::Bytes& with) { say(ranks, Deed::dismiss, with); }

}  // namespace apical
