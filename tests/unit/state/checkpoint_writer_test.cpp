// The files of checkpoints and the thread that writes them: in order, readable by their owner only, and with a full disk a
// sentence a minute instead of a shard that waits.

#include "state/checkpoint_writer.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support.hpp"

using namespace shoal;
using namespace shoal::state;

namespace {

struct lines {
    logger sink() {
        return logger(
            [this](const log_record& one) {
                const std::lock_guard lock(mutex);
                std::string text(one.message);
                for (const auto& [key, value] : *one.fields) text.append(" ").append(key).append("=").append(value);
                all.push_back(std::move(text));
            },
            log_level::trace);
    }
    std::mutex mutex;
    std::vector<std::string> all;
};

constexpr shard_key shard{3, 16};

std::shared_ptr<checkpoint_writer::track> track_in(const temporary_folder& folder) {
    return std::make_shared<checkpoint_writer::track>(checkpoint_files(folder.path, shard));
}

/// No file may grow beyond this while it lives: a full disk that needs no mount.
struct small_files {
    explicit small_files(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
        const rlimit now{bytes, before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
    }
    ~small_files() { ::setrlimit(RLIMIT_FSIZE, &before); }
    small_files(const small_files&) = delete;
    small_files& operator=(const small_files&) = delete;
    rlimit before{};
};

}  // namespace

TEST_CASE("what is handed over is appended in order, the log before the snapshot, and kept() follows it") {
    const temporary_folder folder;
    lines log;
    checkpoint_writer writer(log.sink());
    const auto where = track_in(folder);
    CHECK(where->kept() == 0);
    REQUIRE(writer.write(where, {.round = 1, .begins = true, .log = "a", .snapshot = "S", .done = 4}));
    REQUIRE(writer.write(where, {.round = 1, .log = "bc", .done = 9}));
    writer.flush();
    CHECK(where->kept() == 9);
    CHECK(where->waiting_bytes() == 0);
    const auto read = checkpoint_files(folder.path, shard).read();
    REQUIRE(read);
    REQUIRE(read->size() == 1);
    CHECK(read->front().number == 1);
    CHECK(read->front().log == "abc");
    CHECK(read->front().snapshot == "S");
    CHECK(writer.bytes_written() == 4);
    CHECK(log.all.empty());
}

TEST_CASE("the files are for their owner alone, since a session's id lies in them") {
    const temporary_folder folder;
    checkpoint_writer writer({});
    REQUIRE(writer.write(track_in(folder), {.round = 1, .begins = true, .log = "secret"}));
    writer.flush();
    struct stat seen{};
    REQUIRE(::stat((folder.path + "/shard-3of16/1.log").c_str(), &seen) == 0);
    CHECK((seen.st_mode & 0777U) == 0600);
    REQUIRE(::stat((folder.path + "/shard-3of16").c_str(), &seen) == 0);
    CHECK((seen.st_mode & 0777U) == 0700);
}

TEST_CASE("a round that is whole lets the older ones go; one that forgets them does so at once") {
    const temporary_folder folder;
    checkpoint_writer writer({});
    const auto where = track_in(folder);
    const checkpoint_files files(folder.path, shard);
    const auto numbers = [&] {
        writer.flush();
        std::string out;
        for (const auto& each : files.read().value()) out += std::to_string(each.number) + " ";
        return out;
    };
    REQUIRE(writer.write(where, {.round = 1, .begins = true, .whole = true, .log = "1"}));
    REQUIRE(writer.write(where, {.round = 2, .begins = true, .log = "2"}));
    CHECK(numbers() == "1 2 ");
    REQUIRE(writer.write(where, {.round = 2, .whole = true, .snapshot = "s"}));
    CHECK(numbers() == "2 ");
    REQUIRE(writer.write(where, {.round = 3, .forgets_older = true, .begins = true, .log = "3"}));
    CHECK(numbers() == "3 ");
    writer.forget(where);
    CHECK(numbers().empty());
    CHECK(::access((folder.path + "/shard-3of16").c_str(), F_OK) != 0);
    REQUIRE(writer.write(where, {.round = 4, .begins = true, .log = "4"}));
    CHECK(numbers() == "4 ");
}

TEST_CASE("a process that goes on appends behind what is sound, and what came after that is gone") {
    const temporary_folder folder;
    const checkpoint_files files(folder.path, shard);
    {
        checkpoint_writer writer({});
        const auto where = track_in(folder);
        REQUIRE(writer.write(where, {.round = 5, .begins = true, .log = "soundTORN"}));
        REQUIRE(writer.write(where, {.round = 6, .begins = true, .log = "of no use"}));
    }
    REQUIRE(files.keep_until(5, 5));
    checkpoint_writer writer({});
    REQUIRE(writer.write(track_in(folder), {.round = 5, .log = " and more"}));
    writer.flush();
    const auto read = files.read();
    REQUIRE(read->size() == 1);
    CHECK(read->front().log == "sound and more");
}

TEST_CASE("a full disk: nothing more of that round is written, one line a minute tells it, and another round begins") {
    const temporary_folder folder;
    lines log;
    checkpoint_writer writer(log.sink());
    const auto where = track_in(folder);
    REQUIRE(writer.write(where, {.round = 1, .begins = true, .log = std::string(1000, 'a'), .done = 7}));
    writer.flush();
    {
        const small_files full(4096);
        REQUIRE(writer.write(where, {.round = 1, .log = std::string(8000, 'b'), .done = 8}));
        REQUIRE(writer.write(where, {.round = 1, .log = "behind a hole", .done = 9}));
        writer.flush();
        CHECK(where->failed(1));
        CHECK(where->kept() == 7);
        REQUIRE(writer.write(where, {.round = 2, .begins = true, .log = std::string(8000, 'c'), .done = 10}));
        writer.flush();
        CHECK(where->failed(2));
    }
    CHECK(writer.failures() == 2);
    REQUIRE(log.all.size() == 1);
    CHECK(log.all.front().find("disk full") != std::string::npos);
    CHECK(log.all.front().find("shard=3/16") != std::string::npos);
    CHECK(checkpoint_files(folder.path, shard).read()->front().log.find("behind") == std::string::npos);
    REQUIRE(writer.write(where, {.round = 3, .begins = true, .whole = true, .log = "fine", .done = 11}));
    writer.flush();
    CHECK_FALSE(where->failed(3));
    CHECK(where->kept() == 11);
    const auto read = checkpoint_files(folder.path, shard).read();
    REQUIRE(read->size() == 1);
    CHECK(read->front().log == "fine");
}

TEST_CASE("a disk that does not keep up: what is beyond the bound is not taken, and nobody waits") {
    const temporary_folder folder;
    // A pipe that nobody reads in the log's place: the writer's thread hangs in its first write.
    REQUIRE(::mkdir((folder.path + "/shard-3of16").c_str(), 0700) == 0);
    const auto pipe = folder.path + "/shard-3of16/1.log";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    {
        checkpoint_writer writer({}, 1U << 20);
        const auto where = track_in(folder);
        REQUIRE(writer.write(where, {.round = 1, .log = std::string(900'000, 'x')}));
        CHECK_FALSE(writer.write(where, {.round = 1, .log = std::string(200'000, 'x')}));
        CHECK(writer.write(where, {.round = 1, .log = std::string(100'000, 'x')}));
        CHECK(where->waiting_bytes() == 1'000'000);
        pollfd began{reader, POLLIN, 0};
        REQUIRE(::poll(&began, 1, 30'000) == 1);
        std::signal(SIGPIPE, SIG_IGN);
        ::close(reader);  // Whoever waits in write() is told EPIPE.
        writer.flush();
        CHECK(where->failed(1));
        CHECK(where->waiting_bytes() == 0);
    }
}

TEST_CASE("buffers come back emptied, with their room") {
    const temporary_folder folder;
    checkpoint_writer writer({});
    CHECK(writer.spare().capacity() < 100);
    std::string log(10'000, 'x');
    REQUIRE(writer.write(track_in(folder), {.round = 1, .begins = true, .log = std::move(log)}));
    writer.flush();
    const auto spare = writer.spare();
    CHECK(spare.empty());
    CHECK(spare.capacity() >= 10'000);
}

TEST_CASE("what is kept of another number of shards can be thrown away, and nothing else of the folder is") {
    const temporary_folder folder;
    std::ofstream(folder.path + "/lock") << "1";
    std::ofstream(folder.path + "/shard-of-mine") << "1";
    {
        checkpoint_writer writer({});
        REQUIRE(writer.write(track_in(folder), {.round = 1, .begins = true, .log = "x"}));
    }
    CHECK(forget_other_totals(folder.path, 16).value() == 0);
    CHECK(::access((folder.path + "/shard-3of16/1.log").c_str(), F_OK) == 0);
    CHECK(forget_other_totals(folder.path, 32).value() == 1);
    CHECK(::access((folder.path + "/shard-3of16").c_str(), F_OK) != 0);
    CHECK(::access((folder.path + "/lock").c_str(), F_OK) == 0);
    CHECK(::access((folder.path + "/shard-of-mine").c_str(), F_OK) == 0);
}
