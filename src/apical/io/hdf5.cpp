// SPDX-License-Identifier: Apache-2.0
#include "apical/io/hdf5.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>

#include "apical/io/hdf5_driver.h"

namespace apical::io::hdf5 {

namespace {
constexpr std::uint64_t kChunkBytes = 256 << 10;

/// HDF5 hands every error to a function that prints it. Ours are thrown; whoever else uses HDF5 in this
/// process finds the function again that was there before.
class Silence {
 public:
  Silence() : known_(H5Eget_auto2(H5E_DEFAULT, &function_, &data_) >= 0) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Silence() {
    if (known_) H5Eset_auto2(H5E_DEFAULT, function_, data_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
  bool known_;
};

/// "a: b: c" from the outermost to the innermost entry of HDF5's error stack.
std::string error_stack() {
  std::string out;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_DOWNWARD,
      [](unsigned, const H5E_error2_t* e, void* text) -> herr_t {
        auto& all = *static_cast<std::string*>(text);
        if (e->desc != nullptr) all += (all.empty() ? "" : ": ") + std::string(e->desc);
        return 0;
      },
      &out);
  H5Eclear2(H5E_DEFAULT);
  return out;
}

/// Closes an HDF5 object of any kind.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

hid_t type_of(Element element) {
  switch (element) {
    case Element::boolean:
    case Element::u8:
      return H5T_STD_U8LE;
    case Element::i8:
      return H5T_STD_I8LE;
    case Element::i16:
      return H5T_STD_I16LE;
    case Element::u16:
      return H5T_STD_U16LE;
    case Element::i32:
      return H5T_STD_I32LE;
    case Element::u32:
      return H5T_STD_U32LE;
    case Element::i64:
      return H5T_STD_I64LE;
    case Element::u64:
      return H5T_STD_U64LE;
    case Element::f32:
      return H5T_IEEE_F32LE;
    case Element::f64:
      return H5T_IEEE_F64LE;
    case Element::none:
      break;
  }
  return H5I_INVALID_HID;
}

Element element_of_type(hid_t type) {
  for (const Element e : {Element::u8, Element::i8, Element::i16, Element::u16, Element::i32, Element::u32,
                          Element::i64, Element::u64, Element::f32, Element::f64}) {
    if (H5Tequal(type, type_of(e)) > 0) return e;
  }
  return Element::none;
}

std::string absolute(const std::string& path) {
  return path.empty() || path.front() != '/' ? "/" + path : path;
}
}  // namespace

namespace detail {
struct FileState {
  Path path;
  bool writes = false;
  hid_t id = H5I_INVALID_HID;
  FaultSlot slot;
  std::vector<hid_t> datasets;

