// SPDX-License-Identifier: Apache-2.0
// Order of operations: that of the program of Max et al. 2025 (bioRxiv 2025.07.11.664263). i counts areas
// from 0.
#include "golden/microcircuit_stepper.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace apical::golden {
namespace {

using nlohmann::json;
using V = std::vector<double>;
using M = std::vector<V>;
using Sizes = std::vector<std::size_t>;

// ---- arithmetic ------------------------------------------------------------------------------------------

V times(const M& w, const V& x) {
  V y(w.size(), 0.0);
  for (std::size_t i = 0; i < w.size(); ++i) {
    for (std::size_t k = 0; k < x.size(); ++k) y[i] += w[i][k] * x[k];
  }
  return y;
}
V plus(V a, const V& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}
V by(V a, const V& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] *= b[i];
  return a;
}
V lookahead(const V& before, const V& now, double tau, double dt) {
  V y(now.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = before[i] + tau * (now[i] - before[i]) / dt;
  return y;
}
/// dt (rest - u) / tau
V leak(const V& rest, const V& u, double tau, double dt) {
  V du(u.size());
  for (std::size_t i = 0; i < u.size(); ++i) du[i] = dt * ((rest[i] - u[i]) / tau);
  return du;
}
V mixed(double a, const V& x, double b, const V& y) {
  V z(x.size());
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = a * x[i] + b * y[i];
  return z;
}
M zeros(std::size_t rows, std::size_t cols) { return M(rows, V(cols, 0.0)); }
M transpose(const M& w) {
  M t = zeros(w.empty() ? 0 : w[0].size(), w.size());
  for (std::size_t i = 0; i < w.size(); ++i) {
    for (std::size_t k = 0; k < w[i].size(); ++k) t[k][i] = w[i][k];
  }
  return t;
}
M sum(M a, const M& b, double scale = 1) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t k = 0; k < a[i].size(); ++k) a[i][k] += scale * b[i][k];
  }
  return a;
}
M outer(double scale, const V& post, const V& pre) {
  M d = zeros(post.size(), pre.size());
  for (std::size_t i = 0; i < post.size(); ++i) {
    for (std::size_t k = 0; k < pre.size(); ++k) d[i][k] = scale * post[i] * pre[k];
  }
  return d;
}

