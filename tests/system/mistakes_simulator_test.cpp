// Mistakes in a call of shoal-sim: the same manners as a bot's.

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "system/support/mistake.hpp"
#include "system/support/small_disk.hpp"

using namespace shoal::system_test;

namespace {

void refused(std::vector<std::string> arguments, int code, std::string_view words) {
    CAPTURE(std::string(words));
    expect(run(simulator(std::move(arguments))), code, words, "shoal-sim");
}

/// A port of this machine that somebody listens on.
class taken_port {
public:
    taken_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&where), size) == 0);
        REQUIRE(::listen(socket_, 1) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&where), &size) == 0);
        address_ = fmt::format("127.0.0.1:{}", ntohs(where.sin_port));
    }
    ~taken_port() { ::close(socket_); }
    taken_port(const taken_port&) = delete;
    taken_port& operator=(const taken_port&) = delete;
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

private:
    int socket_;
    std::string address_;
};

}  // namespace

TEST_CASE("shoal-sim: a port in use") {
    const taken_port taken;
    for (const auto* flag : {"--listen", "--gateway-listen", "--resume-listen", "--control"}) {
        CAPTURE(std::string(flag));
        refused({"serve", flag, taken.address()}, 12,
                fmt::format("cannot listen on {}: Address already in use", taken.address()));
        refused({"serve", flag, taken.address()}, 12, "choose another port, or port 0 for any that is free.");
    }
}

TEST_CASE("shoal-sim: addresses that cannot be listened on") {
    refused({"serve", "--listen", "nonsense"}, 2, "write it as 127.0.0.1:8080");
    refused({"serve", "--listen", "127.0.0.1:99999"}, 2, "write ip:port, such as 127.0.0.1:8443");
    refused({"serve", "--control", "0.0.0.0:0"}, 2,
            "the control port listens on loopback addresses only, such as 127.0.0.1:9000");
    refused({"serve", "--control", "127.evil.example:0"}, 2, "the control port listens on loopback addresses only");
    refused({"serve", "--plain", "--listen", "127.evil.example:0"}, 2, "leave out --plain or listen on 127.0.0.1");
    refused({"serve", "--plain", "--listen", "0.0.0.0:0"}, 2, "leave out --plain or listen on 127.0.0.1");
}

TEST_CASE("shoal-sim: words that it does not know are told with what was perhaps meant") {
    refused({}, 2, "a command is missing (shoal-sim --help shows what there is).");
    refused({"serv"}, 2, "\"serv\" is no command of shoal-sim; did you mean serve?");
    refused({"serve", "--rat", "3"}, 2, "\"--rat\" is no option of serve; did you mean --rate?");
    refused({"audit", "--oracel=x", "--oracle", "x", "--journal", "y"}, 2,
            "\"--oracel\" is no option of audit; did you mean --oracle?");
    refused({"serve", "now"}, 2, "\"now\" is a word too many (shoal-sim serve --help shows what there is).");
    refused({"coverage", "now"}, 2, "\"now\" is a word too many");
}

TEST_CASE("shoal-sim: nonsense as a value") {
    refused({"serve", "--guilds", "many"}, 2, "--guilds: \"many\" is no whole number of 0 or more");
    refused({"serve", "--guilds", "-3"}, 2, "--guilds: \"-3\" is no whole number of 0 or more");
    refused({"serve", "--rate", "many"}, 2, "--rate: \"many\" is no number");
    refused({"serve", "--rate=-1"}, 2, "--rate: must not be negative");
    refused({"serve", "--guild-class", "hughe"}, 2, "--guild-class: hughe not in {mix,tiny,small,medium,community,large,giant}");
    refused({"serve", "--takeover", "maybe"}, 2, "--takeover: maybe not in {newest_wins,refuse}");
    refused({"serve", "--trim-on-heartbeat", "x"}, 2, "--trim-on-heartbeat: x not in {4007,no,op9,silent}");
    refused({"serve", "--seed", "1", "--seed", "2"}, 2, "--seed is given more than once");
    refused({"serve", "--seed"}, 2, "--seed has no value");
    refused({"replay", "--speed", "x", "file"}, 2, "--speed: \"x\" is no number");
}

TEST_CASE("shoal-sim: files that cannot be read, written or believed") {
    const temp_folder home;
    refused({"serve", "--ca-out", "/proc/shoal/ca.pem"}, 13, "cannot write the file: /proc/shoal/ca.pem");
    refused({"serve", "--ready-file", "/proc/shoal/ready"}, 13, "cannot write the file: /proc/shoal/ready");
    refused({"serve", "--record", "/proc/shoal/record"}, 13, "cannot write the file: /proc/shoal/record");
    refused({"serve", "--cert", home / "none.pem"}, 2, "--cert requires --key");
    refused({"serve", "--cert", home / "none.pem", "--key", home / "none.key"}, 2, "none.pem: No such file or directory.");
    write_file(home / "text", "this is no certificate\n");
    refused({"serve", "--cert", home / "text", "--key", home / "text"}, 11, "the chain holds no certificate in PEM form");
    refused({"replay"}, 2, "file is required");
    refused({"replay", home / "none"}, 2, "cannot read the file");
    refused({"replay", home / "text"}, 2, "not a recording, or a damaged one");
    refused({"coverage", "--tests", home / "none"}, 2, "No such file or directory");
}

