#include "server/ledger/verify/export_file.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <ostream>

#include "leasehold/v1/ledger.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/varint.h"

namespace leasehold {
namespace {

absl::Status Malformed(const std::string& path, std::string_view why) {
  return Error(Reason::kInvalidArgument, StrCat(path, " is no whole export of a ledger: ", why));
}

// The length before the next record; nullopt at the end of the file, and for what is no length.
std::optional<uint64_t> ReadLength(std::istream& in, bool* at_end) {
  std::string bytes;
  do {
    const int next = in.get();
    *at_end = next == std::istream::traits_type::eof() && bytes.empty();
    if (next == std::istream::traits_type::eof() || bytes.size() == 10) return std::nullopt;
    bytes.push_back(static_cast<char>(next));
  } while ((bytes.back() & 0x80) != 0);
  ByteReader reader(bytes);
  const uint64_t length = reader.Varint();
  return reader.AtEnd() ? std::optional(length) : std::nullopt;
}

}  // namespace

absl::Status WriteExportRecord(const v1::ExportRecord& record, std::ostream* out) {
  std::string bytes;
  AppendVarint(&bytes, record.ByteSizeLong());
  record.AppendToString(&bytes);
  out->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (out->good()) return absl::OkStatus();
  return Error(Reason::kIo, "the export cannot be written; check the room on the disk");
}

absl::Status ReadExportFile(const std::string& path,
                            const std::function<absl::Status(const v1::ExportRecord&)>& visit) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(Reason::kIo, StrCat("cannot open ", path, ": ", std::strerror(errno)));
  v1::ExportRecord record;
  std::string bytes;
  while (true) {
    bool at_end = false;
    const std::optional<uint64_t> length = ReadLength(in, &at_end);
    if (at_end) break;
    if (!length.has_value() || *length > kExportRecordBytesMax) {
      return Malformed(path, "it is not made of records");
    }
    bytes.resize(*length);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (static_cast<uint64_t>(in.gcount()) != *length) return Malformed(path, "its end is missing");
    if (!record.ParseFromString(bytes)) return Malformed(path, "it is not made of records");
    RETURN_IF_ERROR(visit(record));
  }
  if (in.bad()) return Error(Reason::kIo, StrCat("cannot read ", path));
  return absl::OkStatus();
}

}  // namespace leasehold