double phi(const std::string& f, double x, double s, double o) {
  const double y = x - o;
  if (f == "linear") return s * y;
  if (f == "relu") return y > 0 ? s * y : 0;
  if (f == "soft_relu")
    return s * (y > 0 ? y + std::log1p(std::exp(-10 * y)) / 10 : std::log1p(std::exp(10 * y)) / 10);
  if (f == "logistic") return 1 / (1 + std::exp(-s * y));
  if (f == "tanh") return std::tanh(s * y);
  return s * std::min(1.0, std::max(0.0, y / 6 + 0.5));  // hard_sigmoid
}
V phi(const json& f, const V& x) {
  V r(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    r[i] = phi(f.at("name"), x[i], f.at("slope")[i], f.at("offset")[i]);
  return r;
}
/// phi' as released: of "d_tanh" and so on, slope and offset ignored.
V slope_of(const std::string& f, const V& x) {
  V d(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = 1 / (1 + std::exp(-x[i])), z = x[i] / 6 + 0.5;
    d[i] = f == "d_linear"      ? 1
           : f == "d_relu"      ? (x[i] > 0 ? 1 : 0)
           : f == "d_soft_relu" ? 1 / (1 + std::exp(-10 * x[i]))
           : f == "d_logistic"  ? p * (1 - p)
           : f == "d_tanh"      ? 1 - std::tanh(x[i]) * std::tanh(x[i])
                                : (z > 0 && z < 1 ? 1 : 0);
  }
  return d;
}

/// u - gamma v  or  r - phi(gamma v)
V residual(const json& params, const json& f, double gamma, const V& look, const V& rate, V basal) {
  for (double& v : basal) v *= gamma;
  return params.value("update_uses_activation", false) ? mixed(1, rate, -1, phi(f, basal))
                                                       : mixed(1, look, -1, basal);
}

void low_pass(V& state, const V& x, double k) {
  for (std::size_t i = 0; i < x.size(); ++i) state[i] += k * (x[i] - state[i]);
}
void low_pass(M& state, const M& x, double k) {
  for (std::size_t i = 0; i < x.size(); ++i) low_pass(state[i], x[i], k);
}

// ---- bookkeeping -----------------------------------------------------------------------------------------

/// Records named lists of vectors after every step and named lists of matrices after some.
struct Recorder {
  json& trace;
  std::size_t steps = trace.at("steps");
  std::vector<std::size_t> snapshots = {1, 2, 10, 50, steps};
  explicit Recorder(json& t) : trace(t) {
    if (trace.contains("weights")) {
      snapshots.clear();
      for (const json& w : trace.at("weights")) snapshots.push_back(w.at("step"));
    }
    trace["recorded"] = json::object();
    trace["weights"] = json::array();
  }
  void step(const std::vector<std::pair<std::string, const std::vector<V>*>>& state) {
    for (const auto& [name, values] : state) trace["recorded"][name].push_back(*values);
  }
  void weights(std::size_t done, const json& w) {
    if (std::find(snapshots.begin(), snapshots.end(), done) == snapshots.end()) return;
    json snapshot = w;
    snapshot["step"] = done;
    trace["weights"].push_back(snapshot);
  }
};

struct Flags {
  bool forward, lateral, feedback;
  explicit Flags(const json& p)
      : forward(p.value("learn_forward", true)),
        lateral(p.value("learn_lateral", true)),
        feedback(p.value("learn_feedback", false)) {}
  bool any() const { return forward || lateral || feedback; }
};

std::size_t before(const Sizes& n, std::size_t area) {
  std::size_t s = 0;
  for (std::size_t i = 0; i < area; ++i) s += n[i];
  return s;
}
M block(const M& w, std::size_t row, std::size_t rows, std::size_t col, std::size_t cols) {
  M b = zeros(rows, cols);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < cols; ++k) b[i][k] = w[row + i][col + k];
  }
  return b;
}
void put(M& w, std::size_t row, std::size_t col, const M& b) {
  for (std::size_t i = 0; i < b.size(); ++i)
    std::copy(b[i].begin(), b[i].end(), w[row + i].begin() + static_cast<std::ptrdiff_t>(col));
}

// ---- error-neuron microcircuit ---------------------------------------------------------------------------

