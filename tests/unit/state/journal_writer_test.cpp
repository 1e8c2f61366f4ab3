// The journal, read back byte by byte as docs/journal.md says.

#include "state/journal_writer.hpp"

#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <vector>

#include "state/files.hpp"
#include "unit/state/support.hpp"

using namespace shoal;
using namespace shoal::state;

namespace {

template <class T>
T get(const std::string& bytes, std::size_t at) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

struct line {
    int kind, delivery;
    std::uint32_t session;
    std::uint64_t seq;
    std::int64_t time;
    std::string id;
};

std::vector<line> lines_of(const std::string& bytes) {
    std::vector<line> lines;
    for (std::size_t at = 64; at + 32 <= bytes.size() && bytes[at] != 0; at += 32) {
        line one{bytes[at],
                 bytes[at + 1],
                 get<std::uint32_t>(bytes, at + 4),
                 get<std::uint64_t>(bytes, at + 8),
                 get<std::int64_t>(bytes, at + 16),
                 {}};
        if (one.kind == 1) {
            one.id = std::string(bytes.data() + at + 32, 64);
            one.id.erase(one.id.find_last_not_of('\0') + 1);
            at += 64;
        }
        lines.push_back(one);
    }
    return lines;
}

constexpr incarnation process{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0xff};
constexpr instant at(int ns) { return instant{} + std::chrono::nanoseconds(ns); }

}  // namespace

TEST_CASE("a journal begins with the header and is named after process and shard") {
    const temporary_folder in;
    auto journal = journal_writer::create(in.path + "/j", {3, 16}, process);
    REQUIRE(journal);
    CHECK(journal->path() == in.path + "/j/0102030405060708090a0b0c0d0e0fff-3of16.journal");
    const auto bytes = **read_whole(journal->path());
    CHECK(bytes.substr(0, 8) == "SHOALJN1");
    CHECK(get<std::uint32_t>(bytes, 8) == 3);
    CHECK(get<std::uint32_t>(bytes, 12) == 16);
    CHECK(get<std::uint64_t>(bytes, 16) == static_cast<std::uint64_t>(::getpid()));
    CHECK(std::memcmp(bytes.data() + 24, process.data(), 16) == 0);
    CHECK(get<std::uint64_t>(bytes, 40) > 1'600'000'000'000'000'000ULL);
    CHECK(bytes.substr(48, 16) == std::string(16, '\0'));
    CHECK(lines_of(bytes).empty());
    CHECK(!journal_writer::create(in.path + "/j", {3, 16}, process));
}

TEST_CASE("records stand in the file as soon as they are written") {
    const temporary_folder in;
    auto journal = journal_writer::create(in.path, {0, 1}, process);
    REQUIRE(journal);
    const auto first = journal->session("0f1e2d3c4b5a69788796a5b4c3d2e1f0", at(5));
    journal->started(first, 1, 0, at(6));
    journal->ended(first, 1, 0, at(7));
    const auto second = journal->session(std::string(70, 's'), at(8));
    journal->started(second, 9, 1, at(9));
    journal->stepped_over(second, 10, at(10));
    journal->closed(at(11));
    const auto lines = lines_of(**read_whole(journal->path()));
    REQUIRE(lines.size() == 7);
    CHECK(lines[0].kind == 1);
    CHECK(lines[0].id == "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    CHECK(lines[1].kind == 2);
    CHECK(lines[1].session == 0);
    CHECK(lines[1].seq == 1);
    CHECK(lines[1].time == 6);
    CHECK(lines[2].kind == 3);
    CHECK(lines[3].session == 1);
    CHECK(lines[3].id == std::string(64, 's'));
    CHECK(lines[4].delivery == 1);
    CHECK(lines[4].session == 1);
    CHECK(lines[5].kind == 4);
    CHECK(lines[5].seq == 10);
    CHECK(lines[6].kind == 5);
}

TEST_CASE("an event that was not handed out after all leaves no record") {
    const temporary_folder in;
    auto journal = journal_writer::create(in.path, {0, 1}, process);
    REQUIRE(journal);
    const auto session = journal->session("s", at(1));
    journal->started(session, 1, 0, at(2));
    journal->take_back();
    CHECK(lines_of(**read_whole(journal->path())).size() == 1);
    journal->take_back();  // only a `started` is taken back
    journal->started(session, 1, 1, at(3));
    const auto lines = lines_of(**read_whole(journal->path()));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].kind == 1);
    CHECK(lines[1].time == 3);
}

