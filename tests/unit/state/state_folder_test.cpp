// The state folder: one process at a time, and clear words when it cannot be used.

#include "state/state_folder.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include "unit/state/support.hpp"

using namespace shoal;
using namespace shoal::state;

TEST_CASE("a state folder is made for its owner only, with the folders above it") {
    const temporary_folder in;
    auto folder = state_folder::open(in.path + "/a/b/");
    REQUIRE(folder);
    CHECK(folder->path() == in.path + "/a/b");
    struct stat there{};
    REQUIRE(::stat(folder->path().c_str(), &there) == 0);
    CHECK((there.st_mode & 0777) == 0700);
}

TEST_CASE("what was written is read back, replaced whole, and removed") {
    const temporary_folder in;
    auto folder = state_folder::open(in.path + "/s");
    REQUIRE(folder);
    CHECK(folder->read("ticket")->has_value() == false);
    REQUIRE(folder->write("ticket", "a long first text"));
    REQUIRE(folder->write("ticket", "second"));
    CHECK(**folder->read("ticket") == "second");
    struct stat there{};
    REQUIRE(::stat((folder->path() + "/ticket").c_str(), &there) == 0);
    CHECK((there.st_mode & 0777) == 0600);
    REQUIRE(folder->remove("ticket"));
    REQUIRE(folder->remove("ticket"));
    CHECK(folder->read("ticket")->has_value() == false);
    std::size_t left = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder->path()))
        if (entry.path().filename() != "lock") ++left;
    CHECK(left == 0);
}

TEST_CASE("a second process is told which folder is held and by which process") {
    const temporary_folder in;
    const auto path = in.path + "/s";
    child_process other([&] {
        static std::optional<state_folder> kept;
        auto folder = state_folder::open(path);
        if (!folder) return 1;
        kept.emplace(std::move(*folder));
        return 0;
    });
    REQUIRE(other.answer() == 0);
    auto refused = state_folder::open(path);
    REQUIRE(!refused);
    CHECK(refused.error().is(errc::in_use));
    CHECK(refused.error().detail().find(path) != std::string::npos);
    CHECK(refused.error().detail().find(std::to_string(other.pid())) != std::string::npos);

    SUBCASE("and gets the folder once that process is killed") {
        other.end(true);
        CHECK(state_folder::open(path));
    }
}

TEST_CASE("the same process cannot hold one folder twice, and can again after letting go") {
    const temporary_folder in;
    {
        auto first = state_folder::open(in.path);
        REQUIRE(first);
        CHECK(!state_folder::open(in.path));
    }
    CHECK(state_folder::open(in.path));
}

TEST_CASE("a file where the folder should be is named as such") {
    const temporary_folder in;
    std::ofstream(in.path + "/file") << "x";
    for (const auto& path : {in.path + "/file", in.path + "/file/below"}) {
        auto refused = state_folder::open(path);
        REQUIRE(!refused);
        CHECK(refused.error().is(errc::not_a_folder));
        CHECK(refused.error().detail().find(in.path + "/file") != std::string::npos);
    }
}

TEST_CASE("a folder that this user may not write is named as such") {
    // The superuser may write anywhere, so a child gives that up first.
    const temporary_folder in;
    std::filesystem::create_directory(in.path + "/s");
    REQUIRE(::chmod(in.path.c_str(), 0755) == 0);
    REQUIRE(::chmod((in.path + "/s").c_str(), 0555) == 0);
    child_process other([&] {
        if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;
        auto refused = state_folder::open(in.path + "/s");
        if (refused) return 2;
        return refused.error().is(errc::unwritable) && refused.error().detail().find(in.path) != std::string::npos ? 0 : 3;
    });
    CHECK(other.answer() == 0);
    REQUIRE(::chmod((in.path + "/s").c_str(), 0755) == 0);
}

TEST_CASE("a disk that takes no more is noticed when the folder is opened, not when a ticket must be kept") {
    const temporary_folder in;
    child_process other([&] {
        // A limit on the size of files stands for a full disk.
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{1024, 1024};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
        auto refused = state_folder::open(in.path + "/s");
        if (refused) return 2;
        return refused.error().is(errc::disk_full) ? 0 : 3;
    });
    CHECK(other.answer() == 0);
}

TEST_CASE("each refusal of the system becomes a code and says what to do") {
    CHECK(failure_of(ENOSPC, "/x", "cannot write").is(errc::disk_full));
    CHECK(failure_of(EDQUOT, "/x", "cannot write").is(errc::disk_full));
    CHECK(failure_of(EROFS, "/x", "cannot write").is(errc::unwritable));
    CHECK(failure_of(EACCES, "/x", "cannot write").is(errc::unwritable));
    CHECK(failure_of(ENOTDIR, "/x", "cannot write").is(errc::not_a_folder));
    CHECK(failure_of(EIO, "/x", "cannot write").is(errc::io_failed));
    CHECK(failure_of(ENOSPC, "/x", "cannot write").detail().find("; free some space") != std::string::npos);
}

TEST_CASE("a write that fails leaves the old text and no litter") {
    const temporary_folder in;
    const auto path = in.path + "/ticket";
    REQUIRE(write_durably(path, "old"));
    child_process other([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{1024, 1024};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
        return write_durably(path, std::string(5000, 'n')) ? 2 : 0;
    });
    CHECK(other.answer() == 0);
    CHECK(**read_whole(path) == "old");
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(in.path)) ++files;
    CHECK(files == 1);
}