/// Layered circuits run as skip circuits whose matrices have only the blocks between neighbours.
json error_neurons(json trace) {
  const json p = trace.at("params"), init = trace.at("initial");
  const Sizes n = p.at("layers"), e = p.at("error_layers");  // with the input; e[0] = 0
  const std::size_t areas = n.size() - 1;
  const bool skip_up = p.value("forward_connectivity", "layered") == "skip",
             skip_down = p.value("feedback_connectivity", "layered") == "skip";
  const double dt = p.at("dt"), gl = p.at("g_leak"), gb = p.at("g_basal"), ga = p.at("g_apical"),
               gd = p.at("g_dendrite"), gt = p.at("g_target");
  const double tau = 1 / (gl + gb + ga), tau_err = 1 / (gl + gd), tau_out = 1 / (gl + gt),
               gamma = gb / (gl + gb + ga);
  const double gain = p.value("taur", 1.0);
  const json &f = p.at("activation"), &f_err = p.at("error_activation");
  const Flags learns(p);
  const auto at = [&](std::size_t area) { return before(n, area + 1); };  // of area i among [input, areas]
  const auto at_err = [&](std::size_t area) { return before(e, area + 1); };  // of area i among error neurons
  const std::size_t all = before(n, n.size()), all_err = before(e, e.size());

  M w = zeros(all, all), b = zeros(all_err, all_err), noise = zeros(all_err, all_err);
  const auto unpack = [&](const json& list, M& down, bool skip) {
    if (skip) down = list.at(0).get<M>();
    for (std::size_t i = 0; !skip && i + 1 < areas; ++i)
      put(down, at_err(i), at_err(i + 1), list.at(i).get<M>());
  };
  if (skip_up) w = init.at("w_forward").at(0).get<M>();
  for (std::size_t i = 0; !skip_up && i < areas; ++i)
    put(w, at(i), before(n, i), init.at("w_forward").at(i).get<M>());
  unpack(init.at("w_feedback_error"), b, skip_down);
  const bool transposed = p.at("feedback_mode") == "BP";
  if (transposed && init.contains("feedback_noise")) unpack(init.at("feedback_noise"), noise, skip_down);
  auto w_re = init.at("w_rep_to_err").get<std::vector<M>>(),
       w_er = init.at("w_err_to_rep").get<std::vector<M>>();
  M q = zeros(all, all);

  auto u = init.at("soma_rep").get<M>(), u_prev = init.at("soma_rep_previous").get<M>(),
       r = init.at("rate_rep").get<M>();
  auto v = init.at("soma_err").get<M>(), v_prev = init.at("soma_err_previous").get<M>(),
       err = init.at("rate_err").get<M>();
  auto basal = init.at("basal_rep").get<M>(), apical = init.at("apical_rep").get<M>(),
       dendrite = init.at("dendrite_err").get<M>();
  const M u_start = u;
  std::vector<V> look(areas), look_err(areas), slope(areas);
  bool had_input = !init.at("input_previous").is_null();
  V r0 = had_input ? init.at("input_previous").get<V>() : V(n[0], 0.0), r0_old = r0;

  Recorder record(trace);
  for (std::size_t t = 0; t < record.steps; ++t) {
    const json &x = trace["inputs"][t], &y = trace["targets"][t];
    const Sizes resets = p.value("soma_reset_steps", Sizes{});
    if (std::find(resets.begin(), resets.end(), t) != resets.end()) u = u_start;
    // 1-4
    const auto r_old = r, basal_old = basal;
    if (had_input) r0_old = r0;
    had_input = !x.is_null();
    if (had_input) r0 = x.get<V>();
    for (std::size_t i = 0; i < areas; ++i) {
      const bool last = i + 1 == areas;
      look[i] = lookahead(u_prev[i], u[i], gain * tau, dt);
      look_err[i] = lookahead(v_prev[i], v[i], gain * (last ? tau_out : tau_err), dt);
      r[i] = phi(f[i], p.at("rep_lookahead")[i] ? look[i] : u[i]);
      slope[i] = slope_of(p.at("slope_function")[i], look[i]);
      err[i] = phi(f_err[i], p.at("error_lookahead")[i] ? look_err[i] : v[i]);
    }
    u_prev = u;
    v_prev = v;
    // 5
    V rates = had_input ? r0 : V(n[0], 0.0), errors;
    for (std::size_t i = 0; i < areas; ++i) {
      rates.insert(rates.end(), r[i].begin(), r[i].end());
      errors.insert(errors.end(), err[i].begin(), err[i].end());
    }
    const V drive = times(w, rates), back = times(b, errors);
    const auto part = [](const V& of, std::size_t from, std::size_t count) {
      return V(of.begin() + static_cast<std::ptrdiff_t>(from),
               of.begin() + static_cast<std::ptrdiff_t>(from + count));
    };
    for (std::size_t i = 0; i < areas; ++i) {
      if (skip_up || i > 0 || had_input) basal[i] = part(drive, at(i), n[i + 1]);
      apical[i] = times(w_er[i], err[i]);
      if (i + 1 == areas) continue;
      dendrite[i] = part(back, at_err(i), e[i + 1]);
      if (p.value("slope_transfer", true)) dendrite[i] = by(dendrite[i], times(w_re[i], slope[i]));
    }
    // 6
    std::vector<V> du(areas), dv(areas);
    for (std::size_t i = 0; i < areas; ++i) {
      du[i] = leak(mixed(tau * gb, basal[i], tau * ga, apical[i]), u[i], tau, dt);
      if (i + 1 < areas) {
        dv[i] = leak(mixed(tau_err * gd, dendrite[i], 0, dendrite[i]), v[i], tau_err, dt);
      } else {
        V mismatch(r[i].size(), 0.0);
        if (!y.is_null()) mismatch = by(slope[i], mixed(1, y.get<V>(), -1, r[i]));
        V rest = times(w_re[i], mismatch);
        for (double& z : rest) z *= tau_out * gt;
        dv[i] = leak(rest, v[i], tau_out, dt);
      }
    }
    // 7
    M dw = zeros(all, all);
    if (learns.any()) {
      for (std::size_t i = 0; i < areas; ++i) {
        const V post = residual(p, f[i], gamma, look[i], r[i], basal_old[i]);
        for (std::size_t j = 0; j <= i; ++j) {
          if (!skip_up && (j != i || (i == 0 && !had_input))) continue;
          const json& eta = p.at("eta_forward")[i];
          put(dw, at(i), before(n, j),
              outer(dt * (eta.is_array() ? eta[j] : eta).get<double>(), post,
                    j == 0 ? r0_old : r_old[j - 1]));
        }
      }
      if (transposed) {
        M fresh = noise;
        for (std::size_t i = 0; i < areas; ++i) {
          for (std::size_t k = i + 1; k < areas; ++k) {
            if (!skip_down && k != i + 1) continue;
            for (std::size_t a = 0; a < std::min(n[i + 1], e[i + 1]); ++a) {
              for (std::size_t c = 0; c < std::min(n[k + 1], e[k + 1]); ++c)
                fresh[at_err(i) + a][at_err(k) + c] += w[at(k) + c][at(i) + a];
            }
          }
        }
        for (std::size_t a = 0; a < all_err; ++a) {
          for (std::size_t c = 0; c < a; ++c) fresh[a][c] = 0;
        }
        b = fresh;
      }
    }
    // 8
    for (std::size_t i = 0; i < areas; ++i) {
      u[i] = plus(u[i], du[i]);
      v[i] = plus(v[i], dv[i]);
    }
    if (learns.forward) {
      for (std::size_t a = n[0]; a < all; ++a) {
        if (!skip_up && !had_input && a < at(1)) continue;  // area 0 does not learn
        if (p.value("low_pass_forward_update", false)) {
          low_pass(q[a], dw[a], dt / p.at("tau_low_pass").get<double>());
          dw[a] = q[a];
        }
        w[a] = plus(w[a], dw[a]);
      }
    }
    const auto relax = [&](std::vector<M>& laterals, const json& eta) {
      for (std::size_t i = 0; i < areas; ++i) {
        for (std::size_t a = 0; a < laterals[i].size(); ++a) {
          for (std::size_t c = 0; c < laterals[i][a].size(); ++c)
            laterals[i][a][c] -= dt * eta[i].get<double>() * (laterals[i][a][c] - (a == c ? 1 : 0));
        }
      }
    };
    if (learns.lateral) {
      relax(w_re, p.at("eta_rep_to_err"));
      relax(w_er, p.at("eta_err_to_rep"));
    }
    record.step({{"soma_rep", &u},
                 {"soma_rep_lookahead", &look},
                 {"rate_rep", &r},
                 {"slope_rep", &slope},
                 {"basal_rep", &basal},
                 {"apical_rep", &apical},
                 {"soma_err", &v},
                 {"soma_err_lookahead", &look_err},
                 {"rate_err", &err},
                 {"dendrite_err", &dendrite}});
    json weights{{"w_rep_to_err", w_re},
                 {"w_err_to_rep", w_er},
                 {"w_forward", json::array()},
                 {"w_feedback_error", json::array()}};
    if (skip_up) weights["w_forward"].push_back(w);
    for (std::size_t i = 0; !skip_up && i < areas; ++i)
      weights["w_forward"].push_back(block(w, at(i), n[i + 1], before(n, i), n[i]));
    if (skip_down) weights["w_feedback_error"].push_back(b);
    for (std::size_t i = 0; !skip_down && i + 1 < areas; ++i) {
      weights["w_feedback_error"].push_back(block(b, at_err(i), e[i + 1], at_err(i + 1), e[i + 2]));
    }
    record.weights(t + 1, weights);
  }
  return trace;
}

