// SPDX-License-Identifier: Apache-2.0
// What shells offer, from the table of commands alone. A value is completed by its choices if it has any,
// else by what its name says: a folder (DIR, RUN), a file (FILE, PAGE …), or nothing.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "apical/cli/command.h"

namespace apical::cli {
namespace {

enum class Kind { none, folder, file, choice };

Kind kind_of(const std::string& value, bool has_choices) {
  if (has_choices) return Kind::choice;
  const auto names = [&](std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](const char* w) { return value.find(w) != std::string::npos; });
  };
  if (names({"DIR", "RUN", "PLAN"})) return Kind::folder;
  return names({"FILE", "PAGE", "ARCHIVE", "EXPERIMENT"}) ? Kind::file : Kind::none;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::vector<Option> options_of(const Command& c) {
  std::vector<Option> all = c.options;
  for (Option& o : common_options(c)) all.push_back(std::move(o));
  return all;
}

std::vector<std::string> option_names(const Command& c) {
  std::vector<std::string> names;
  for (const Option& o : options_of(c)) names.push_back(o.name);
  return names;
}

/// In single quotes of sh; fish knows \' only, which this avoids as well.
std::string quoted(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '`');
  return "'" + text + "'";
}

std::string bash_words(Kind kind, const std::vector<std::string>& choices) {
  if (kind == Kind::none) return ":";
  const std::string what = kind == Kind::choice   ? fmt::format("-W {}", quoted(joined(choices)))
                           : kind == Kind::folder ? "-d"
                                                  : "-f";
  return fmt::format("mapfile -t COMPREPLY < <(compgen {} -- \"$word\")", what);
}

std::string bash() {
  std::string of_options, of_values, of_positionals;
  for (const Command& c : commands()) {
    of_options += fmt::format("      {}) words={} ;;\n", c.name, quoted(joined(option_names(c))));
    for (const Option& o : options_of(c)) {
      if (o.value.empty()) continue;
      const auto choices = o.choices != nullptr ? o.choices() : std::vector<std::string>{};
      of_values += fmt::format("    {}) {}; return ;;\n", quoted(c.name + " " + o.name),
                               bash_words(kind_of(o.value, o.choices != nullptr), choices));
    }
    if (c.positionals.empty()) continue;
    const Positional& p = c.positionals.front();
    const auto choices = p.choices != nullptr ? p.choices() : std::vector<std::string>{};
    if (p.choices != nullptr)
      of_positionals += fmt::format("    {}) if ((COMP_CWORD == 2)); then {}; return; fi ;;\n", c.name,
                                    bash_words(Kind::choice, choices));
  }
  return fmt::format(
      "# bash completion of apical, written by 'apical completion bash'\n"
      "_apical() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} "
      "command=${{COMP_WORDS[1]}} words=\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\")\n"
      "    return\n"
      "  fi\n"
      "  case \"$command $before\" in\n{}  esac\n"
      "  if [[ $word == -* ]]; then\n"
      "    case $command in\n{}    esac\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n{}"
      "    help) mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\"); return ;;\n"
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "}}\n"
      "complete -o filenames -F _apical apical\n",
      quoted(joined(command_names()) + " help --help --version"), of_values, of_options, of_positionals,
      quoted(joined(command_names())));
}

/// Within [ ] of _arguments and behind its colons.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c == '\'' ? '`' : c;
  }
  return out;
}

std::string zsh_action(Kind kind, const std::vector<std::string>& choices) {
  switch (kind) {
    case Kind::choice:
      return "(" + joined(choices) + ")";
    case Kind::folder:
      return "_files -/";
    case Kind::file:
      return "_files";
    case Kind::none:
      return " ";
  }
  return " ";
}

std::string zsh() {
  std::string list, cases;
  for (const Command& c : commands()) {
    list += fmt::format("    '{}:{}'\n", c.name, zsh_text(c.summary));
    cases += fmt::format("    {})\n      _arguments", c.name);
    for (const Option& o : options_of(c)) {
      const auto choices = o.choices != nullptr ? o.choices() : std::vector<std::string>{};
      cases += fmt::format(" \\\n        '{}{}[{}]", o.repeatable ? "*" : "", o.name, zsh_text(o.meaning));
      if (!o.value.empty())
        cases += fmt::format(":{}:{}", zsh_text(o.value),
                             zsh_action(kind_of(o.value, o.choices != nullptr), choices));
      cases += "'";
    }
    for (std::size_t i = 0; i < c.positionals.size(); ++i) {
      const Positional& p = c.positionals[i];
      const auto choices = p.choices != nullptr ? p.choices() : std::vector<std::string>{};
      const Kind kind = p.choices != nullptr ? Kind::choice : Kind::file;
      const std::string place = p.at_most > 1 ? "*" : fmt::format("{}", i + 1);
      cases += fmt::format(" \\\n        '{}:{}:{}'", place, zsh_text(p.name), zsh_action(kind, choices));
    }
    cases += "\n      ;;\n";
  }
  return fmt::format(
      "#compdef apical\n# zsh completion of apical, written by 'apical completion zsh'\n"
      "_apical() {{\n  local -a commands=(\n{}  )\n"
      "  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n  shift words\n  ((CURRENT--))\n"
      "  case $command in\n{}    *) _files ;;\n  esac\n}}\n_apical \"$@\"\n",
      list, cases);
}

std::string fish() {
  std::string out =
      "# fish completion of apical, written by 'apical completion fish'\n"
      "complete -c apical -n __fish_use_subcommand -f -l version -d 'what this program is'\n";
  for (const Command& c : commands()) {
    out += fmt::format("complete -c apical -n __fish_use_subcommand -f -a {} -d {}\n", c.name,
                       quoted(c.summary));
    const std::string condition = fmt::format("-n '__fish_seen_subcommand_from {}'", c.name);
    for (const Option& o : options_of(c)) {
      std::string how;
      if (!o.value.empty()) {
        const Kind kind = kind_of(o.value, o.choices != nullptr);
        how = kind == Kind::choice   ? fmt::format(" -x -a {}", quoted(joined(o.choices())))
              : kind == Kind::folder ? " -x -a '(__fish_complete_directories)'"
              : kind == Kind::file   ? " -r"
                                     : " -x";
      }
      out += fmt::format("complete -c apical {} -l {}{} -d {}\n", condition, o.name.substr(2), how,
                         quoted(o.meaning));
    }
    if (!c.positionals.empty() && c.positionals.front().choices != nullptr)
      out += fmt::format("complete -c apical {} -f -a {}\n", condition,
                         quoted(joined(c.positionals.front().choices())));
  }
  return out;
}

std::vector<std::string> shells() { return {"bash", "zsh", "fish"}; }

int completion(Context& context, const Arguments& arguments) {
  const std::string& shell = arguments.positionals.front();
  if (shell == "bash") {
    context.out << bash();
  } else if (shell == "zsh") {
    context.out << zsh();
  } else if (shell == "fish") {
    context.out << fish();
  } else {
    throw UsageError(
        fmt::format("no completion is known for '{}'\n  {}", shell, suggestion(shell, shells())));
  }
  return 0;
}

}  // namespace

Command completion_command() {
  Command c;
  c.name = "completion";
  c.summary = "a script by which a shell completes commands, options and names";
  c.has_json = false;
  c.positionals = {{"SHELL", "bash, zsh or fish", 1, 1, shells}};
  c.examples = {"apical completion bash > ~/.local/share/bash-completion/completions/apical",
                "apical completion fish > ~/.config/fish/completions/apical.fish"};
  c.run = completion;
  return c;
}

}  // namespace apical::cli
