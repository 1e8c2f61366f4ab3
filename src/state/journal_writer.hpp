#pragma once
// The event journal of one shard (docs/journal.md): what was handed out, in a mapped file that survives `kill -9`.
// Not here: the audit that reads it; it has a reader of its own.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"
#include "state/boot_id.hpp"
#include "state/files.hpp"

namespace shoal::state {

/// Makes the folder and tries whether that many journals can begin there: each reserves 1 MiB at first.
[[nodiscard]] result<void> try_journals(const std::string& folder, std::size_t journals);

/// One thread writes. A record costs a few stores; every 32,768 records the next part of the file is reserved and mapped.
class journal_writer {
public:
    /// Makes `<folder>/<incarnation>-<shard>of<total>.journal` (and the folder). Fails if the file exists.
    [[nodiscard]] static result<journal_writer> create(const std::string& folder, shard_key shard, const incarnation& process);

    journal_writer(journal_writer&& other) noexcept;
    journal_writer& operator=(journal_writer&&) = delete;
    /// Does not write `closed`: a journal that ends without it is one of a process that did not end in order.
    ~journal_writer();

    /// Declares a session; its index is what the further records carry. At most 64 bytes of the id are kept.
    [[nodiscard]] std::uint32_t session(std::string_view session_id, instant now);
    void started(std::uint32_t session, std::uint64_t seq, std::uint8_t delivery, instant now);
    /// The event of the last record, a `started`, was not handed out after all.
    void take_back();
    void ended(std::uint32_t session, std::uint64_t seq, std::uint8_t delivery, instant now);
    void stepped_over(std::uint32_t session, std::uint64_t seq, instant now);
    /// This process goes on with the session of another one, whose handlers had ended for every event up to `done`.
    void taken_over(std::uint32_t session, std::uint64_t done, instant now);
    /// Nothing follows.
    void closed(instant now);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Set when the file could not grow; records since then are missing.
    [[nodiscard]] const std::string& broken() const noexcept { return broken_; }

private:
    journal_writer(std::string path, unique_fd file) : path_(std::move(path)), file_(std::move(file)) {}
    [[nodiscard]] bool room(std::size_t records);
    [[nodiscard]] result<void> map_from(std::size_t offset);
    void record(std::uint8_t kind, std::uint8_t delivery, std::uint32_t session, std::uint64_t seq, instant now);

    std::string path_;
    unique_fd file_;
    char* window_ = nullptr;  // one mapped part of the file
    std::size_t window_offset_ = 0;
    std::size_t at_ = 0;  // where in the file the next record goes
    std::uint32_t sessions_ = 0;
    std::string broken_;
};

}  // namespace shoal::state
