#include <doctest/doctest.h>

#include "host/errc.hpp"
#include "net/errc.hpp"
#include "roles/process/exit_reasons.hpp"
#include "state/errc.hpp"

using namespace shoal;
using namespace shoal::roles;
using config::exit_code;

TEST_CASE("each close that cannot be tried again has an exit code of its own and a sentence with the shard in it") {
    const std::pair<int, exit_code> expected[] = {{4004, exit_code::token_refused},   {4010, exit_code::wrong_shard},
                                                  {4011, exit_code::too_many_guilds}, {4012, exit_code::api_version_refused},
                                                  {4013, exit_code::intents_invalid}, {4014, exit_code::intents_not_allowed}};
    for (const auto& [close, code] : expected) {
        CAPTURE(close);
        const auto problem = problem_of_close({3, 16}, static_cast<std::uint16_t>(close), "", intents::guilds);
        CHECK(problem.code == code);
        CHECK(problem.sentence.starts_with("Shard 3/16 was closed with " + std::to_string(close) + ": "));
        CHECK(problem.sentence.size() > 60);
    }
    CHECK(problem_of_close({0, 1}, 4999, "odd", {}).code == exit_code::failed);
    CHECK(problem_of_close({0, 1}, 0, "the journal is full", {}).sentence == "Shard 0/1 cannot go on: the journal is full");
}

TEST_CASE("a bootstrap that failed tells token, certificate and network apart") {
    CHECK(problem_of_bootstrap(host::errc::unauthorized, "https://x").code == exit_code::token_refused);
    const failure untrusted(net::errc::untrusted, "the certificate of x cannot be trusted (certificate has expired): check it");
    CHECK(problem_of_bootstrap(untrusted, "https://x").code == exit_code::certificate_refused);
    CHECK(problem_of_bootstrap(untrusted, "https://x").sentence ==
          "https://x cannot be used: the certificate of x cannot be trusted (certificate has expired): check it.");
    CHECK(problem_of_bootstrap(failure(net::errc::connect_failed, "127.0.0.1:1"), "https://x").code ==
          exit_code::api_unreachable);
    CHECK(problem_of_bootstrap(failure(net::errc::tls_failed, "reset by the peer"), "https://x").code ==
          exit_code::api_unreachable);
}

TEST_CASE("the network's failure is known behind the host's words") {
    const failure untrusted(host::errc::api_unavailable, "net: certificate not trusted: the certificate of x is odd");
    CHECK(problem_of_bootstrap(untrusted, "https://x").code == exit_code::certificate_refused);
    CHECK(problem_of_bootstrap(untrusted, "https://x").sentence == "https://x cannot be used: the certificate of x is odd.");
    CHECK_FALSE(may_pass(untrusted));
    const failure refused(host::errc::api_unavailable, "net: cannot connect: 127.0.0.1:9");
    CHECK(problem_of_bootstrap(refused, "https://x").code == exit_code::api_unreachable);
    CHECK(problem_of_bootstrap(refused, "http://127.0.0.1:9").sentence ==
          "http://127.0.0.1:9 cannot be reached (cannot connect: 127.0.0.1:9): check the network and --api-base.");
    CHECK(may_pass(refused));
    const failure nonsense(host::errc::api_unavailable, "net: bad url: the url has no host");
    CHECK(problem_of_bootstrap(nonsense, "https://").code == exit_code::bad_setting);
    CHECK_FALSE(may_pass(nonsense));
    const failure elsewhere(host::errc::api_unavailable, "/gateway/bot answered with status 404");
    CHECK(problem_of_bootstrap(elsewhere, "https://x").sentence.find("answers, but not as Discord's API") != std::string::npos);
}

TEST_CASE("an outage of Discord's is waited for, a wrong address is not") {
    for (const auto* status : {"429", "500", "503", "520"}) {
        CHECK(
            discord_is_unwell(failure(host::errc::api_unavailable, std::string("/gateway/bot answered with status ") + status)));
    }
    CHECK_FALSE(discord_is_unwell(failure(host::errc::api_unavailable, "/gateway/bot answered with status 404")));
    CHECK_FALSE(discord_is_unwell(failure(host::errc::api_unavailable, "net: cannot connect")));
}

TEST_CASE("only what may pass is tried again") {
    CHECK(may_pass(net::errc::connect_failed));
    CHECK(may_pass(net::errc::timed_out));
    CHECK(may_pass(failure(net::errc::tls_failed, "reset by the peer")));
    CHECK(may_pass(host::errc::api_unavailable));
    CHECK_FALSE(may_pass(host::errc::unauthorized));
    CHECK_FALSE(may_pass(failure(net::errc::untrusted, "certificate has expired")));
}

TEST_CASE("a folder that cannot be used says which and why") {
    const auto problem =
        problem_of_files(failure(state::errc::in_use, "/var/lib/bot is held by process 17"), "The state folder /var/lib/bot");
    CHECK(problem.code == exit_code::state_unusable);
    CHECK(problem.sentence == "The state folder /var/lib/bot cannot be used: /var/lib/bot is held by process 17.");
    CHECK(problem_of_files(failure(state::errc::disk_full, "no room"), "The journal folder x").code == exit_code::disk_full);
}

TEST_CASE("a close about intents names those that the bot asked for and Discord does not give") {
    const auto asked = intents::guilds | intents::message_content | intents(std::uint64_t{1} << 40);
    const auto unknown = problem_of_close({0, 1}, 4013, "generic", asked).sentence;
    CHECK(unknown.find("does not know the intent bit 40,") != std::string::npos);
    const auto refused = problem_of_close({0, 1}, 4014, "generic", asked).sentence;
    CHECK(refused.find("asked for MESSAGE_CONTENT, ") != std::string::npos);
    CHECK(refused.find("developer portal") != std::string::npos);
    // Where the bot's own set explains nothing, Discord's meaning is all there is.
    CHECK(problem_of_close({0, 1}, 4014, "generic", intents::guilds).sentence == "Shard 0/1 was closed with 4014: generic");
}
