#include <doctest/doctest.h>

#include "host/errc.hpp"
#include "net/errc.hpp"
#include "roles/single/exit_reasons.hpp"
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
        const auto problem = problem_of_close({3, 16}, static_cast<std::uint16_t>(close), "");
        CHECK(problem.code == code);
        CHECK(problem.sentence.starts_with("Shard 3/16 was closed with " + std::to_string(close) + ": "));
        CHECK(problem.sentence.size() > 60);
    }
    CHECK(problem_of_close({0, 1}, 4999, "odd").code == exit_code::failed);
    CHECK(problem_of_close({0, 1}, 0, "the journal is full").sentence == "Shard 0/1 cannot go on: the journal is full");
}

TEST_CASE("a bootstrap that failed tells token, certificate and network apart") {
    CHECK(problem_of_bootstrap(host::errc::unauthorized, "https://x").code == exit_code::token_refused);
    const failure untrusted(net::errc::tls_failed, "certificate verify failed");
    CHECK(problem_of_bootstrap(untrusted, "https://x").code == exit_code::certificate_refused);
    CHECK(problem_of_bootstrap(failure(net::errc::connect_failed, "127.0.0.1:1"), "https://x").code ==
          exit_code::api_unreachable);
    CHECK(problem_of_bootstrap(failure(net::errc::tls_failed, "reset by the peer"), "https://x").code ==
          exit_code::api_unreachable);
}

TEST_CASE("the network's failure is known behind the host's words") {
    const failure untrusted(host::errc::api_unavailable, "net: TLS handshake failed: certificate verify failed");
    CHECK(problem_of_bootstrap(untrusted, "https://x").code == exit_code::certificate_refused);
    CHECK_FALSE(may_pass(untrusted));
    const failure refused(host::errc::api_unavailable, "net: cannot connect: 127.0.0.1:9");
    CHECK(problem_of_bootstrap(refused, "https://x").code == exit_code::api_unreachable);
    CHECK(may_pass(refused));
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
    CHECK_FALSE(may_pass(failure(net::errc::tls_failed, "certificate has expired")));
}

TEST_CASE("a folder that cannot be used says which and why") {
    const auto problem =
        problem_of_files(failure(state::errc::in_use, "/var/lib/bot is held by process 17"), "The state folder /var/lib/bot");
    CHECK(problem.code == exit_code::state_unusable);
    CHECK(problem.sentence ==
          "The state folder /var/lib/bot cannot be used (state: state folder in use: /var/lib/bot is held by process 17).");
}
