// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/data_receipt.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/io/json.h"

namespace apical {

namespace {
constexpr const char* kSchema = "apical-data-receipt/1";
}

void write_receipt(const std::filesystem::path& folder, const DataReceipt& receipt) {
  const nlohmann::json all{{"schema", kSchema},
                           {"set", receipt.set},
                           {"variant", receipt.variant},
                           {"original", receipt.original},
                           {"md5", receipt.md5}};
  io::write_atomically(folder / kReceiptName, io::json_text(all));
}

std::optional<DataReceipt> read_receipt(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kReceiptName;
  if (!io::file_exists(path)) return std::nullopt;
  const nlohmann::json all = io::read_json(path);
  try {
    if (all.at("schema") != kSchema)
      throw DataError(fmt::format("{}: expected schema {}", path.string(), kSchema));
    return DataReceipt{all.at("set"), all.at("variant"), all.at("original"), all.at("md5")};
  } catch (const nlohmann::json::exception& e) {
    throw DataError(fmt::format("{}: no receipt of Apical ({})", path.string(), e.what()));
  }
}

}  // namespace apical
