// How the end of a worker's stream is named, and when it is worth another line.

#include "roles/worker/line_end.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "roles/worker/coordinator_troubles.hpp"
#include "rpc/errc.hpp"
#include "wire/errc.hpp"

using namespace shoal;
using namespace shoal::roles;
using namespace std::chrono_literals;

TEST_CASE("each way in which a coordinator is not there has a kind and words that say what to do") {
    struct row {
        failure why;
        bool was_open;
        line_end_kind kind;
        std::string_view words;
    };
    using rpc::errc;
    using enum line_end_kind;
    for (const auto& [why, was_open, kind, words] :
         {row{{errc::unreachable, "refused"}, false, unreachable, "nobody answers at https://c1:1 (refused): check"},
          row{{errc::no_handshake, "x"}, false, silent, "https://c1:1 takes the connection and says nothing: check"},
          row{errc::timed_out, true, silent, "says nothing"},
          row{{errc::untrusted, "expired"}, false, untrusted, "do not trust each other: expired"},
          row{{errc::wrong_role, "w2"}, false, no_coordinator, "what answers at https://c1:1 is no coordinator (w2)"},
          row{errc::unknown_method, false, no_coordinator, "is no coordinator"},
          row{errc::not_our_kind, false, no_coordinator, "is no coordinator"},
          row{wire::errc::garbage, true, unreadable, "let all nodes of the fleet run one version"},
          row{errc::finished, true, ended, "the coordinator at https://c1:1 ended the stream"},
          row{{errc::unreachable, "reset"}, true, ended, "broke (reset)"}, row{errc::busy, false, ended, "too many calls"}}) {
        const auto how = end_of(why, "https://c1:1", was_open);
        CAPTURE(how.sentence);
        CHECK(how.kind == kind);
        CHECK(how.sentence.contains(words));
        CHECK_FALSE(how.refused().has_value());
    }
    CHECK(line_end{line_end_kind::other_token, "https://c1:1"}.refused() == cluster::refusal::other_token);
}

TEST_CASE("a trouble that repeats is told once a minute, another kind at once, and what comes after its end is news") {
    coordinator_troubles troubles;
    instant now = instant{} + 1h;
    CHECK(troubles.met(line_end_kind::unreachable, "nobody", now) == 0);
    CHECK(troubles.why() == "nobody");
    for (int i = 0; i < 59; ++i) CHECK_FALSE(troubles.met(line_end_kind::unreachable, "nobody", now += 1s));
    CHECK(troubles.met(line_end_kind::untrusted, "strangers", now) == 0);
    CHECK(troubles.met(line_end_kind::unreachable, "nobody", now += 1s) == 59);
    CHECK(troubles.refused(cluster::refusal::process_id_in_use, "twice", now) == 0);
    CHECK(troubles.lost()[static_cast<std::size_t>(line_end_kind::unreachable)] == 61);
    CHECK(troubles.refused()[static_cast<std::size_t>(cluster::refusal::process_id_in_use)] == 1);
    troubles.over();
    CHECK(troubles.why().empty());
    CHECK(troubles.met(line_end_kind::unreachable, "nobody", now) == 0);
}
