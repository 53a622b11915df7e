// SPDX-License-Identifier: Apache-2.0
// One executing copy of a circuit: either a single replica with neurons along the vectors (wide layout), or
// kLanes replicas with one SIMD lane each. Builds the state and the list of kernel calls of a step.
#pragma once

#include <concepts>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/core/random.h"
#include "apical/core/threads.h"
#include "apical/engine/rate/formula_program.h"
#include "apical/engine/rate/kernels.h"
#include "apical/engine/rate/perturbation.h"
#include "apical/engine/rate/sharing.h"

namespace apical::rate {

/// Which pathways learn in a step. `observe_credit` evaluates the rules' factors without applying them.
/// `refresh` is as if some pathway learned at rate 0: weights stay, but transposed views catch up with them
/// and filters of factors run.
struct Learning {
  bool forward = false, lateral = false, feedback = false;
  bool observe_credit = false;
  bool refresh = false;
  bool any() const { return forward || lateral || feedback || refresh; }
  bool in(Pathway p) const {
    return p == Pathway::forward   ? forward
           : p == Pathway::lateral ? lateral
                                   : p == Pathway::feedback && feedback;
  }
  static Learning all() { return {.forward = true, .lateral = true, .feedback = true}; }
};

/// Supplies the amplitude-scaled noise of a population for a step (before its `scale`), or returns false for
/// no new draw in this step. For replaying recorded noise.
using NoiseSource = std::function<bool(PopulationId, Step, std::span<double>)>;

template <class Real>
class Network {
 public:
  /// `seeds` has 1 entry (wide) or up to kLanes (lanes). `all_quantities` also computes what no projection
  /// reads (slopes, the lookahead of the finished step), for recordings.
  /// With ranks all make the same calls, and what a call says is said of the whole, on every rank.
  Network(const Circuit& circuit, std::span<const std::uint64_t> seeds, bool lanes, bool all_quantities,
          ThreadPool* pool, Sharing sharing = {});
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  void advance(Step steps, const Learning& learning);
  Step step() const { return step_; }

  /// Takes the place of those before; empty: none. ConfigError, see validate().
  void set_perturbations(std::vector<Perturbation> perturbations);
  /// Perturbations count their steps from `at`.
  void mark_event(Step at) { event_ = at; }

  template <class Value>
  void set_external(PopulationId p, std::size_t replica, std::span<const Value> values);
  void clear_external(PopulationId p);

  std::size_t size(PopulationId p) const { return populations_.at(p.value)->size; }
  /// Variables: "rate", "soma", "lookahead", "prospective", "slope", "mismatch", "noise", "rate_highpass", a
  /// compartment's name (with suffix "_noisy" after noise), or what a delayed projection transmits, e.g.
  /// "rate_delayed1". ConfigError for others.
  Real* variable(PopulationId p, std::string_view name);
  std::vector<std::string> variables(PopulationId p) const;
  void read(PopulationId p, std::string_view name, std::size_t replica, std::span<double> out);
  void write(PopulationId p, std::string_view name, std::size_t replica, std::span<const double> values);
  /// Sets the soma to `now` as if it had been `before` one step ago (the lookahead sees the jump).
  void set_soma(PopulationId p, std::size_t replica, std::span<const double> now,
                std::span<const double> before);
  /// Sets the soma alone: the lookahead sees the jump from where the soma was a step ago.
  void reset_soma(PopulationId p, std::size_t replica, std::span<const double> now);

  Matrix<double> weights(ProjectionId j, std::size_t replica) const;
  void set_weights(ProjectionId j, std::size_t replica, const Matrix<double>& values);
  /// What is initialised from weights of other projections, from what those are now; before anything was
  /// learned.
  void derive_weights();
  /// 1 where a synapse exists, else 0; empty if all do.
  Matrix<double> existing(ProjectionId j, std::size_t replica) const;
  /// A view's fixed deviation.
  void set_deviation(ProjectionId j, std::size_t replica, const Matrix<double>& values);
  Matrix<double> deviation(ProjectionId j, std::size_t replica) const;
  /// A view's matrix until the first refresh, i.e. until the end of the first step with learning.
  void set_until_refresh(ProjectionId j, std::size_t replica, const Matrix<double>& values);

  /// Factors of the rank-one update that the rule of `j` asked for in the last step (per unit of dt eta).
  void credit(ProjectionId j, std::size_t replica, std::span<double> post, std::span<double> pre) const;
  /// Of a rule that is interpreted: the whole update, after a step that observed credit; one to one a single
  /// row.
  void credit(ProjectionId j, std::size_t replica, Matrix<double>& whole) const;

