// SPDX-License-Identifier: Apache-2.0
// One page as it is written, from top to bottom: sections, paragraphs, tables, numbered figures. All text is
// plain and is escaped here, so that nothing from outside can become markup.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apical/report/plot/figure.h"

namespace apical {

struct Cell {
  enum class Look { plain, heading, number, answer, key, value, picture };
  std::string text;
  std::string below = {};  ///< in a second, softer line
  Look look = Look::plain;
  bool strong = false;
  std::size_t rows = 1;              ///< that it spans
  std::optional<double> value = {};  ///< by which a column is sorted; none: by the text
};

struct Table {
  struct Column {
    std::string title;
    std::string below = {};
  };
  struct Row {
    std::vector<Cell> cells;
    bool reference = false;  ///< what the others are compared with
  };
  std::vector<Column> columns = {};  ///< none: no heading
  std::vector<Row> rows = {};

  /// Of this look below the first, which is the row's heading.
  void add_row(const std::vector<std::string>& texts, Cell::Look look = Cell::Look::plain);
};

class Page {
 public:
  explicit Page(std::string title) : title_(std::move(title)) {}

  /// Above all sections. `texts` are paragraphs: an empty first part of a pair is not shown, else it is bold.
  void heading(std::string_view kicker, const std::vector<std::string>& leads,
               const std::vector<std::pair<std::string, std::string>>& texts);

  /// What follows stands below this heading, which is written with the first thing that does: a section in
  /// which nothing is shown leaves no trace, and one that goes on has one heading. The same for the grid, in
  /// which figures stand side by side.
  void section(std::string title);
  /// The same, folded behind its heading until a reader wants to see it.
  void folded_section(std::string title);
  void end_section();  ///< what follows stands below no heading of its own
  void grid();
  void end_grid();

  void paragraph(std::string_view text);
  void paragraph(std::string_view bold, std::string_view text);
  void list(const std::vector<std::string>& texts);
  void note(std::string_view text, std::string_view look = "note");
  void warnings(const std::vector<std::string>& all);
  void table(const Table& table);  ///< nothing if it has no rows
  /// Figures are numbered in the order in which they appear; nothing if the drawing is empty. One that comes
  /// as a value can be zoomed, hidden in parts and saved where scripts run; a drawing stays as it is.
  void figure(Figure figure);
  void figure(const std::string& svg, std::string_view title, std::string_view caption);
  void details(std::string_view summary, std::string_view preformatted);
  /// A numbered list in which DOIs are links.
  void references(const std::vector<std::string>& all);

  const std::vector<Figure>& figures() const { return kept_; }  ///< that came as values, as they appear

  /// The whole page, which opens offline; well-formed as XML too.
  std::string text() const;

 private:
  void put(const std::string& html);
  void unfold();
  std::string caption_html(std::string_view title, std::string_view caption);

  std::string title_, out_;
  std::string section_, written_;       ///< wanted, and the last that was written
  bool fold_ = false, folded_ = false;  ///< the wanted one is to be folded; something folded is open
  std::vector<Figure> kept_;
  enum class Grid { none, wanted, open } grid_ = Grid::none;
  int figures_ = 0;
};

}  // namespace apical
