// The identify ledger's file: shared, locked, and named without the token.

#include "state/shared_ledger.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cstdlib>
#include <optional>

#include "state/boot_id.hpp"
#include "state/files.hpp"
#include "unit/state/support.hpp"

using namespace shoal;
using namespace shoal::state;

namespace {
std::optional<std::string> add_one(const std::optional<std::string>& text) {
    return std::to_string((text ? std::stoi(*text) : 0) + 1);
}
}  // namespace

TEST_CASE("a ledger that does not exist yet is begun, then changed") {
    const temporary_folder in;
    auto path = ledger_path(in.path + "/deep/shoal", 0xabcULL);
    REQUIRE(path);
    CHECK(*path == in.path + "/deep/shoal/identify-0000000000000abc.ledger");
    bool was_missing = false;
    REQUIRE(with_locked_ledger(*path, [&](const auto& text) {
        was_missing = !text;
        return add_one(text);
    }));
    CHECK(was_missing);
    REQUIRE(with_locked_ledger(*path, add_one));
    CHECK(**read_whole(*path) == "2");
}

TEST_CASE("returning nothing leaves the ledger as it is") {
    const temporary_folder in;
    const auto path = in.path + "/l";
    REQUIRE(write_durably(path, "5"));
    REQUIRE(with_locked_ledger(path, [](const auto&) { return std::nullopt; }));
    CHECK(**read_whole(path) == "5");
}

TEST_CASE("four processes that change one ledger at once lose no change") {
    const temporary_folder in;
    const auto path = in.path + "/l";
    const auto work = [&] {
        for (int done = 0; done < 50;) {
            auto changed = with_locked_ledger(path, add_one);
            if (changed) {
                ++done;
            } else if (!changed.error().is(errc::busy)) {
                return 1;
            }
        }
        return 0;
    };
    pid_t children[4];
    for (auto& child : children) {
        child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) ::_exit(work());
    }
    for (const auto child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    }
    CHECK(**read_whole(path) == "200");
}

TEST_CASE("while another process holds the lock the answer is busy, at once") {
    const temporary_folder in;
    const auto path = in.path + "/l";
    child_process other([&] {
        const int fd = ::open((path + ".lock").c_str(), O_RDWR | O_CREAT, 0600);
        return ::flock(fd, LOCK_EX);
    });
    REQUIRE(other.answer() == 0);
    bool called = false;
    auto refused = with_locked_ledger(path, [&](const auto& text) {
        called = true;
        return text;
    });
    REQUIRE(!refused);
    CHECK(refused.error().is(errc::busy));
    CHECK(!called);
    other.end(true);
    CHECK(with_locked_ledger(path, add_one));
}

TEST_CASE("the ledger's name tells bots and servers apart and stays when the token changes") {
    // MTA5ODc2NTQzMjEwOTg3NjU0 is 109876543210987654 in base64.
    const auto key = [](std::string_view base, const char* token) { return application_key(base, secret(token)); };
    const auto bot = key("https://discord.com/api", "MTA5ODc2NTQzMjEwOTg3NjU0.Gabcde.first-secret");
    CHECK(bot == key("https://discord.com/api", "MTA5ODc2NTQzMjEwOTg3NjU0.Gxxxxx.second-secret"));
    CHECK(bot == key("https://discord.com/api/", "MTA5ODc2NTQzMjEwOTg3NjU0.Gxxxxx.second-secret"));
    CHECK(bot != key("https://discord.com/api", "MTA5ODc2NTQzMjEwOTg3NjU1.Gabcde.first-secret"));
    CHECK(bot != key("http://127.0.0.1:1/api", "MTA5ODc2NTQzMjEwOTg3NjU0.Gabcde.first-secret"));
    CHECK(key("x", "sim.token") != key("x", "sim.token2"));
    CHECK(key("x", "sim.token") == key("x", "sim.token"));
}

TEST_CASE("neither the ledger's name nor what surrounds it holds the token") {
    const temporary_folder in;
    const auto path = ledger_path(in.path, application_key("x", secret("MTA5ODc2NTQzMjEwOTg3NjU0.Gabcde.first-secret")));
    REQUIRE(path);
    CHECK(path->find("secret") == std::string::npos);
    CHECK(path->find("Gabcde") == std::string::npos);
    CHECK(path->find("109876543210987654") == std::string::npos);
}

TEST_CASE("the shared folder is found without settings") {
    const auto folder = default_shared_folder();
    REQUIRE(folder);
    CHECK(folder->ends_with("/shoal"));
}

TEST_CASE("a boot has one name and each incarnation its own") {
    CHECK(boot_id()->size() == 36);
    CHECK(*boot_id() == *boot_id());
    CHECK(make_incarnation() != make_incarnation());
    CHECK(random_number() != random_number());
    CHECK(to_hex({0x00, 0xff, 0x10}).substr(0, 6) == "00ff10");
    CHECK(to_hex(make_incarnation()).size() == 32);
}