  /// Slope and offset of the activation of each neuron, as drawn for the replica.
  std::vector<double> neuron_slopes(PopulationId p, std::size_t replica) const;
  std::vector<double> neuron_offsets(PopulationId p, std::size_t replica) const;

  void set_eta(ProjectionId j, double eta);
  double eta(ProjectionId j) const;
  void set_noise_source(NoiseSource source) { noise_source_ = std::move(source); }

  /// Throws NumericalFault for the first value that is not finite.
  void check_finite() const;

  /// Of the whole.
  std::size_t bytes() const;
  /// Of what is here, if ranks share it.
  std::size_t own_bytes() const;
  /// Bytes of weight memory read and written by one step with learning (for rooflines).
  std::size_t bytes_per_step() const { return bytes_per_step_; }
  std::size_t bytes_written_per_step() const { return bytes_written_per_step_; }
  bool uses_lanes() const { return lanes_ > 1; }
  /// Has matrices large enough to be shared among threads.
  bool splits_matrices() const { return !parallel_.empty(); }

  /// Where ranks share it, a writer gets whole matrices on rank 0, and empty ones elsewhere; a reader has the
  /// whole everywhere. One that takes parts (StateVisitor) gets those that are here.
  template <class Archive>
  void visit_state(Archive& a) {
    a("step", step_);
    a("event", event_);
    for (auto& array : arrays_) {
      if (!array.is_state) continue;
      if (array.divided == nullptr) {
        a(array.name, std::span<Real>(array.values));
      } else if (takes_parts(a)) {
        a(array.name, part_of(array));
      } else {
        visit_whole(a, array);
      }
    }
    for (auto& j : projections_) {
      a(j->name + ".pending", j->pending);
      a(j->name + ".pending_scale", j->pending_scale);
      a(j->name + ".eta", j->eta);
      a(j->name + ".until_refresh", j->until_refresh);
    }
    for (auto& p : populations_) {
      a(p->name + ".present", p->present);
      a(p->name + ".changed", p->changed);
      a(p->name + ".noise_counter", p->noise_counter);
    }
    if (a.kReading) point_sweeps();
  }

