// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/escaping_stream.h"

#include <fmt/format.h>

#include "apical/cli/display_text.h"

namespace apical::cli {
namespace {

/// Of C0, C1, and what sets the direction of text (Unicode Standard Annex 9), or separates lines.
bool is_unsafe(char32_t c) {
  if (c == U'\n' || c == U'\t') return false;
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void add_escaped(std::string& out, std::string_view bytes) {
  const Character c = first_character(bytes);
  if (!c.valid) {
    for (const char b : bytes.substr(0, c.bytes))
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(b));
  } else if (is_unsafe(c.code)) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c.code));
  } else {
    out += bytes.substr(0, c.bytes);
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    add_escaped(out, text);
    text.remove_prefix(first_character(text).bytes);
  }
  return out;
}

std::string escaped_line(std::string_view text) {
  std::string out;
  for (const char c : escaped(text)) {
    if (c == '\n' || c == '\t') {
      out += c == '\n' ? "\\u000a" : "\\u0009";
    } else {
      out += c;
    }
  }
  return out;
}

EscapingStream::EscapingStream(std::ostream& to) : std::ostream(nullptr), buffer_(to) { rdbuf(&buffer_); }

EscapingStream::~EscapingStream() { buffer_.sync(); }

EscapingStream::Buffer::int_type EscapingStream::Buffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  const char one = traits_type::to_char_type(c);
  return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

std::streamsize EscapingStream::Buffer::xsputn(const char* text, std::streamsize n) {
  const std::string joined = begun_ + std::string(text, static_cast<std::size_t>(n));
  const std::size_t whole = joined.size() - unfinished_bytes(joined);
  begun_ = joined.substr(whole);
  to_ << escaped(std::string_view(joined).substr(0, whole));
  return to_ ? n : 0;
}

int EscapingStream::Buffer::sync() {
  to_ << escaped(begun_) << std::flush;
  begun_.clear();
  return to_ ? 0 : -1;
}

}  // namespace apical::cli
