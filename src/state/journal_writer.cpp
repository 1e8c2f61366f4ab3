#include "state/journal_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace shoal::state {

namespace {

constexpr std::size_t header_bytes = 64;
constexpr std::size_t record_bytes = 32;
constexpr std::size_t window_bytes = 1024 * 1024;
constexpr std::size_t page_bytes = 4096;
constexpr std::size_t session_id_bytes = 2 * record_bytes;

enum kind : std::uint8_t {
    kind_session = 1,
    kind_started = 2,
    kind_ended = 3,
    kind_stepped_over = 4,
    kind_closed = 5,
    kind_taken_over = 6
};

template <class T>
void put(char* to, T value) noexcept {
    for (std::size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

}  // namespace

result<void> try_journals(const std::string& folder, std::size_t journals) {
    if (auto made = make_folder(folder); !made) return made;
    const auto path = fmt::format("{}/probe.{}", folder, ::getpid());
    const unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) return std::unexpected(failure_of(errno, folder, "cannot make a journal in"));
    const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(journals * window_bytes));
    ::unlink(path.c_str());
    if (error == 0) return {};
    return std::unexpected(failure_of(error, folder, fmt::format("cannot reserve {} MiB for journals in", journals)));
}

result<journal_writer> journal_writer::create(const std::string& folder, shard_key shard, const incarnation& process) {
    if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
    auto path = fmt::format("{}/{}-{}of{}.journal", folder, to_hex(process), shard.id, shard.total);
    unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return std::unexpected(failure_of(errno, path, "cannot make the journal"));
    journal_writer journal(std::move(path), std::move(file));
    if (auto mapped = journal.map_from(0); !mapped) return std::unexpected(mapped.error());

    char* const header = journal.window_;
    const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
    put(header + 8, shard.id);
    put(header + 12, shard.total);
    put(header + 16, static_cast<std::uint64_t>(::getpid()));
    std::memcpy(header + 24, process.data(), process.size());
    put(header + 40, static_cast<std::uint64_t>(wall.count()));
    std::memcpy(header, "SHOALJN1", 8);
    journal.at_ = header_bytes;
    return journal;
}

journal_writer::journal_writer(journal_writer&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      window_(std::exchange(other.window_, nullptr)),
      window_offset_(other.window_offset_),
      at_(other.at_),
      sessions_(other.sessions_),
      broken_(std::move(other.broken_)) {}

journal_writer::~journal_writer() {
    if (window_ == nullptr) return;
    ::munmap(window_, window_bytes);
    // What was reserved and not used goes back; if it cannot, a reader stops at the first empty record all the same.
    [[maybe_unused]] const int ignored = ::ftruncate(file_.get(), static_cast<off_t>(at_));
}

result<void> journal_writer::map_from(std::size_t offset) {
    offset -= offset % page_bytes;
    // The blocks are reserved first: a store into a mapped hole on a full disk would kill the process.
    if (const int error = ::posix_fallocate(file_.get(), static_cast<off_t>(offset), window_bytes); error != 0)
        return std::unexpected(failure_of(error, path_, "cannot extend the journal"));
    void* const mapped =
        ::mmap(nullptr, window_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), static_cast<off_t>(offset));
    if (mapped == MAP_FAILED) return std::unexpected(failure_of(errno, path_, "cannot map the journal"));
    if (window_ != nullptr) ::munmap(window_, window_bytes);
    window_ = static_cast<char*>(mapped);
    window_offset_ = offset;
    return {};
}

bool journal_writer::room(std::size_t records) {
    if (!broken_.empty()) return false;
    if (at_ + records * record_bytes <= window_offset_ + window_bytes) return true;
    if (auto mapped = map_from(at_); !mapped) {
        broken_ = mapped.error().message();
        return false;
    }
    return true;
}

void journal_writer::record(std::uint8_t what, std::uint8_t delivery, std::uint32_t session, std::uint64_t seq, instant now) {
    if (!room(1)) return;
    char* const to = window_ + (at_ - window_offset_);
    put(to + 1, delivery);
    put(to + 4, session);
    put(to + 8, seq);
    put(to + 16, static_cast<std::uint64_t>(now.time_since_epoch().count()));
    // A record counts once its kind is there: nothing above may be moved behind this store.
    std::atomic_ref<char>(*to).store(static_cast<char>(what), std::memory_order_release);
    at_ += record_bytes;
}

std::uint32_t journal_writer::session(std::string_view session_id, instant now) {
    const auto index = sessions_++;
    if (!room(1 + session_id_bytes / record_bytes)) return index;
    const auto id = session_id.substr(0, session_id_bytes);
    std::memcpy(window_ + (at_ - window_offset_) + record_bytes, id.data(), id.size());
    record(kind_session, 0, index, 0, now);
    at_ += session_id_bytes;
    return index;
}

void journal_writer::started(std::uint32_t session, std::uint64_t seq, std::uint8_t delivery, instant now) {
    record(kind_started, delivery, session, seq, now);
}

void journal_writer::ended(std::uint32_t session, std::uint64_t seq, std::uint8_t delivery, instant now) {
    record(kind_ended, delivery, session, seq, now);
}

void journal_writer::take_back() {
    if (!broken_.empty() || at_ < window_offset_ + record_bytes || at_ <= header_bytes) return;
    char* const last = window_ + (at_ - record_bytes - window_offset_);
    if (*last != kind_started) return;
    std::atomic_ref<char>(*last).store(0, std::memory_order_release);
    std::memset(last, 0, record_bytes);
    at_ -= record_bytes;
}

void journal_writer::stepped_over(std::uint32_t session, std::uint64_t seq, instant now) {
    record(kind_stepped_over, 0, session, seq, now);
}

void journal_writer::taken_over(std::uint32_t session, std::uint64_t done, instant now) {
    record(kind_taken_over, 0, session, done, now);
}

void journal_writer::closed(instant now) { record(kind_closed, 0, 0, 0, now); }

}  // namespace shoal::state
