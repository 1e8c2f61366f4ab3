// The folder of whoever runs a fleet: made, filled, listed, and carried over to a new authority without a moment in which nodes
// refuse each other.

#include "trust/certificate_folder.hpp"

#include "unit/trust/trust_fixture.hpp"

using namespace shoal;
using namespace shoal::trust;
using namespace shoal::trust::testing;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat what{};
    REQUIRE(::stat(path.c_str(), &what) == 0);
    return what.st_mode & 0777U;
}

/// Whether a node with `one`'s set would believe a node with `other`'s.
bool believes(const std::string& one, const std::string& other) {
    auto texts = read_node_texts(other).value();
    texts.authorities_pem = read(one + "/ca.pem");
    return check_node(texts, "f", today).has_value();
}

struct fleet {
    fleet() {
        REQUIRE(init_folder(folder.path(), {}, today));
        REQUIRE(add_node(folder.path(), {.name = "c1", .roles = role_set(role::coordinator), .hosts = {"127.0.0.1"}}, today));
        REQUIRE(add_node(folder.path(),
                         {.name = "w1", .roles = role_set(role::worker), .hosts = {"w1.internal"}, .validity = days(30)}, today));
    }
    void all_believe_each_other() const {
        for (const auto* const one : {"c1", "w1"}) {
            for (const auto* const other : {"c1", "w1"}) CHECK(believes(folder / one, folder / other));
        }
    }
    temp_folder folder;
};

}  // namespace

TEST_CASE("init makes an authority once, and only its owner can read the keys") {
    const temp_folder folder;
    CHECK(init_folder(folder / "deep/certs", {}, today).value().name == "Shoal authority");
    CHECK(mode_of(folder / "deep/certs/ca.key") == 0600);
    const auto key = read(folder / "deep/certs/ca.key");
    const auto again = init_folder(folder / "deep/certs", {}, today);
    REQUIRE_FALSE(again);
    CHECK(again.error().is(errc::exists));
    CHECK(read(folder / "deep/certs/ca.key") == key);
}

TEST_CASE("a node's set is whole, in a folder of its own, and made once") {
    const fleet f;
    CHECK(mode_of(f.folder / "w1/node.key") == 0600);
    CHECK(read_node(f.folder / "w1", today).value().own.hosts == std::vector<std::string>{"w1.internal"});
    CHECK_FALSE(std::filesystem::exists(f.folder / "w1/ca.key"));
    const auto again = add_node(f.folder.path(), {.name = "w1", .roles = role_set(role::worker)}, today);
    REQUIRE_FALSE(again);
    CHECK(again.error().is(errc::exists));
    f.all_believe_each_other();
}

TEST_CASE("without an authority, or without its key, no certificate is made") {
    const temp_folder folder;
    const node_wish wish{.name = "a", .roles = role_set(role::worker)};
    auto made = add_node(folder.path(), wish, today);
    REQUIRE_FALSE(made);
    CHECK(made.error().message().contains("shoal certs init"));
    REQUIRE(init_folder(folder.path(), {}, today));
    REQUIRE(::chmod((folder / "ca.key").c_str(), 0644) == 0);
    CHECK(add_node(folder.path(), wish, today).error().is(errc::exposed));
    std::filesystem::remove(folder / "ca.key");
    CHECK(add_node(folder.path(), wish, today).error().is(errc::missing));
}

TEST_CASE("the list shows each certificate, and what is wrong with it") {
    const fleet f;
    REQUIRE(::chmod((f.folder / "c1/node.key").c_str(), 0640) == 0);
    auto list = list_folder(f.folder.path(), today).value();
    REQUIRE(list.authorities.size() == 1);
    REQUIRE(list.nodes.size() == 2);
    CHECK(list.nodes[0].name == "c1");
    CHECK(list.nodes[0].facts->roles.has(role::coordinator));
    CHECK(list.nodes[0].trouble->is(errc::exposed));
    CHECK_FALSE(list.nodes[1].trouble);
    list = list_folder(f.folder.path(), today + days(31)).value();
    CHECK(list.nodes[1].trouble->is(errc::expired));
    write(f.folder / "w1/node.pem", "garbage");
    list = list_folder(f.folder.path(), today).value();
    CHECK_FALSE(list.nodes[1].facts);
    CHECK(list.nodes[1].trouble->is(errc::malformed));
    CHECK(list_folder(f.folder / "no", today).error().is(errc::missing));
}

TEST_CASE("rotation gives a node a new key and keeps its name, roles, hosts and length of life") {
    const fleet f;
    const auto before = read_node(f.folder / "w1", today).value();
    const auto other = read(f.folder / "c1/node.pem");
    const auto done = rotate_nodes(f.folder.path(), {"w1"}, std::nullopt, today + days(20)).value();
    REQUIRE(done.size() == 1);
    const auto after = read_node(f.folder / "w1", today + days(20)).value();
    CHECK_FALSE(after.texts.key_pem == before.texts.key_pem);
    CHECK(after.own.name == "w1");
    CHECK(after.own.roles == before.own.roles);
    CHECK(after.own.hosts == before.own.hosts);
    CHECK(after.own.not_after == today + days(50));
    CHECK(read(f.folder / "c1/node.pem") == other);
    CHECK(rotate_nodes(f.folder.path(), {}, days(7), today).value().size() == 2);
    CHECK(read_node(f.folder / "c1", today).value().own.not_after == today + days(7));
    CHECK(rotate_nodes(f.folder.path(), {"w9"}, std::nullopt, today).error().is(errc::missing));
}

TEST_CASE("an expired node is rotated like any other, a damaged one stops the whole before anything is written") {
    const fleet f;
    CHECK(rotate_nodes(f.folder.path(), {"w1"}, std::nullopt, today + days(40)));
    const auto c1 = read(f.folder / "c1/node.pem");
    write(f.folder / "w1/node.pem", "garbage");
    CHECK(rotate_nodes(f.folder.path(), {}, std::nullopt, today).error().is(errc::malformed));
    CHECK(read(f.folder / "c1/node.pem") == c1);
}

TEST_CASE("a new authority: at every step every node believes every other") {
    const fleet f;
    CHECK(finish_authority(f.folder.path(), today).error().is(errc::not_ready));
    CHECK(begin_authority(f.folder.path(), days(3650), today).value().name == "Shoal authority 2");
    f.all_believe_each_other();
    CHECK(list_folder(f.folder.path(), today).value().authorities.size() == 2);
    CHECK(begin_authority(f.folder.path(), days(3650), today).error().is(errc::not_ready));

    // A node of the old authority would be cut off: not yet.
    const auto early = finish_authority(f.folder.path(), today);
    REQUIRE_FALSE(early);
    CHECK(early.error().is(errc::not_ready));
    CHECK(early.error().message().contains("shoal certs rotate c1"));

    REQUIRE(rotate_nodes(f.folder.path(), {"c1"}, std::nullopt, today));
    f.all_believe_each_other();
    REQUIRE(rotate_nodes(f.folder.path(), {"w1"}, std::nullopt, today));
    f.all_believe_each_other();
    CHECK(finish_authority(f.folder.path(), today).value().name == "Shoal authority 2");
    f.all_believe_each_other();
    CHECK(list_folder(f.folder.path(), today).value().authorities.size() == 1);
    CHECK(read_node(f.folder / "w1", today).value().own.issuer == "Shoal authority 2");
    CHECK_FALSE(std::filesystem::exists(f.folder / "ca.key.old"));
    CHECK(begin_authority(f.folder.path(), days(3650), today).value().name == "Shoal authority 3");
}
