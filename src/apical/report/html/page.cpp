// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "apical/io/digest.h"
#include "apical/io/png.h"
#include "apical/report/html/style.h"
#include "apical/report/plot/svg.h"

namespace apical {
namespace {

using svg::escape;

std::string list_html(std::span<const std::string> texts) {
  std::string items;
  for (const std::string& text : texts) items += fmt::format("<li>{}</li>", escape(text));
  return "<ul>" + items + "</ul>";
}

/// Text with the first DOI as a plain link.
std::string with_doi_link(const std::string& text) {
  const std::size_t at = text.find("10.");
  const bool starts_word = at != std::string::npos &&
                           (at == 0 || std::string_view(" :/(").find(text[at - 1]) != std::string_view::npos);
  if (!starts_word) return escape(text);
  std::size_t end = text.find_first_of(" <>\"'", at);
  if (end == std::string::npos) end = text.size();
  while (end > at && std::string_view(".,;)").find(text[end - 1]) != std::string_view::npos) --end;
  const std::string doi = text.substr(at, end - at);
  const std::size_t slash = doi.find('/');
  if (slash == std::string::npos || slash < 7) return escape(text);  // a registrant has at least four digits
  std::string before = text.substr(0, at);
  for (const char* prefix : {"https://doi.org/", "http://doi.org/", "doi.org/", "https://dx.doi.org/"}) {
    if (before.ends_with(prefix)) before.erase(before.size() - std::string_view(prefix).size());
  }
  return fmt::format("{}<a href=\"https://doi.org/{}\">{}</a>{}", escape(before), escape(doi), escape(doi),
                     escape(text.substr(end)));
}

std::string html_of(const Cell& c) {
  std::string inside = escape(c.text);
  if (c.look == Cell::Look::picture)
    inside = fmt::format("<img class=\"pixels\" alt=\"{}\" src=\"data:image/png;base64,{}\"/>",
                         escape(c.below), escape(c.text));
  else if (!c.below.empty())
    inside += fmt::format("<span class=\"b\">{}</span>", escape(c.below));
  if (c.strong) inside = "<b>" + inside + "</b>";
  const std::string span = c.rows > 1 ? fmt::format(" rowspan=\"{}\"", c.rows) : "";
  const std::string sorted_by =
      c.value && std::isfinite(*c.value) ? fmt::format(" data-v=\"{:.9g}\"", *c.value) : "";
  if (c.look == Cell::Look::heading) return fmt::format("<th scope=\"row\"{}>{}</th>", span, inside);
  const char* look = c.look == Cell::Look::number   ? "n"
                     : c.look == Cell::Look::answer ? "answer"
                     : c.look == Cell::Look::key    ? "key"
                     : c.look == Cell::Look::value  ? "value"
                                                    : "";
  return fmt::format("<td{}{}{}>{}</td>", *look ? fmt::format(" class=\"{}\"", look) : "", span, sorted_by,
                     inside);
}

}  // namespace

void Table::add_row(const std::vector<std::string>& texts, Cell::Look look) {
  Row row;
  for (const std::string& text : texts)
    row.cells.push_back({.text = text, .look = row.cells.empty() ? Cell::Look::heading : look});
  rows.push_back(std::move(row));
}

void Page::put(const std::string& html) {
  if (!section_.empty() && section_ != written_) {
    unfold();
    if (fold_) out_ += "<details class=\"section\"><summary>";
    out_ += fmt::format("<h2>{}</h2>", escape(section_));
    out_ += fold_ ? "</summary>\n" : "\n";
    folded_ = fold_;
    written_ = section_;
  }
  section_.clear();
  if (grid_ == Grid::wanted) {
    out_ += "<div class=\"grid\">\n";
    grid_ = Grid::open;
  }
  out_ += html;
}

void Page::heading(std::string_view kicker, const std::vector<std::string>& leads,
                   const std::vector<std::pair<std::string, std::string>>& texts) {
  put(fmt::format("<header><p class=\"kicker\">{}</p><h1>{}</h1>\n", escape(kicker), escape(title_)));
  for (const std::string& lead : leads) {
    if (!lead.empty()) put(fmt::format("<p class=\"lead\">{}</p>\n", escape(lead)));
  }
  for (const auto& [bold, text] : texts) {
    if (!text.empty()) paragraph(bold, text);
  }
  put("</header>\n");
}

void Page::section(std::string title) {
  end_grid();
  if (title != written_) unfold();
  section_ = std::move(title);
  fold_ = false;
}

void Page::folded_section(std::string title) {
  section(std::move(title));
  fold_ = true;
}

void Page::end_section() { section({}); }

void Page::unfold() {
  if (folded_) out_ += "</details>\n";
  if (folded_) written_.clear();  // what comes later has a heading again
  folded_ = false;
}

void Page::grid() {
  end_grid();
  grid_ = Grid::wanted;
}

void Page::end_grid() {
  if (grid_ == Grid::open) out_ += "</div>\n";
  grid_ = Grid::none;
}

void Page::paragraph(std::string_view text) { put(fmt::format("<p>{}</p>\n", escape(text))); }

void Page::paragraph(std::string_view bold, std::string_view text) {
  if (bold.empty()) return paragraph(text);
  put(fmt::format("<p><b>{}.</b> {}</p>\n", escape(bold), escape(text)));
}

void Page::list(const std::vector<std::string>& texts) {
  if (!texts.empty()) put(list_html(texts) + "\n");
}

void Page::note(std::string_view text, std::string_view look) {
  put(fmt::format("<p class=\"{}\">{}</p>\n", look, escape(text)));
}

void Page::warnings(const std::vector<std::string>& all) {
  constexpr std::size_t kBeforeTheResult = 6;  // of so many that the rest would stand before it
  const std::span<const std::string> texts = all;
  const std::size_t shown = all.size() <= kBeforeTheResult + 2 ? all.size() : kBeforeTheResult;
  const std::string more = shown == all.size()
                               ? ""
                               : fmt::format("<details><summary>{} more</summary>{}</details>",
                                             all.size() - shown, list_html(texts.subspan(shown)));
  put(fmt::format("<aside class=\"warnings\"><h2>\u26A0 {}</h2>{}{}</aside>\n",
                  all.size() == 1 ? "One warning" : fmt::format("{} warnings", all.size()),
                  list_html(texts.first(shown)), more));
}

void Page::table(const Table& t) {
  if (t.rows.empty()) return;
  std::string html = "<div class=\"scroll\" tabindex=\"0\"><table>";
  if (!t.columns.empty()) {
    html += "<thead><tr>";
    for (const Table::Column& c : t.columns)
      html += c.below.empty() ? fmt::format("<th>{}</th>", escape(c.title))
                              : fmt::format("<th>{}<br/><span class=\"b\">{}</span></th>", escape(c.title),
                                            escape(c.below));
    html += "</tr></thead>";
  }
  html += "<tbody>\n";
  for (const Table::Row& row : t.rows) {
    html += row.reference ? "<tr class=\"ref\">" : "<tr>";
    for (const Cell& c : row.cells) html += html_of(c);
    html += "</tr>\n";
  }
  put(html + "</tbody></table></div>\n");
}

std::string Page::caption_html(std::string_view title, std::string_view caption) {
  return fmt::format("<figcaption><b>Figure {} | {}.</b> {}</figcaption>", ++figures_, escape(title),
                     escape(caption));
}

void Page::figure(const std::string& drawing, std::string_view title, std::string_view caption) {
  if (drawing.empty()) return;
  put(fmt::format("<figure><div class=\"scroll\" tabindex=\"0\">{}</div>{}</figure>\n", drawing,
                  caption_html(title, caption)));
}

void Page::figure(Figure figure) {
  const std::string drawing = svg_of(figure);
  if (drawing.empty()) return;
  if (figure.name.empty()) figure.name = figure_name(figure.title);
  const auto taken = [&](const std::string& name) {
    return std::any_of(kept_.begin(), kept_.end(), [&](const Figure& f) { return f.name == name; });
  };
  const std::string first = figure.name;
  for (int i = 2; taken(figure.name); ++i) figure.name = fmt::format("{}-{}", first, i);
  const auto* const lines = std::get_if<LinePlot>(&figure.plot);
  const std::string note = lines != nullptr && thins_data(*lines)
                               ? " Data and CSV of this page have the extremes of each curve; every value "
                                 "stands in the metrics of the runs."
                               : "";
  put(
      fmt::format("<figure id=\"{}\"><div class=\"scroll still\">{}</div>{}<script "
                  "type=\"application/json\">{}</script></figure>\n",
                  figure.name, drawing, caption_html(figure.title, figure.caption + note), data_of(figure)));
  kept_.push_back(std::move(figure));
}

void Page::details(std::string_view summary, std::string_view preformatted) {
  put(fmt::format("<details><summary>{}</summary><pre tabindex=\"0\">{}</pre></details>\n", escape(summary),
                  escape(preformatted)));
}

void Page::references(const std::vector<std::string>& all) {
  if (all.empty()) return;
  std::string html = "<ol class=\"refs\">\n";
  for (const std::string& c : all) html += fmt::format("<li>{}</li>\n", with_doi_link(c));
  put(html + "</ol>\n");
}

namespace {
/// Pages are handed on, and hold titles and labels of files that others wrote. Should one ever be taken for
/// markup, nothing of it runs or is fetched: only our own script, by its digest.
std::string content_policy(std::string_view script) {
  const std::string hex = io::digest_of(io::Digest::sha256, io::bytes_of(script));
  io::Bytes digest;
  digest.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2)
    digest.push_back(static_cast<std::byte>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return fmt::format(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{}'; "
      "base-uri 'none'; form-action 'none'",
      io::base64(digest));
}
}  // namespace

std::string Page::text() const {
  // In XML a script is text like any other, so that its signs must be told to be no markup.
  const std::string script = fmt::format("/*<![CDATA[*/\n{}/*]]>*/", report_script());
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta "
      "charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"{}\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"generator\" "
      "content=\"apical\"/>\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}{}{}</main>\n<script>{}</script>\n</"
      "body>\n</html>\n",
      content_policy(script), svg::escape(title_), report_css(), out_, grid_ == Grid::open ? "</div>\n" : "",
      folded_ ? "</details>\n" : "", script);
}

}  // namespace apical
