#include "sim/audit/journal_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unordered_map>

namespace shoal::sim {
namespace {

constexpr std::size_t header_bytes = 64;
constexpr std::size_t record_bytes = 32;

template <class T>
T little(std::string_view bytes, std::size_t at) {
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>((value << 8U) | static_cast<unsigned char>(bytes[at + i]));
    return value;
}
template <>
std::uint8_t little(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

/// "<32 hex>-<shard>of<total>.journal" must say what the header says.
bool name_fits(std::string_view name, const journal& read) {
    return name == fmt::format("{}-{}of{}.journal", read.incarnation, read.shard, read.total);
}

bool all_zero(std::string_view bytes) {
    return std::ranges::all_of(bytes, [](char c) { return c == 0; });
}

}  // namespace

result<journal> parse_journal(std::string file_name, std::string_view bytes) {
    journal read;
    read.file = std::move(file_name);
    const auto damaged = [&](std::string_view what) {
        return std::unexpected(failure(audit_errc::damaged, fmt::format("{}: {}", read.file, what)));
    };
    if (bytes.size() < header_bytes) return damaged("shorter than its header");
    if (!bytes.starts_with("SHOALJN1")) return damaged("it does not start with SHOALJN1");
    read.shard = little<std::uint32_t>(bytes, 8);
    read.total = little<std::uint32_t>(bytes, 12);
    read.process = little<std::uint64_t>(bytes, 16);
    for (std::size_t i = 0; i < 16; ++i) read.incarnation += fmt::format("{:02x}", little<std::uint8_t>(bytes, 24 + i));
    read.created_ns = little<std::uint64_t>(bytes, 40);
    if (read.total == 0 || read.shard >= read.total) return damaged("its header names a shard that cannot be");
    if (!name_fits(read.file, read)) return damaged("its name and its header disagree");

    std::unordered_map<std::uint32_t, std::uint32_t> declared;  // index in the file -> index in read.sessions
    std::size_t at = header_bytes;
    for (;; at += record_bytes) {
        if (bytes.size() - at < record_bytes) break;
        const auto kind = little<std::uint8_t>(bytes, at);
        if (kind == 0) break;
        const auto index = little<std::uint32_t>(bytes, at + 4);
        const auto number = 1 + (at - header_bytes) / record_bytes;
        if (read.closed) return damaged(fmt::format("record {} follows the one that closed it", number));
        if (kind == 5) {
            read.closed = true;
            continue;
        }
        if (kind == 1) {
            if (bytes.size() - at < 3 * record_bytes) return damaged("it ends inside a session's id");
            auto id = bytes.substr(at + record_bytes, 2 * record_bytes);
            id = id.substr(0, std::min(id.find('\0'), id.size()));
            if (id.empty()) return damaged(fmt::format("record {} declares a session without an id", number));
            if (!declared.emplace(index, static_cast<std::uint32_t>(read.sessions.size())).second) {
                return damaged(fmt::format("record {} declares session index {} again", number, index));
            }
            read.sessions.emplace_back(id);
            at += 2 * record_bytes;
            continue;
        }
        if (kind > 6) return damaged(fmt::format("record {} is of kind {}, which does not exist", number, kind));
        const auto session = declared.find(index);
        if (session == declared.end()) return damaged(fmt::format("record {} names session {}, never declared", number, index));
        const auto delivery = little<std::uint8_t>(bytes, at + 1);
        if (delivery > 2) return damaged(fmt::format("record {} has delivery {}, which does not exist", number, delivery));
        read.records.push_back({static_cast<journal_kind>(kind), delivery, session->second, little<std::uint64_t>(bytes, at + 8),
                                little<std::uint64_t>(bytes, at + 16)});
    }
    // A process killed in the middle of writing leaves at most one record (a session's is three long) without its kind byte, or
    // a file that was made longer already. Anything further on was written by somebody who skipped a place.
    if (at < bytes.size() && !all_zero(bytes.substr(std::min(bytes.size(), at + 3 * record_bytes)))) {
        return damaged("there are bytes behind its last record");
    }
    return read;
}

result<std::vector<journal>> read_journals(const std::string& folder) {
    std::error_code bad;
    std::vector<std::filesystem::path> files;
    for (std::filesystem::directory_iterator it(folder, bad), end; !bad && it != end; it.increment(bad)) {
        if (it->path().extension() == ".journal") files.push_back(it->path());
    }
    if (bad) return std::unexpected(failure(audit_errc::unreadable, folder + ": " + bad.message()));
    std::ranges::sort(files);
    std::vector<journal> journals;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        std::ostringstream bytes;
        if (!in || !(bytes << in.rdbuf())) return std::unexpected(failure(audit_errc::unreadable, file.string()));
        auto read = parse_journal(file.filename().string(), bytes.view());
        if (!read) return std::unexpected(read.error());
        journals.push_back(std::move(*read));
    }
    return journals;
}

}  // namespace shoal::sim