  void require_sound() const {
    if (slot.fault) std::rethrow_exception(slot.fault);
    APICAL_CHECK(id >= 0);
  }
  /// What HDF5 says counts only when it says no: a fault that the driver saw is one even if HDF5 reports
  /// success.
  std::int64_t checked(std::int64_t result, std::string_view operation) {
    if (!slot.fault && result < 0) {
      const std::string what = fmt::format("{}: cannot {}: {}", path.string(), operation, error_stack());
      // The driver read every byte asked for, so it is the bytes that are wrong.
      slot.fault = writes ? std::make_exception_ptr(IoError(what))
                          : std::make_exception_ptr(DataError(what + ": the file is damaged"));
    }
    require_sound();
    return result;
  }
  void release() noexcept {
    const Silence silence;
    for (const hid_t dataset : datasets) H5Dclose(dataset);
    datasets.clear();
    if (id >= 0) H5Fclose(id);
    id = H5I_INVALID_HID;
  }
  ~FileState() { release(); }
};
}  // namespace detail

namespace {
hid_t access_list(FaultSlot* slot) {
  const hid_t access = driver_access(slot);
  if (access < 0) throw IoError("HDF5 does not take our file driver: " + error_stack());
  return access;
}

std::uint64_t product(const std::vector<std::uint64_t>& dims, std::size_t from) {
  std::uint64_t out = 1;
  for (std::size_t i = from; i < dims.size(); ++i) out *= dims[i];
  return out;
}

/// Near 256 kB: a slab of rows, or pieces of one row where a row is larger.
std::vector<hsize_t> chunk_of(const DatasetShape& shape) {
  std::vector<hsize_t> chunk(shape.dims.begin(), shape.dims.end());
  for (hsize_t& n : chunk) n = std::max<hsize_t>(n, 1);
  std::uint64_t below = size_of(shape.element);
  for (std::size_t i = chunk.size(); i-- > 0;) {
    const std::uint64_t fitting = std::max<std::uint64_t>(1, kChunkBytes / below);
    chunk[i] = i == 0 && shape.extendible ? fitting : std::min<hsize_t>(chunk[i], fitting);
    below *= chunk[i];
  }
  return chunk;
}
}  // namespace

File File::create(const Path& path) {
  const Silence silence;
  auto state = std::make_shared<detail::FileState>();
  state->path = path;
  state->writes = true;
  const Handle access(access_list(&state->slot), H5Pclose);
  state->id = H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, access);
  state->checked(state->id, "create");
  return File(std::move(state));
}

File File::open(const Path& path) {
  const Silence silence;
  auto state = std::make_shared<detail::FileState>();
  state->path = path;
  const Handle access(access_list(&state->slot), H5Pclose);
  state->id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
  if (state->id < 0 && !state->slot.fault) {
    throw DataError(fmt::format("{}: is not a whole HDF5 file: {}", path.string(), error_stack()));
  }
  state->checked(state->id, "open");
  return File(std::move(state));
}

File::~File() = default;

void File::close() {
  const Silence silence;
  state_->require_sound();
  herr_t result = 0;
  for (const hid_t dataset : state_->datasets) result = std::min(result, H5Dclose(dataset));
  state_->datasets.clear();
  const hid_t id = std::exchange(state_->id, H5I_INVALID_HID);
  result = std::min(result, H5Fclose(id));
  if (!state_->slot.fault && result < 0)
    throw IoError(fmt::format("{}: cannot close: {}", state_->path.string(), error_stack()));
  if (state_->slot.fault) std::rethrow_exception(state_->slot.fault);
}

bool File::contains(const std::string& path) const {
  const Silence silence;
  state_->require_sound();
  const std::string whole = absolute(path);
  // H5Lexists fails, rather than denies, when a group on the way is absent.
  for (std::size_t slash = whole.find('/', 1);; slash = whole.find('/', slash + 1)) {
    const std::string part = whole.substr(0, slash);
    if (part != "/" &&
        state_->checked(H5Lexists(state_->id, part.c_str(), H5P_DEFAULT), "look up " + part) == 0)
      return false;
    if (slash == std::string::npos) return true;
  }
}

bool File::is_group(const std::string& path) const {
  const Silence silence;
  state_->require_sound();
  const Handle object(H5Oopen(state_->id, absolute(path).c_str(), H5P_DEFAULT), H5Oclose);
  state_->checked(object, "look at " + path);
  return H5Iget_type(object) == H5I_GROUP;
}

void File::create_group(const std::string& path) {
  const Silence silence;
  if (contains(path)) return;
  const Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose), properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  state_->checked(H5Pset_create_intermediate_group(link, 1), "set properties");
  state_->checked(H5Pset_obj_track_times(properties, false), "set properties");
  const Handle group(H5Gcreate2(state_->id, absolute(path).c_str(), link, properties, H5P_DEFAULT), H5Gclose);
  state_->checked(group, "create group " + path);
}

Dataset File::create_dataset(const std::string& path, const DatasetShape& shape) {
  const Silence silence;
  state_->require_sound();
  APICAL_CHECK(!shape.dims.empty() && shape.element != Element::none);
  std::vector<hsize_t> dims(shape.dims.begin(), shape.dims.end()), most = dims;
  if (shape.extendible) most.front() = H5S_UNLIMITED;
  const Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), most.data()), H5Sclose);
  state_->checked(space, "describe dataset " + path);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose),
      link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  // Times of creation would make equal recordings differ.
  state_->checked(H5Pset_obj_track_times(properties, false), "set properties");
  state_->checked(H5Pset_create_intermediate_group(link, 1), "set properties");
  if (shape.extendible || (shape.compression == Compression::deflate && product(shape.dims, 0) > 0)) {
    const std::vector<hsize_t> chunk = chunk_of(shape);
    state_->checked(H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data()),
                    "set chunks of " + path);
    if (shape.compression == Compression::deflate) {
      state_->checked(H5Pset_shuffle(properties), "set shuffle of " + path);
      state_->checked(H5Pset_deflate(properties, 1), "set deflate of " + path);
    }
  }
  Dataset out;
  out.id_ = H5Dcreate2(state_->id, absolute(path).c_str(), type_of(shape.element), space, link, properties,
                       H5P_DEFAULT);
  if (out.id_ >= 0) state_->datasets.push_back(out.id_);
  state_->checked(out.id_, "create dataset " + path);
  out.state_ = state_;
  out.path_ = path;
  out.element_ = shape.element;
  out.dims_ = shape.dims;
  out.extendible_ = shape.extendible;
  return out;
}

