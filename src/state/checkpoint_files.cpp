#include "state/checkpoint_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

namespace shoal::state {

namespace {

/// The names in a folder; none if it is not there.
result<std::vector<std::string>> names_in(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
    std::vector<std::string> names;
    if (open == nullptr) {
        if (errno == ENOENT) return names;
        return std::unexpected(failure_of(errno, folder, "cannot read"));
    }
    while (const auto* entry = ::readdir(open.get())) names.emplace_back(entry->d_name);
    return names;
}

}  // namespace

checkpoint_files::checkpoint_files(std::string_view state_folder, shard_key shard)
    : shard_(shard), folder_(fmt::format("{}/shard-{}of{}", state_folder, shard.id, shard.total)) {}

std::string checkpoint_files::path_of(std::uint64_t round, std::string_view kind) const {
    return fmt::format("{}/{}.{}", folder_, round, kind);
}

result<std::vector<std::uint64_t>> checkpoint_files::numbers() const {
    auto names = names_in(folder_);
    if (!names) return std::unexpected(names.error());
    std::vector<std::uint64_t> out;
    for (const auto& name : *names) {
        std::uint64_t number = 0;
        const auto* const end = name.data() + name.size();
        const auto [at, ec] = std::from_chars(name.data(), end, number);
        const std::string_view kind(at, end);
        if (ec == std::errc{} && (kind == ".log" || kind == ".snapshot")) out.push_back(number);
    }
    std::ranges::sort(out);
    const auto twice = std::ranges::unique(out);
    out.erase(twice.begin(), twice.end());
    return out;
}

result<std::vector<checkpoint_round>> checkpoint_files::read() const {
    const auto found = numbers();
    if (!found) return std::unexpected(found.error());
    std::vector<checkpoint_round> out;
    for (const auto number : *found) {
        auto snapshot = read_whole(path_of(number, "snapshot"));
        if (!snapshot) return std::unexpected(snapshot.error());
        auto log = read_whole(path_of(number, "log"));
        if (!log) return std::unexpected(log.error());
        out.push_back({number, std::move(*snapshot).value_or(""), std::move(*log).value_or("")});
    }
    return out;
}

result<void> checkpoint_files::remove(std::uint64_t round) const {
    if (auto done = remove_file(path_of(round, "snapshot")); !done) return done;
    return remove_file(path_of(round, "log"));
}

result<void> checkpoint_files::keep_until(std::uint64_t last, std::size_t log_bytes) const {
    const auto found = numbers();
    if (!found) return std::unexpected(found.error());
    for (const auto number : *found) {
        if (number <= last) continue;
        if (auto done = remove(number); !done) return done;
    }
    const auto path = path_of(last, "log");
    if (::truncate(path.c_str(), static_cast<off_t>(log_bytes)) != 0)
        return std::unexpected(failure_of(errno, path, "cannot cut off"));
    return {};
}

result<void> checkpoint_files::forget_below(std::uint64_t round) const {
    const auto found = numbers();
    if (!found) return std::unexpected(found.error());
    for (const auto number : *found) {
        if (number >= round) break;
        if (auto done = remove(number); !done) return done;
    }
    return {};
}

result<void> checkpoint_files::forget() const {
    const auto found = numbers();
    if (!found) return std::unexpected(found.error());
    for (const auto number : *found) {
        if (auto done = remove(number); !done) return done;
    }
    ::rmdir(folder_.c_str());  // If somebody else's files lie in it, it stays.
    return {};
}

result<unique_fd> checkpoint_files::open(std::uint64_t round, std::string_view kind, bool anew) const {
    if (anew) {
        if (auto made = make_folder(folder_); !made) return std::unexpected(made.error());
    }
    const auto path = path_of(round, kind);
    unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (anew ? O_TRUNC : 0), 0600));
    if (!file) return std::unexpected(failure_of(errno, path, "cannot write"));
    return file;
}

result<unique_fd> checkpoint_files::open_log(std::uint64_t round, bool anew) const { return open(round, "log", anew); }

result<unique_fd> checkpoint_files::open_snapshot(std::uint64_t round, bool anew) const { return open(round, "snapshot", anew); }

result<std::size_t> forget_other_totals(std::string_view state_folder, std::uint32_t total) {
    const auto names = names_in(std::string(state_folder));
    if (!names) return std::unexpected(names.error());
    std::size_t gone = 0;
    for (const auto& name : *names) {
        shard_key shard;
        if (!name.starts_with("shard-")) continue;
        const auto* const end = name.data() + name.size();
        const auto [of, bad] = std::from_chars(name.data() + 6, end, shard.id);
        if (bad != std::errc{} || !std::string_view(of, end).starts_with("of")) continue;
        const auto [rest, wrong] = std::from_chars(of + 2, end, shard.total);
        if (wrong != std::errc{} || rest != end || shard.total == total) continue;
        if (auto done = checkpoint_files(state_folder, shard).forget(); !done) return std::unexpected(done.error());
        ++gone;
    }
    return gone;
}

}  // namespace shoal::state