 private:
  struct ProjectionState;
  struct Array {
    std::string name;
    AlignedBuffer<Real> values;
    bool is_state = true;
    const ProjectionState* divided = nullptr;  ///< a matrix in its layout, of which some rows are here
    std::size_t whole = 0;                     ///< numbers in one process
  };
  /// A vector that projections transmit: a quantity of a population, possibly delayed.
  struct Source {
    Real* now = nullptr;
    Real* previous = nullptr;  ///< of the step before; kept where a rule needs it
    Real* pending = nullptr;   ///< as of the update that waits to be applied
    std::size_t n = 0;
  };
  struct PopulationState {
    std::string name;
    std::size_t size = 0, padded = 0;
    Real *soma = nullptr, *prospective = nullptr, *lookahead = nullptr, *rate = nullptr, *slope = nullptr,
         *mismatch = nullptr;
    Real *slope_parameter = nullptr, *offset_parameter = nullptr;
    std::vector<Real*> compartment, compartment_input;
    Real *noise = nullptr, *noisy = nullptr;
    Real* high_passed = nullptr;
    const Real* rate_before = nullptr;  ///< of the step before, for high_passed
    double high_pass_ms = 0;
    Real* staged = nullptr;  ///< external: the value for the next step
    bool changed = false;    ///< external: staged is not in `rate` yet
    bool present = false;    ///< external: has a value in this step
    bool clamped = false;    ///< external: `rate` is not what was set
    std::int64_t noise_counter = 0;
    ActivateArgs<Real>* activation = nullptr;  ///< not external: how the rates are computed
    const bool* connects = nullptr;  ///< null, or whether compartments that disconnect are connected
    std::vector<Real> pull,
        pull_alone;  ///< each compartment's share in the somatic steady state; while others are disconnected
    Real step = 0, lookahead_gain = 1;  ///< dt / tau; of the lookahead
  };
  /// Where a projection's presynaptic vector enters an operation: *in = vector + offset.
  struct Tap {
    const Real** in;
    std::size_t offset;
  };
  struct ProjectionState {
    std::string name;
    ProjectionId id;
    bool pre_contiguous = true;
    std::size_t outer = 0, inner = 0, stride = 0;
    std::vector<std::size_t> rows_of;     ///< divided: the first row of each rank, and one more; else empty
    std::size_t first_row = 0, rows = 0;  ///< of `outer`, that are here
    bool divided() const { return !rows_of.empty(); }
    bool has(std::size_t row) const { return row - first_row < rows; }
    std::size_t row_of(std::size_t at_post, std::size_t at_pre) const {
      return pre_contiguous ? at_post : at_pre;
    }
    Real* weights = nullptr;    ///< dense: matrix; one_to_one: vector; null: identity or view
    Real* deviation = nullptr;  ///< of a view, in view_layout's layout if there is one, else its own
    Real* mask = nullptr;
    Real* before_update = nullptr;  ///< viewed matrices with a general rule: weights before the last update
    Real* low_passed_update = nullptr;
    Real* initial_deviation = nullptr;  ///< of a view until its first refresh, in the layout of `deviation`
    bool until_refresh = false;
    double eta = 0;
    bool pending = false;
    Real pending_scale = 0;
    Source* source = nullptr;
    const Real* input = nullptr;  ///< what it reads: the source, unless it is scaled
    std::vector<Tap> taps;
    Real* scaled_input = nullptr;
    bool scaled = false, frozen = false;
    Real* post = nullptr;          ///< postsynaptic factor of this step
    Real* pending_post = nullptr;  ///< of the update that waits
    Real* pre = nullptr;           ///< presynaptic factor of this step
    Real* pending_pre = nullptr;
    Real* low_passed_pre = nullptr;
    bool fast_rule = false;  ///< a plain outer product, applied lazily in the sweep
    struct Chunk {
      SweepArgs<Real>* args;
      std::size_t first_row;  ///< of the whole matrix
    };
    std::vector<Chunk> sweeps;
    ProjectionState* fused_view = nullptr;
    const ProjectionState* view_layout =
        nullptr;  ///< of a view: the viewed matrix, if it has the view's size
    bool viewed = false;
    bool learns = false;  ///< in this call of advance()
    /// A rule that is interpreted: what is of one side of the synapse alone is computed once per step, for
    /// all its neurons, then the change of every synapse.
    struct Interpreted {
      struct OfOneSide {
        FormulaProgram<Real> program;
        std::size_t n = 0;
        Real* out = nullptr;
      };
      std::vector<OfOneSide> first;
      FormulaProgram<Real> change;
      std::size_t rows = 0, inner = 0, stride = 0;
      std::size_t parts = 1;     ///< that threads share
      Real* observed = nullptr;  ///< the change, where credit was asked for
    };
    std::unique_ptr<Interpreted> interpreted;
  };
  using Call = void (*)(const void*);
  struct Op {
    Call call;
    const void* args;
  };
  using Copy = typename CopyArgs<Real>::Pair;
  enum Phase { remember, rates, factors, views, parallel_products, products, integration, capture, kPhases };

  // construction, in network_build.cpp
  void make_populations(bool all_quantities);
  template <class F>
  void find_variable(PopulationId p, F&& f) const;
  void make_weights();
  void plan_factors();
  void plan_interpreted(ProjectionState& s, const Projection& j);
  const Real* kept_for_rules(PopulationId p, const Real* values, const std::string& name);
  void plan_products();
  void plan_view_alone(ProjectionId j);
  void plan_dense(ProjectionId j);
  void add_up(Real* out, const Real* parts, std::size_t count, std::size_t n);
  void add_up_in_turn(Real* out, const Real* parts, const std::vector<std::size_t>& chunks, std::size_t n);
  void plan_view_in_turn(ProjectionId j);
  bool is_last_input(ProjectionId j) const;
  Real* input_of(const Projection& j) const;
  template <class Args>
  Args& keep(Args args);
  void read_through(ProjectionState& s, const Real*& in, std::size_t offset);
  void tap_last_inputs(IntegrateArgs<Real>& args);
  void plan_one_to_one(ProjectionId j, bool additive);
  void plan_integration();
  void plan_capture();
  Real* new_array(std::string name, std::size_t n, bool is_state = true);
  Real* new_matrix(std::string name, const ProjectionState& layout, bool is_state = true);
  Source* source_of(PopulationId p, Quantity q, int delay);
  Real* previous_of(Source& source, const std::string& name);
  Real* post_factor(const Projection& j);
  Real* pre_factor(const Projection& j, ProjectionState& s);
  void fill(Real* matrix, const ProjectionState& layout, const InitialWeights& law, Stream stream,
            std::uint32_t drawn_as, std::size_t post, std::size_t pre, bool transposed);
  template <class Args>
  Args& emit(Phase phase, void (*kernel)(const Args&));
  template <std::invocable F>
  void emit(Phase phase, F f);
  bool overwrites(const Real* compartment);