Dataset File::dataset(const std::string& path) const {
  const Silence silence;
  if (!contains(path)) {
    const std::string whole = absolute(path);
    const std::size_t slash = whole.rfind('/');
    const std::string group = slash == 0 ? "/" : whole.substr(0, slash);
    throw DataError(
        fmt::format("{}: has no dataset '{}'; {}", state_->path.string(), path,
                    contains(group) ? suggestion(whole.substr(slash + 1), names(group)) : "nor its group"));
  }
  Dataset out;
  out.id_ = H5Dopen2(state_->id, absolute(path).c_str(), H5P_DEFAULT);
  if (out.id_ >= 0) state_->datasets.push_back(out.id_);
  state_->checked(out.id_, "open dataset " + path);
  const Handle type(H5Dget_type(out.id_), H5Tclose), space(H5Dget_space(out.id_), H5Sclose);
  state_->checked(type, "read the type of " + path);
  const std::int64_t rank = state_->checked(H5Sget_simple_extent_ndims(space), "read the shape of " + path);
  out.element_ = element_of_type(type);
  if (out.element_ == Element::none || rank < 1) {
    throw DataError(fmt::format("{}: dataset '{}' is not an array of little-endian numbers",
                                state_->path.string(), path));
  }
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank)), most = dims;
  state_->checked(H5Sget_simple_extent_dims(space, dims.data(), most.data()), "read the shape of " + path);
  out.dims_.assign(dims.begin(), dims.end());
  out.extendible_ = most.front() == H5S_UNLIMITED;
  out.state_ = state_;
  out.path_ = path;
  return out;
}

std::vector<std::string> File::names(const std::string& group) const {
  const Silence silence;
  state_->require_sound();
  std::vector<std::string> out;
  state_->checked(H5Literate_by_name(
                      state_->id, absolute(group).c_str(), H5_INDEX_NAME, H5_ITER_INC, nullptr,
                      [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
                        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
                        return 0;
                      },
                      &out, H5P_DEFAULT),
                  "list group " + group);
  std::sort(out.begin(), out.end());
  return out;
}

namespace {
hid_t variable_string() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

hid_t enumeration(const NamedChoice& choice) {
  const hid_t type = H5Tenum_create(H5T_STD_U8LE);
  for (std::size_t i = 0; i < choice.names.size(); ++i) {
    const auto value = static_cast<std::uint8_t>(i);
    H5Tenum_insert(type, choice.names[i].c_str(), &value);
  }
  return type;
}
}  // namespace