// ---- dendritic microcircuits -----------------------------------------------------------------------------

/// sacramento2018, dPC and pal.
json dendritic(json trace, const std::function<double()>& normal) {
  const json p = trace.at("params"), init = trace.at("initial");
  const std::string model = trace.at("model");
  const bool lateral = model == "dPC", inter = !lateral, pal = model == "pal",
             transposed = p.at("feedback_mode") == "BP";
  const Sizes n = p.at("layers");
  const std::size_t areas = n.size() - 1, hidden = areas - 1;
  const double dt = p.at("dt"), gl = p.at("g_leak"), gb = p.at("g_basal"), ga = p.at("g_apical"),
               gd = p.at("g_dendrite"), gt = p.at("g_target");
  const double gn = p.value("g_nudge_inter", 0.0), gain = p.value("taur", 1.0);
  const double tau = 1 / (gl + gb + ga), tau_out = 1 / (gl + gb + gt), tau_inter = 1 / (gl + gd + gn);
  const double k_low = dt / p.value("tau_low_pass", 1.0), k_high = dt / p.value("tau_high_pass", 1.0);
  const auto on = [&](const char* key) { return p.value(key, false); };
  const json& f = p.at("activation");
  const Flags learns(p);
  const auto list = [&](const char* key) {
    return init.contains(key) ? init.at(key).get<std::vector<V>>() : std::vector<V>();
  };
  const auto matrices = [&](const char* key) {
    return init.contains(key) ? init.at(key).get<std::vector<M>>() : std::vector<M>();
  };
  const auto rate_of = [&](const char* key, std::size_t i) { return p.at(key).at(i).get<double>(); };

  auto w = matrices("w_forward"), w_fb = matrices("w_feedback"), w_pi = matrices("w_pyr_to_inter"),
       w_ip = matrices("w_inter_to_pyr"), w_lat = matrices("w_lateral");
  const auto deviation = matrices("feedback_noise");
  auto u = list("soma_pyr"), u_prev = list("soma_pyr_previous"), r = list("rate_pyr"),
       basal = list("basal_pyr"), apical = list("apical_pyr");
  auto ui = list("soma_inter"), ui_prev = list("soma_inter_previous"), ri = list("rate_inter"),
       dendrite = list("dendrite_inter");
  auto r_lat = list("rate_lateral"), xi = list("noise"), h = list("rate_pyr_highpass"),
       noisy = list("apical_pyr_noisy");
  std::vector<V> look(areas), look_i(hidden);
  V r0 = init.at("input_previous"), r0_old = r0;
  bool had_input = true;
  // Accumulators of the optional filters.
  std::vector<M> q_update = w;
  std::vector<V> q_pre(areas), q_post(areas);
  for (std::size_t i = 0; i < areas; ++i) {
    q_update[i] = zeros(n[i + 1], n[i]);
    q_pre[i] = V(n[i], 0.0);
    q_post[i] = V(n[i + 1], 0.0);
  }
  std::int64_t counter = 0;
  const bool replay_noise = trace.contains("noise_draws");
  if (pal && !replay_noise) trace["noise_draws"] = json::array();

  Recorder record(trace);
  for (std::size_t t = 0; t < record.steps; ++t) {
    const json &x = trace["inputs"][t], &y = trace["targets"][t];
    // 1, 2
    const auto r_old = r, ri_old = ri, basal_old = basal, dendrite_old = dendrite, apical_old = apical,
               r_lat_old = r_lat;
    if (had_input) r0_old = r0;
    had_input = !x.is_null();
    if (had_input) r0 = x.get<V>();
    for (std::size_t i = 0; i < areas; ++i) {
      if (lateral && i < hidden) r_lat[i] = r[i];
      look[i] = lookahead(u_prev[i], u[i], gain * (i < hidden ? tau : tau_out), dt);
      r[i] = phi(f[i], look[i]);
    }
    for (std::size_t i = 0; inter && i < hidden; ++i) {
      look_i[i] = lookahead(ui_prev[i], ui[i], gain * tau_inter, dt);
      ri[i] = phi(f[i + 1], look_i[i]);
    }
    u_prev = u;
    ui_prev = ui;
    // 3
    for (std::size_t i = 0; i < areas; ++i) {
      if (i > 0 || had_input) basal[i] = times(w[i], i == 0 ? r0 : r[i - 1]);
      if (i == hidden) continue;
      apical[i] = times(w_fb[i], r[i + 1]);
      apical[i] = plus(apical[i], lateral ? times(w_lat[i], r_lat[i]) : times(w_ip[i], ri[i]));
      if (!inter) continue;
      const V seen = times(w_pi[i], r[i]);
      if (on("inter_low_pass")) {
        low_pass(dendrite[i], seen, k_low);
      } else {
        dendrite[i] = seen;
      }
    }
    // 4; noise of the step before, then the next draw
    for (std::size_t i = 0; pal && i < hidden; ++i) noisy[i] = plus(apical[i], xi[i]);
    if (pal) {
      std::vector<double> draws;
      std::size_t used = 0;
      if (replay_noise) {
        for (const json& z : trace["noise_draws"][t]) {
          const V part = z.is_array() ? z.get<V>() : V{z.get<double>()};
          draws.insert(draws.end(), part.begin(), part.end());
        }
      }
      for (std::size_t i = 0; learns.feedback && i < hidden; ++i) {
        const bool silent = std::all_of(xi[i].begin(), xi[i].end(), [](double z) { return z == 0; });
        if (silent || counter % p.value("noise_hold_steps", std::int64_t{1}) == 0) {
          counter = 0;
          for (std::size_t a = 0; a < xi[i].size(); ++a) {
            const std::string mode = p.at("noise_mode");
            const double sd = mode == "uP"         ? std::abs(u[i][a])
                              : mode == "uP_breve" ? std::abs(look[i][a])
                              : mode == "vapi"     ? std::abs(apical[i][a])
                                                   : 1;
            if (!replay_noise) draws.push_back(sd * normal());
            const double z = rate_of("noise_scale", i) * draws.at(used++);
            const double tau_xi = p.value("tau_noise", 0.1);
            if (p.at("noise_type") == "OU") {
              xi[i][a] += (-dt * xi[i][a] + std::sqrt(dt * tau_xi) * z) / tau_xi;
            } else {
              xi[i][a] = z;
            }
          }
        }
        ++counter;
      }
      if (!replay_noise) trace["noise_draws"].push_back(draws);
    }
    std::vector<V> du(areas), dui(hidden);
    for (std::size_t i = 0; i < hidden; ++i) {
      if (inter)
        dui[i] = leak(mixed(tau_inter * gd, dendrite[i], tau_inter * gn, look[i + 1]), ui[i], tau_inter, dt);
      du[i] = leak(mixed(tau * gb, basal[i], tau * ga, pal && learns.feedback ? noisy[i] : apical[i]), u[i],
                   tau, dt);
    }
    const V rest = y.is_null() ? mixed(gb / (gl + gb), basal[hidden], 0, basal[hidden])
                               : mixed(tau_out * gb, basal[hidden], tau_out * gt, y.get<V>());
    du[hidden] = leak(rest, u[hidden], tau_out, dt);
    // 5
    std::vector<M> dw(areas), d_pi(hidden), d_ip(hidden), d_lat(hidden), d_fb(hidden);
    if (learns.any()) {
      for (std::size_t i = 0; i < areas; ++i) {
        V post = residual(p, f[i], gb / (gl + gb + (i < hidden ? ga : 0)), look[i], r[i], basal_old[i]);
        V pre = i == 0 ? r0_old : r_old[i - 1];
        if (on("low_pass_presynaptic")) low_pass(q_pre[i], pre, k_low), pre = q_pre[i];
        if (on("low_pass_postsynaptic")) low_pass(q_post[i], post, k_low), post = q_post[i];
        dw[i] = outer(dt * rate_of("eta_forward", i), post, pre);
      }
      for (std::size_t i = 0; i < hidden; ++i) {
        V cancel = apical_old[i];
        for (double& z : cancel) z = -z;
        if (lateral) d_lat[i] = outer(dt * rate_of("eta_lateral", i), cancel, r_lat_old[i]);
        if (inter) {
          V foreseen = dendrite_old[i];
          for (double& z : foreseen) z *= gd / (gl + gd);
          d_pi[i] = outer(dt * rate_of("eta_pyr_to_inter", i), mixed(1, ri[i], -1, phi(f[i + 1], foreseen)),
                          r_old[i]);
          d_ip[i] = outer(dt * rate_of("eta_inter_to_pyr", i), cancel, ri_old[i]);
        }
        if (pal) {
          const V& fast = p.value("high_pass_rates", true) ? h[i + 1] : r[i + 1];
          d_fb[i] = outer(1, xi[i], fast);
          const V above = slope_of(p.at("slope_function")[i + 1], look[i + 1]),
                  here = slope_of(p.at("slope_function")[i], look[i]);
          for (std::size_t a = 0; a < here.size(); ++a) {
            for (std::size_t c = 0; c < above.size(); ++c) {
              double decay = w_fb[i][a][c];
              if (on("gate_regularizer") && !(fast[c] > 0)) decay = 0;
              // The output's slope was never computed and stays 0 in the released program.
              if (on("slope_regularizer")) decay *= here[a] * (i + 1 < hidden ? above[c] : 0);
              d_fb[i][a][c] = dt * rate_of("eta_feedback", i) * (d_fb[i][a][c] - rate_of("alpha", i) * decay);
            }
          }
        }
      }
      for (std::size_t i = 0; transposed && i < hidden; ++i) {
        w_fb[i] = transpose(w[i + 1]);
        if (!deviation.empty()) w_fb[i] = sum(w_fb[i], deviation[i]);
        if (inter) w_ip[i] = sum(zeros(n[i + 1], n[i + 2]), w_fb[i], -1);
      }
    }
    // 6
    for (std::size_t i = 0; i < areas; ++i) u[i] = plus(u[i], du[i]);
    for (std::size_t i = 0; inter && i < hidden; ++i) ui[i] = plus(ui[i], dui[i]);
    for (std::size_t i = 0; learns.forward && i < areas; ++i) {
      if (i == 0 && !had_input) continue;  // does not learn
      if (on("low_pass_forward_update")) low_pass(q_update[i], dw[i], k_low), dw[i] = q_update[i];
      w[i] = sum(w[i], dw[i]);
    }
    for (std::size_t i = 0; i < hidden; ++i) {
      if (learns.lateral && lateral) w_lat[i] = sum(w_lat[i], d_lat[i]);
      if (learns.lateral && inter) w_pi[i] = sum(w_pi[i], d_pi[i]), w_ip[i] = sum(w_ip[i], d_ip[i]);
      if (learns.feedback && pal) w_fb[i] = sum(w_fb[i], d_fb[i]);
    }
    for (std::size_t i = 0; pal && i < areas; ++i) {
      for (std::size_t a = 0; a < h[i].size(); ++a) h[i][a] += (r[i][a] - r_old[i][a]) - k_high * h[i][a];
    }
    record.step({{"soma_pyr", &u},
                 {"soma_pyr_lookahead", &look},
                 {"rate_pyr", &r},
                 {"basal_pyr", &basal},
                 {"apical_pyr", &apical}});
    if (lateral) record.step({{"rate_lateral", &r_lat}});
    if (inter)
      record.step({{"soma_inter", &ui},
                   {"soma_inter_lookahead", &look_i},
                   {"rate_inter", &ri},
                   {"dendrite_inter", &dendrite}});
    if (pal) record.step({{"noise", &xi}, {"apical_pyr_noisy", &noisy}, {"rate_pyr_highpass", &h}});
    json weights{{"w_forward", w}, {"w_feedback", w_fb}};
    if (lateral) weights["w_lateral"] = w_lat;
    if (inter) weights["w_pyr_to_inter"] = w_pi, weights["w_inter_to_pyr"] = w_ip;
    record.weights(t + 1, weights);
  }
  return trace;
}

