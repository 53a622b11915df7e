// SPDX-License-Identifier: Apache-2.0
#include "apical/core/field_error.h"

#include <fmt/format.h>

#include <utility>

namespace apical {

FieldError::FieldError(std::vector<std::string> fields, std::string complaint, const std::string& message,
                       const std::string& hint)
    : ConfigError(message, {}, hint), fields_(std::move(fields)), complaint_(std::move(complaint)) {
  APICAL_CHECK(!fields_.empty());
}

FieldError::FieldError(std::vector<std::string> fields, const std::string& complaint, const std::string& hint)
    : FieldError(fields, complaint, fmt::format("{} {}", fields.at(0), complaint), hint) {}

FieldError::FieldError(const char* field, const std::string& complaint, const std::string& hint)
    : FieldError(std::vector<std::string>{field}, complaint, hint) {}

FieldError FieldError::about(std::vector<std::string> fields, const std::string& sentence,
                             const std::string& hint) {
  return {std::move(fields), {}, sentence, hint};
}

std::string FieldError::message_as(const std::string& name) const {
  return complaint_.empty() ? bare_message() : fmt::format("'{}' {}", name, complaint_);
}

}  // namespace apical
