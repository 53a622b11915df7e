// SPDX-License-Identifier: Apache-2.0
// A wrong value of an option.
#pragma once

#include <string>
#include <vector>

#include "apical/core/error.h"

namespace apical {

/// Which options it is about are data, so that whoever read them can tell where they stand.
class FieldError : public ConfigError {
 public:
  /// "gamma is 2; expected at most 1": about `gamma`, and `complaint` is what follows the name. A condition
  /// between several options names the one to blame first, and then the others.
  FieldError(std::vector<std::string> fields, const std::string& complaint, const std::string& hint = {});
  FieldError(const char* field, const std::string& complaint, const std::string& hint = {});
  /// `sentence` is the whole message.
  static FieldError about(std::vector<std::string> fields, const std::string& sentence,
                          const std::string& hint = {});
  const std::vector<std::string>& fields() const noexcept { return fields_; }
  /// The message for an option that is known by a longer name: "'model.gamma' is 2; expected at most 1".
  std::string message_as(const std::string& name) const;

 private:
  FieldError(std::vector<std::string> fields, std::string complaint, const std::string& message,
             const std::string& hint);
  std::vector<std::string> fields_;
  std::string complaint_;  ///< empty if the message is a sentence of its own
};

}  // namespace apical
