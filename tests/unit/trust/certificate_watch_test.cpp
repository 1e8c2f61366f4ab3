// When a node takes up new certificates, and when it keeps those that it has.

#include "trust/certificate_watch.hpp"

#include "base/virtual_scheduler.hpp"
#include "unit/trust/trust_fixture.hpp"

using namespace shoal;
using namespace shoal::trust;
using namespace shoal::trust::testing;

namespace {

struct scene {
    scene() {
        store(folder.path(), home.texts(role_set(role::worker), "first"));
        watch.emplace(
            time, folder.path(), read_node(folder.path(), today).value(),
            watch_options{.every = seconds(5), .calendar = [this] { return calendar; }},
            [this](const node_identity& fresh) { changes.push_back(fresh.own.name); },
            [this](const failure& why) { troubles.push_back(why); });
    }
    void pass(duration much) { time.run_until(time.now() + much); }

    virtual_scheduler time;
    house home;
    temp_folder folder;
    calendar_time calendar = today;
    std::vector<std::string> changes;
    std::vector<failure> troubles;
    std::optional<certificate_watch> watch;
};

}  // namespace

TEST_CASE("files that stay the same are no news") {
    scene s;
    s.pass(std::chrono::minutes(1));
    CHECK(s.changes.empty());
    CHECK(s.troubles.empty());
}

TEST_CASE("a new set is told once, at the next look") {
    scene s;
    store(s.folder.path(), s.home.texts(role_set(role::worker), "second"));
    s.pass(seconds(5));
    CHECK(s.changes == std::vector<std::string>{"second"});
    s.pass(std::chrono::minutes(1));
    CHECK(s.changes.size() == 1);
    CHECK(s.troubles.empty());
}

TEST_CASE("a look between two files of a new set finds no trouble worth telling") {
    scene s;
    const auto next = s.home.texts(role_set(role::worker), "second");
    write(s.folder / "node.key", next.key_pem.reveal());
    s.pass(seconds(5));
    CHECK(s.troubles.empty());
    write(s.folder / "node.pem", next.certificate_pem);
    s.pass(seconds(5));
    CHECK(s.changes == std::vector<std::string>{"second"});
    CHECK(s.troubles.empty());
}

TEST_CASE("a set that stays bad is told once, and the old one stays in use until a good one is there") {
    scene s;
    write(s.folder / "node.key", "garbage");
    s.pass(std::chrono::minutes(1));
    CHECK(s.changes.empty());
    REQUIRE(s.troubles.size() == 1);
    CHECK(s.troubles[0].is(errc::malformed));
    // Another reason is another sentence.
    std::filesystem::remove(s.folder / "node.key");
    s.pass(std::chrono::minutes(1));
    REQUIRE(s.troubles.size() == 2);
    CHECK(s.troubles[1].is(errc::missing));
    store(s.folder.path(), s.home.texts(role_set(role::worker), "second"));
    s.pass(seconds(5));
    CHECK(s.changes == std::vector<std::string>{"second"});
}

TEST_CASE("a new set that is not valid yet is taken up when its time comes") {
    scene s;
    const house later(today + days(3));
    auto next = later.texts(role_set(role::worker), "later");
    store(s.folder.path(), next);
    s.pass(std::chrono::minutes(1));
    CHECK(s.changes.empty());
    REQUIRE(s.troubles.size() == 1);
    CHECK(s.troubles[0].is(errc::not_yet_valid));
    s.calendar = today + days(3);
    s.pass(seconds(5));
    CHECK(s.changes == std::vector<std::string>{"later"});
}

TEST_CASE("a second authority in ca.pem is news: the own certificate is the same, and more is trusted") {
    scene s;
    write(s.folder / "ca.pem", s.home.authority.certificate_pem + house(today, "Other").authority.certificate_pem);
    s.pass(seconds(5));
    CHECK(s.changes == std::vector<std::string>{"first"});
}

TEST_CASE("a watch may be destroyed by what it tells") {
    scene s;
    store(s.folder.path(), s.home.texts(role_set(role::worker), "second"));
    s.watch.emplace(
        s.time, s.folder.path(), s.home.identity(role_set(role::worker), "first"),
        watch_options{.every = seconds(5), .calendar = [&] { return s.calendar; }},
        [&](const node_identity&) { s.watch.reset(); }, [](const failure&) {});
    s.pass(std::chrono::minutes(1));
    CHECK_FALSE(s.watch);
}