// ---- layered reference -----------------------------------------------------------------------------------

json layered_reference(json trace) {
  const json p = trace.at("params"), init = trace.at("initial");
  const std::size_t areas = p.at("layers").size() - 1;
  const double dt = p.at("dt"), gl = p.at("g_leak"), gb = p.at("g_basal"), gamma = gb / (gb + gl);
  const Flags learns(p);
  auto w = init.at("w_forward").get<std::vector<M>>(), w_fb = init.at("w_feedback").get<std::vector<M>>();
  auto u = init.at("soma").get<M>(), r = init.at("rate").get<M>(), delta = init.at("error").get<M>();
  std::vector<V> slope(areas);
  V r0 = init.at("input_previous");
  Recorder record(trace);
  for (std::size_t t = 0; t < record.steps; ++t) {
    const auto r_old = r, delta_old = delta;
    const V r0_old = r0;
    r0 = trace["inputs"][t].get<V>();
    for (std::size_t i = 0; i < areas; ++i) {
      r[i] = phi(p.at("activation")[i], u[i]);
      slope[i] = slope_of(p.at("slope_function")[i], u[i]);
    }
    const json& y = trace["targets"][t];
    std::vector<M> dw(areas);
    for (std::size_t i = 0; i < areas; ++i) {
      if (i + 1 < areas) {
        delta[i] = by(slope[i], times(w_fb[i], delta_old[i + 1]));
      } else {
        delta[i] = y.is_null() ? V(r[i].size(), 0.0) : by(slope[i], mixed(1, y.get<V>(), -1, r[i]));
      }
      u[i] = times(w[i], i == 0 ? r0 : r[i - 1]);
      for (double& z : u[i]) z *= gamma;
      dw[i] = outer(dt * p.at("eta_forward")[i].get<double>(), delta_old[i], i == 0 ? r0_old : r_old[i - 1]);
    }
    for (std::size_t i = 0; learns.any() && p.at("feedback_mode") == "BP" && i + 1 < areas; ++i)
      w_fb[i] = transpose(w[i + 1]);
    for (std::size_t i = 0; learns.forward && i < areas; ++i) w[i] = sum(w[i], dw[i]);
    record.step({{"soma", &u}, {"rate", &r}, {"slope", &slope}, {"error", &delta}});
    record.weights(t + 1, {{"w_forward", w}, {"w_feedback", w_fb}});
  }
  return trace;
}

}  // namespace

json stepped(json trace, const std::function<double()>& normal) {
  const std::string model = trace.at("model");
  if (model == "errormc") return error_neurons(std::move(trace));
  if (model == "ann") return layered_reference(std::move(trace));
  return dendritic(std::move(trace), normal);
}

}  // namespace apical::golden