void File::set_attribute(const std::string& path, const std::string& name, const AttributeValue& value) {
  const Silence silence;
  state_->require_sound();
  const std::string where = absolute(path), what = fmt::format("write attribute '{}' of {}", name, where);
  if (state_->checked(H5Aexists_by_name(state_->id, where.c_str(), name.c_str(), H5P_DEFAULT), what) > 0) {
    state_->checked(H5Adelete_by_name(state_->id, where.c_str(), name.c_str(), H5P_DEFAULT), what);
  }
  const auto* list = std::get_if<std::vector<std::uint32_t>>(&value);
  const auto* choice = std::get_if<NamedChoice>(&value);
  const hsize_t length = list ? list->size() : 1;
  const Handle space(list ? H5Screate_simple(1, &length, nullptr) : H5Screate(H5S_SCALAR), H5Sclose);
  const Handle own_type(choice ? enumeration(*choice) : variable_string(), H5Tclose);
  const hid_t types[] = {own_type, H5T_IEEE_F64LE, H5T_STD_I64LE, H5T_STD_U32LE, H5T_STD_U32LE, own_type};
  const hid_t type = types[value.index()];
  const Handle attribute(H5Acreate_by_name(state_->id, where.c_str(), name.c_str(), type, space, H5P_DEFAULT,
                                           H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose);
  state_->checked(attribute, what);
  const char* characters = nullptr;
  const void* data = std::visit([](const auto& v) -> const void* { return &v; }, value);
  if (list) data = list->data();
  if (choice) data = &choice->value;
  if (const auto* string = std::get_if<std::string>(&value)) {
    characters = string->c_str();
    data = &characters;
  }
  state_->checked(H5Awrite(attribute, type, data), what);
}

bool File::has_attribute(const std::string& path, const std::string& name) const {
  const Silence silence;
  state_->require_sound();
  const std::string where = absolute(path);
  return contains(path) &&
         state_->checked(H5Aexists_by_name(state_->id, where.c_str(), name.c_str(), H5P_DEFAULT),
                         fmt::format("look for attribute '{}' of {}", name, where)) > 0;
}

AttributeValue File::attribute(const std::string& path, const std::string& name) const {
  const Silence silence;
  state_->require_sound();
  const std::string where = absolute(path), what = fmt::format("read attribute '{}' of {}", name, where);
  if (!has_attribute(path, name)) {
    throw DataError(fmt::format("{}: {} has no attribute '{}'", state_->path.string(), where, name));
  }
  const Handle attribute(H5Aopen_by_name(state_->id, where.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose);
  state_->checked(attribute, what);
  const Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
  state_->checked(type, what);
  const H5T_class_t kind = H5Tget_class(type);
  const bool scalar = H5Sget_simple_extent_npoints(space) == 1;
  if (scalar && kind == H5T_FLOAT) {
    double out = 0;
    state_->checked(H5Aread(attribute, H5T_NATIVE_DOUBLE, &out), what);
    return out;
  }
  if (scalar && kind == H5T_INTEGER) {
    std::int64_t out = 0;
    state_->checked(H5Aread(attribute, H5T_NATIVE_INT64, &out), what);
    return out;
  }
  if (scalar && kind == H5T_STRING && H5Tis_variable_str(type) > 0) {
    const Handle text(variable_string(), H5Tclose);
    char* characters = nullptr;
    state_->checked(H5Aread(attribute, text, static_cast<void*>(&characters)), what);
    std::string out = characters == nullptr ? "" : characters;
    H5free_memory(characters);
    return out;
  }
  if (scalar && kind == H5T_STRING) {
    std::string out(H5Tget_size(type), '\0');
    state_->checked(H5Aread(attribute, type, out.data()), what);
    return out.substr(0, out.find('\0'));
  }
  throw DataError(fmt::format("{}: attribute '{}' of {} is neither a string nor a number",
                              state_->path.string(), name, where));
}

std::size_t Dataset::row_bytes() const noexcept { return product(dims_, 1) * size_of(element_); }

void Dataset::require(Element element) const {
  if (element == element_) return;
  throw DataError(fmt::format("{}: dataset '{}' holds {}, not {}", state_->path.string(), path_,
                              name_of(element_), name_of(element)));
}

void Dataset::transfer(bool writes, std::uint64_t first, std::uint64_t count, void* data) const {
  const Silence silence;
  std::vector<hsize_t> start(dims_.size(), 0), size(dims_.begin(), dims_.end());
  start.front() = first;
  size.front() = count;
  if (product(dims_, 1) * count == 0) return;
  const Handle in_file(H5Dget_space(id_), H5Sclose),
      in_memory(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
  const std::string what = (writes ? "write dataset " : "read dataset ") + path_;
  state_->checked(in_file, what);
  state_->checked(in_memory, what);
  state_->checked(H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr),
                  what);
  state_->checked(writes ? H5Dwrite(id_, type_of(element_), in_memory, in_file, H5P_DEFAULT, data)
                         : H5Dread(id_, type_of(element_), in_memory, in_file, H5P_DEFAULT, data),
                  what);
}

void Dataset::write_rows(std::uint64_t first, std::span<const std::byte> bytes) {
  const Silence silence;
  state_->require_sound();
  const std::size_t row = row_bytes();
  APICAL_CHECK(row > 0 && bytes.size() % row == 0);
  const std::uint64_t count = bytes.size() / row;
  if (first + count > rows()) {
    APICAL_CHECK(extendible_);
    std::vector<hsize_t> size(dims_.begin(), dims_.end());
    size.front() = first + count;
    state_->checked(H5Dset_extent(id_, size.data()), "extend dataset " + path_);
    dims_.front() = first + count;
  }
  transfer(true, first, count,
           const_cast<std::byte*>(bytes.data()));  // H5Dwrite reads it; one function serves both ways
}

void Dataset::read_rows(std::uint64_t first, std::span<std::byte> into) const {
  state_->require_sound();
  const std::size_t row = row_bytes();
  if (row == 0) return;
  APICAL_CHECK(into.size() % row == 0);
  const std::uint64_t count = into.size() / row;
  if (first > rows() || count > rows() - first) {
    throw DataError(fmt::format("{}: dataset '{}' has {} rows, asked for {} from row {}",
                                state_->path.string(), path_, rows(), count, first));
  }
  transfer(false, first, count, into.data());
}

}  // namespace apical::io::hdf5