TEST_CASE("shoal-sim: no room for a file") {
    const small_disk disk(64);
    SHOAL_NEEDS_MOUNT(disk);
    disk.fill();
    refused({"serve", "--ca-out", disk / "ca.pem"}, 16,
            "No space left on device; free some space, or choose a path on another disk.");
    CHECK_FALSE(std::filesystem::exists(disk / "ca.pem"));
    CHECK_FALSE(std::filesystem::exists(disk / "ca.pem.new"));
}

TEST_CASE("shoal-sim: a recording that finds no room is refused at the start, and ends with a sentence and a code later") {
    refused({"serve", "--record", "/dev/full"}, 16, "no room for the file: /dev/full: No space left on device");
    const temp_folder home;
    discord_process discord(
        {.shards = 1, .guilds = 50, .rate = 200, .most_file_blocks = 400, .more = {"--record", home / "recording"}});
    bot_process bot(discord, home);
    REQUIRE(bot.ready());
    REQUIRE(discord.running().says("the recording ends here", 60s));
    // Its clients notice nothing.
    const auto sent = discord.counter("dispatches");
    CHECK(eventually([&] { return discord.counter("dispatches") > sent; }));
    CHECK(bot.stop() == 0);
    discord.running().send(SIGTERM);
    const auto ended = discord.running().wait(30s);
    REQUIRE(ended.has_value());
    expect({ended->code, discord.running().err(), discord.running().out()}, 16, "File too large; free some space", "shoal-sim");
    // What came before is whole.
    process replay(simulator({"replay", home / "recording", "--ready-file", home / "ready.json"}));
    CHECK(eventually([&] { return !read_file(home / "ready.json").empty(); }));
    replay.send(SIGTERM);
    CHECK(replay.wait(30s).has_value());
}

TEST_CASE("shoal-sim ctl: nobody there, no address, and commands that make no sense") {
    refused({"ctl", "--control", "127.0.0.1:9", "status"}, 10,
            "no simulator answers at http://127.0.0.1:9 (127.0.0.1:9: Connection refused)");
    refused({"ctl", "--control", "nonsense", "status"}, 2, "http://nonsense is no control address; write it as 127.0.0.1:9000");
    refused({"ctl", "--control", "http://me:hunter2@nonsense", "status"}, 2, "http://[hidden]@nonsense is no control address");
    refused({"ctl", "status"}, 2, "--control is required");
    refused({"ctl", "--control", "127.0.0.1:9"}, 2, "ctl needs a command, for instance: fault F11 --shard 3.");
    refused({"ctl", "--control", "127.0.0.1:9", "{\"do\":"}, 2, "the command is not one JSON object");
    refused({"ctl", "--control", "127.0.0.1:9", "stop", "now"}, 2, "'stop' takes nothing further");
    const discord_process discord({.shards = 1, .guilds = 2});
    const auto control = discord.control_address();
    refused({"ctl", "--control", control, "dance"}, 1, "dance");
    refused({"ctl", "--control", control, "fault", "F99"}, 1, "\"fault\" must be F1 to F46.");
    refused({"ctl", "--control", control, "fault", "F18", "--colour", "red"}, 1, "colour");
}

TEST_CASE("shoal-sim audit: what is missing is a mistake, what proves nothing is refused") {
    const temp_folder home;
    refused({"audit"}, 2, "--oracle is required");
    refused({"audit", "--oracle", home / "none", "--journal", home.path()}, 2, "the oracle cannot be read (");
    refused({"audit", "--oracle", home.path(), "--journal", home.path()}, 2, "Is a directory");
    refused({"audit", "--oracle", "http://127.0.0.1:9", "--journal", home.path()}, 10,
            "no simulator answers at http://127.0.0.1:9");
    write_file(home / "oracle.json", "{}");
    refused({"audit", "--oracle", home / "oracle.json", "--journal", home / "none"}, 2,
            "none is no folder; give the one that the bot's --journal names.");
    std::filesystem::create_directory(home / "empty");

    const discord_process discord({.shards = 1, .guilds = 2, .rate = 20});
    bot_process bot(discord, home);
    REQUIRE(bot.ready());
    REQUIRE(bot.stop() == 0);
    REQUIRE(discord.drain());
    write_file(home / "oracle.json", discord.oracle());
    const auto got = run(simulator({"audit", "--oracle", home / "oracle.json", "--journal", home / "empty"}));
    CHECK(got.code == 3);
    CHECK(got.out.find("audit REFUSED") != std::string::npos);
    CHECK(got.out.find("is in no journal") != std::string::npos);
    write_file(home / "broken.json", "this is no JSON");
    const auto broken = run(simulator({"audit", "--oracle", home / "broken.json", "--journal", home / "empty"}));
    CHECK(broken.code == 3);
    CHECK(broken.out.find("the oracle is no JSON") != std::string::npos);
}
