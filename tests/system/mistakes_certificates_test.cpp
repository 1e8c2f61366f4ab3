// Certificates with each thing wrong that can be wrong, on REST and on the gateway.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "system/support/certificate.hpp"
#include "system/support/mistake.hpp"

using namespace shoal::system_test;

namespace {

struct fault {
    certificate_wish wish;
    const char* words;
};

const fault faults[] = {
    {{.from_days = -30, .until_days = -1}, "cannot be trusted (certificate has expired): check the clock of this machine"},
    {{.from_days = 1, .until_days = 30}, "cannot be trusted (certificate is not yet valid): check the clock of this machine"},
    {{.name = "DNS:other.example"},
     "cannot be trusted (IP address mismatch): it was made for another name, so check the address"},
};

}  // namespace

TEST_CASE("a certificate of an authority that nobody knows, and authority files that are none") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    // The simulator's certificate is its own authority, which no system trusts.
    expect(run(demo_bot({"--api-base", discord.api_base()}), bot_environment(home)), 11,
           "cannot be trusted (self-signed certificate): name the server's authority with --ca-file");
    write_file(home / "ca.pem", "this is no certificate\n");
    expect(run(demo_bot({"--api-base", discord.api_base(), "--ca-file", home / "ca.pem"}), bot_environment(home)), 11,
           "holds no certificate in PEM form");
    expect(run(demo_bot({"--api-base", discord.api_base(), "--ca-file", home / "none.pem"}), bot_environment(home)), 11,
           "No such file or directory");
    CHECK(discord.counter("identifies") == 0);
}

TEST_CASE("a certificate of REST that is out of date, of tomorrow, or for another name") {
    for (const auto& one : faults) {
        CAPTURE(std::string(one.words));
        const temp_folder home;
        make_certificate(home / "cert.pem", home / "key.pem", one.wish);
        const discord_process discord(
            {.shards = 1, .guilds = 2, .more = {"--cert", home / "cert.pem", "--key", home / "key.pem"}});
        const auto got = run(bot_command(discord), bot_environment(home));
        expect(got, 11, one.words);
        expect(got, 11, discord.api_base() + " cannot be used: the certificate of 127.0.0.1");
    }
}

TEST_CASE("a certificate of the gateway that cannot be trusted ends a start that REST let pass") {
    for (const auto& one : faults) {
        CAPTURE(std::string(one.words));
        const temp_folder home;
        // REST's is good, and the one authority file holds both: only what is wrong with the gateway's own is at fault.
        make_certificate(home / "good.pem", home / "good.key");
        make_certificate(home / "bad.pem", home / "bad.key", one.wish);
        write_file(home / "both.pem", read_file(home / "good.pem") + read_file(home / "bad.pem"));
        const discord_process discord(
            {.shards = 2,
             .guilds = 2,
             .more = {"--cert", home / "good.pem", "--key", home / "good.key", "--gateway-listen", "127.0.0.1:0",
                      "--gateway-cert", home / "bad.pem", "--gateway-key", home / "bad.key"}});
        const auto got = run(demo_bot({"--api-base", discord.api_base(), "--ca-file", home / "both.pem"}), bot_environment(home));
        expect(got, 11, one.words);
        expect(got, 11, "The gateway wss://127.0.0.1:");
        CHECK(discord.counter("identifies") == 0);
    }
}

TEST_CASE("a gateway of an authority that nobody knows") {
    const temp_folder home;
    make_certificate(home / "good.pem", home / "good.key");
    make_certificate(home / "other.pem", home / "other.key");
    const discord_process discord(
        {.shards = 1,
         .guilds = 2,
         .more = {"--cert", home / "good.pem", "--key", home / "good.key", "--gateway-listen", "127.0.0.1:0", "--gateway-cert",
                  home / "other.pem", "--gateway-key", home / "other.key"}});
    expect(run(demo_bot({"--api-base", discord.api_base(), "--ca-file", home / "good.pem"}), bot_environment(home)), 11,
           "The gateway wss://127.0.0.1:");
}

TEST_CASE("a good gateway certificate of its own is fine") {
    const temp_folder home;
    make_certificate(home / "good.pem", home / "good.key");
    const discord_process discord(
        {.shards = 1,
         .guilds = 2,
         .more = {"--cert", home / "good.pem", "--key", home / "good.key", "--gateway-listen", "127.0.0.1:0", "--gateway-cert",
                  home / "good.pem", "--gateway-key", home / "good.key"}});
    bot_process bot(discord, home);
    CHECK(bot.ready());
    CHECK(bot.stop() == 0);
}