  // execution, in network.cpp
  void run(Phase phase) const {
    for (const Op& op : ops_[phase]) op.call(op.args);
  }
  void advance_alike(Step steps, const Learning& learning);
  Step begin_and_end_perturbations();
  void perturb_rates();
  void perturb_potentials();
  void decide_updates();
  std::vector<double> drawn(const Real* parameter, std::size_t n, std::size_t replica,
                            double otherwise) const;
  void capture_updates();
  void settle_stored_updates();
  void apply_general_rule(ProjectionState& s, const Projection& j);
  void interpret(const ProjectionState& s, Real* add_to, Real* out) const;
  void observe_interpreted();
  void check_finite_weights(const ProjectionState& s) const;
  void draw_noise(PopulationId p);
  void point_sweeps();
  /// Of a row that is here.
  std::size_t element(const ProjectionState& s, std::size_t post, std::size_t pre) const {
    return ((s.row_of(post, pre) - s.first_row) * s.stride + (s.pre_contiguous ? pre : post)) * lanes_;
  }
  bool has_of_view(const ProjectionState& s, std::size_t post, std::size_t pre) const {
    return s.view_layout ? s.view_layout->has(s.view_layout->row_of(pre, post)) : s.has(s.row_of(post, pre));
  }
  /// Of a view's deviation.
  std::size_t view_element(const ProjectionState& s, std::size_t post, std::size_t pre) const {
    return s.view_layout ? element(*s.view_layout, pre, post) : element(s, post, pre);
  }

  // sharing, in network_ranks.cpp
  std::size_t own_rank() const { return sharing_.ranks == nullptr ? 0 : sharing_.ranks->rank(); }
  void divide(ProjectionState& s);
  /// Sums of the rows of a divided matrix.
  struct Heard {
    Real* values;
    const ProjectionState* rows;
  };
  void exchange_rows(std::span<const Heard> sums);
  template <class F>
  void in_turn(const std::vector<std::size_t>& of_ranks, Real* sum, std::size_t n, F&& add) const;
  void complete(Matrix<double>& m, const ProjectionState& layout, bool rows_are_post) const;
  std::span<Real> part_of(Array& array) const {
    return {array.values.data(), array.divided->rows * array.divided->stride};
  }
  AlignedBuffer<Real> gathered(Array& array) const;
  template <class Archive>
  static bool takes_parts(const Archive& a) {
    if constexpr (requires { a.takes_parts(); }) {
      return a.takes_parts();
    } else {
      return false;
    }
  }
  template <class Archive>
  void visit_whole(Archive& a, Array& array) {
    AlignedBuffer<Real> whole;
    if (a.kReading) {
      whole.resize(array.whole);
    } else {
      whole = gathered(array);
    }
    a(array.name, std::span<Real>(whole));
    const std::span<Real> own = part_of(array);
    if (a.kReading)
      std::copy_n(whole.data() + array.divided->first_row * array.divided->stride, own.size(), own.data());
  }

  const Circuit& circuit_;
  std::vector<std::uint64_t> seeds_;
  std::size_t lanes_ = 1;
  ThreadPool* pool_;
  Sharing sharing_;
  const KernelTable<Real>& kernel_;
  std::deque<Array> arrays_;
  std::vector<std::unique_ptr<PopulationState>> populations_;
  std::vector<std::unique_ptr<ProjectionState>> projections_;
  std::deque<Source> sources_;
  std::map<std::tuple<std::uint32_t, Quantity, int>, Source*> source_index_;
  std::map<std::string, Real*> factor_index_;
  std::vector<Op> ops_[kPhases];
  std::deque<std::shared_ptr<void>> args_;
  std::vector<const SweepArgs<Real>*> parallel_;
  std::vector<Heard> heard_;  ///< by ranks from one another, after the sweeps
  std::vector<Real> message_;
  std::vector<const Real*> written_;
  std::vector<ProjectionState*> general_rules_;  ///< applied element by element
  std::vector<Copy> remembered_;                 ///< what was transmitted in the step before
  std::vector<Copy> captured_;                   ///< factors that wait
  struct LastInput {
    OneToOneArgs<Real> args;
    ProjectionState* of;
  };
  std::map<const Real*, LastInput> last_inputs_;  ///< by compartment: done while integrating
  std::vector<Perturbation> perturbations_;
  std::vector<const Perturbation*> active_;  ///< in the order in which they act
  bool decided_ = false;                     ///< what learns in this call of advance() is known
  Learning learning_;
  Step step_ = 0, event_ = 0;
  NoiseSource noise_source_;
  std::size_t bytes_per_step_ = 0, bytes_written_per_step_ = 0;
};

}  // namespace apical::rate