TEST_CASE("a journal grows past its first part without losing a record, sessions across the seam included") {
    const temporary_folder in;
    auto journal = journal_writer::create(in.path, {0, 1}, process);
    REQUIRE(journal);
    std::uint64_t written = 0;
    for (int i = 0; i < 40000; ++i) {
        // A session record is three records long: at each of these counts it meets the seam at another place.
        if (i >= 32750 && i < 32765) {
            (void)journal->session("s" + std::to_string(i), at(i));
            ++written;
        }
        journal->started(0, static_cast<std::uint64_t>(i), 0, at(i));
        ++written;
    }
    const auto lines = lines_of(**read_whole(journal->path()));
    REQUIRE(lines.size() == written);
    std::uint64_t next = 0;
    for (const auto& one : lines) {
        if (one.kind == 1) {
            CHECK(one.id == "s" + std::to_string(next));
        } else {
            REQUIRE(one.seq == next++);
        }
    }
    CHECK(journal->broken().empty());
}

TEST_CASE("what a killed process wrote is all there") {
    const temporary_folder in;
    child_process other([&] {
        auto made = journal_writer::create(in.path, {0, 1}, process);
        if (!made) return 1;
        static journal_writer kept = std::move(*made);
        for (std::uint64_t seq = 1; seq <= 1000; ++seq) kept.started(0, seq, 0, at(1));
        return 0;
    });
    REQUIRE(other.answer() == 0);
    other.end(true);
    std::string path;
    for (const auto& entry : std::filesystem::directory_iterator(in.path)) path = entry.path();
    CHECK(lines_of(**read_whole(path)).size() == 1000);
}

TEST_CASE("a journal on a full disk says so and does not kill its process") {
    const temporary_folder in;
    child_process other([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit one_part{1024 * 1024 + 100, 1024 * 1024 + 100};
        if (::setrlimit(RLIMIT_FSIZE, &one_part) != 0) return 1;
        auto journal = journal_writer::create(in.path, {0, 1}, process);
        if (!journal) return 2;
        for (std::uint64_t seq = 1; seq <= 40000; ++seq) journal->started(0, seq, 0, at(1));
        return journal->broken().find("disk full") != std::string::npos ? 0 : 3;
    });
    CHECK(other.answer() == 0);
}

TEST_CASE("what was reserved and not used is given back") {
    const temporary_folder in;
    std::string path;
    {
        auto journal = journal_writer::create(in.path, {0, 1}, process);
        REQUIRE(journal);
        path = journal->path();
        journal->closed(at(1));
    }
    CHECK(std::filesystem::file_size(path) == 96);
}

TEST_CASE("whether the journals of all shards find room is known before the first is made") {
    const temporary_folder in;
    CHECK(try_journals(in.path + "/j", 3).has_value());
    CHECK(std::filesystem::is_empty(in.path + "/j"));
    child_process other([&] {
        // A limit on the size of files stands for a full disk: two journals fit, three do not.
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{2 * 1024 * 1024, 2 * 1024 * 1024};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
        if (!try_journals(in.path + "/j", 2)) return 2;
        const auto refused = try_journals(in.path + "/j", 3);
        return !refused && refused.error().is(errc::disk_full) ? 0 : 3;
    });
    CHECK(other.answer() == 0);
    CHECK(std::filesystem::is_empty(in.path + "/j"));
}
