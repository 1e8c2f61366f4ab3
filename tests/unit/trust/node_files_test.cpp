// What a node refuses to start with, and in which words.

#include "unit/trust/rsa_node.hpp"
#include "unit/trust/trust_fixture.hpp"

using namespace shoal;
using namespace shoal::trust;
using namespace shoal::trust::testing;

namespace {

bool has(const failure& why, std::string_view words) { return why.message().contains(words); }

}  // namespace

TEST_CASE("what is made can be read, and says what was asked for") {
    const house home;
    const auto made = home.sign(role_set(role::worker, role::coordinator), {"worker-1.internal", "10.0.0.5", "::1"}, "worker-1");
    const auto facts = read_certificates(made.certificate_pem, "it").value().front();
    CHECK(facts.name == "worker-1");
    CHECK(text_of(facts.roles) == "coordinator, worker");
    CHECK(facts.hosts == std::vector<std::string>{"worker-1.internal", "10.0.0.5", "::1"});
    CHECK(facts.issuer == "Test authority");
    CHECK_FALSE(facts.is_authority);
    CHECK(facts.not_before == today - days(1));
    CHECK(facts.not_after == today + days(365));
    CHECK(facts.serial.size() == 32);
    CHECK(facts.fingerprint.size() == 64);
    CHECK(date_text(facts.not_after) == "2028-02-29 00:00:00 UTC");
    const auto authority = read_certificates(home.authority.certificate_pem, "it").value().front();
    CHECK(authority.is_authority);
    CHECK(authority.roles.empty());
    CHECK(made.key_pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_CASE("a node's set is read whole from its folder") {
    const house home;
    const temp_folder folder;
    store(folder.path(), home.texts(role_set(role::worker)));
    const auto read = read_node(folder.path(), today).value();
    CHECK(read.own.roles.has(role::worker));
    CHECK(read.authorities.size() == 1);
}

TEST_CASE("a file that is missing is named") {
    const house home;
    for (const auto* const name : {"ca.pem", "node.pem", "node.key"}) {
        const temp_folder folder;
        store(folder.path(), home.texts(role_set(role::worker)));
        std::filesystem::remove(folder / name);
        const auto read = read_node(folder.path(), today);
        REQUIRE_FALSE(read);
        CHECK(read.error().is(errc::missing));
        CHECK(has(read.error(), folder / name));
    }
    CHECK(read_node("/nowhere/at/all", today).error().is(errc::missing));
}

TEST_CASE("a key file that others than its owner can read is refused") {
    const house home;
    const temp_folder folder;
    store(folder.path(), home.texts(role_set(role::worker)));
    for (const mode_t mode : {0640, 0604, 0660, 0644, 0777}) {
        REQUIRE(::chmod((folder / "node.key").c_str(), mode) == 0);
        const auto read = read_node(folder.path(), today);
        REQUIRE_FALSE(read);
        CHECK(read.error().is(errc::exposed));
        CHECK(has(read.error(), "chmod 600"));
    }
    for (const mode_t mode : {0600, 0400}) {
        REQUIRE(::chmod((folder / "node.key").c_str(), mode) == 0);
        CHECK(read_node(folder.path(), today));
    }
}

TEST_CASE("a folder, a device and a file without an end are no certificate") {
    const house home;
    const temp_folder folder;
    store(folder.path(), home.texts(role_set(role::worker)));
    std::filesystem::remove(folder / "node.pem");
    std::filesystem::create_directory(folder / "node.pem");
    CHECK(read_node(folder.path(), today).error().is(errc::unreadable));
    std::filesystem::remove(folder / "node.pem");
    std::filesystem::create_symlink("/dev/zero", folder / "node.pem");
    CHECK(read_node(folder.path(), today).error().is(errc::unreadable));
    std::filesystem::remove(folder / "node.pem");
    write(folder / "node.pem", std::string(1U << 20U, 'x'));
    CHECK(read_node(folder.path(), today).error().is(errc::malformed));
}

TEST_CASE("a certificate has a first and a last second") {
    const house home;
    auto texts = home.texts(role_set(role::worker));
    CHECK(check_node(texts, "f", today - days(1)));
    CHECK(check_node(texts, "f", today + days(365) - seconds(1)));
    const auto early = check_node(texts, "f", today - days(1) - seconds(1));
    REQUIRE_FALSE(early);
    CHECK(early.error().is(errc::not_yet_valid));
    CHECK(has(early.error(), "begins on 2027-02-28"));
    CHECK(has(early.error(), "clock says 2027-02-27 23:59:59 UTC"));
    const auto late = check_node(texts, "f", today + days(365));
    REQUIRE_FALSE(late);
    CHECK(late.error().is(errc::expired));
    CHECK(has(late.error(), "ended on 2028-02-29"));
    CHECK(has(late.error(), "shoal certs rotate"));
}

TEST_CASE("a certificate of another authority is refused, even of one with the same name") {
    const house home;
    const house other;
    auto texts = home.texts(role_set(role::worker));
    texts.authorities_pem = other.authority.certificate_pem;
    const auto read = check_node(texts, "f", today);
    REQUIRE_FALSE(read);
    CHECK(read.error().is(errc::wrong_authority));
    // While authorities change both are trusted, in either order.
    texts.authorities_pem = other.authority.certificate_pem + home.authority.certificate_pem;
    CHECK(check_node(texts, "f", today).value().authorities.size() == 2);
    texts.authorities_pem = home.authority.certificate_pem + other.authority.certificate_pem;
    CHECK(check_node(texts, "f", today));
}

TEST_CASE("a key that is not the certificate's is refused") {
    const house home;
    auto texts = home.texts(role_set(role::worker));
    texts.key_pem = home.sign(role_set(role::worker)).key_pem;
    CHECK(check_node(texts, "f", today).error().is(errc::wrong_key));
}

TEST_CASE("a certificate without a role of Shoal's is refused") {
    const house home;
    auto texts = home.texts(role_set(role::worker));
    texts.certificate_pem = home.authority.certificate_pem;
    texts.key_pem = home.authority.key_pem;
    const auto read = check_node(texts, "f", today);
    REQUIRE_FALSE(read);
    // An authority is no server; a foreign certificate is found below.
    CHECK((read.error().is(errc::no_role) || read.error().is(errc::wrong_authority)));
}

TEST_CASE("an RSA key is refused, since with one TLS 1.2 would work") {
    const house home;
    const auto read = check_node(rsa_texts(home), "f", today);
    REQUIRE_FALSE(read);
    CHECK(read.error().is(errc::weak_key));
}

TEST_CASE("garbage in any of the three files is named and never repeated") {
    const house home;
    const auto good = home.texts(role_set(role::worker));
    for (const std::string_view garbage : {"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                           "-----BEGIN PRIVATE KEY-----\nsecretsecret\n"}) {
        for (int which = 0; which < 3; ++which) {
            auto texts = good;
            if (which == 0) texts.authorities_pem = garbage;
            if (which == 1) texts.certificate_pem = garbage;
            if (which == 2) texts.key_pem = secret(std::string(garbage));
            const auto read = check_node(texts, "f", today);
            REQUIRE_FALSE(read);
            CHECK(read.error().is(errc::malformed));
            CHECK(has(read.error(), which == 0 ? "f/ca.pem" : which == 1 ? "f/node.pem" : "f/node.key"));
            CHECK_FALSE(has(read.error(), "secretsecret"));
        }
    }
    // A good certificate, then a broken one: half a file is not taken for a whole one.
    auto texts = good;
    texts.authorities_pem += "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    CHECK(check_node(texts, "f", today).error().is(errc::malformed));
    texts = good;
    for (int i = 0; i < 20; ++i) texts.authorities_pem += good.authorities_pem;
    CHECK(check_node(texts, "f", today).error().is(errc::malformed));
}

TEST_CASE("a key with a passphrase is refused without asking for it") {
    auto texts = house().texts(role_set(role::worker));
    texts.key_pem = secret("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n");
    const auto read = check_node(texts, "f", today);
    REQUIRE_FALSE(read);
    CHECK(has(read.error(), "passphrase"));
}

TEST_CASE("wishes for certificates that make no sense are refused") {
    const house home;
    const auto refused = [&](node_wish wish) {
        const auto made = issue(home.authority, wish, today);
        REQUIRE_FALSE(made);
        CHECK(made.error().is(errc::bad_wish));
        return made.error().message();
    };
    const role_set worker(role::worker);
    CHECK(refused({.name = "", .roles = worker}).contains("no name for a node"));
    refused({.name = "..", .roles = worker});
    refused({.name = "a/b", .roles = worker});
    refused({.name = "a b", .roles = worker});
    refused({.name = std::string(65, 'a'), .roles = worker});
    CHECK(refused({.name = "a", .roles = {}}).contains("no role"));
    CHECK(refused({.name = "a", .roles = worker, .hosts = {"https://a:8443"}}).contains("leave out scheme and port"));
    refused({.name = "a", .roles = worker, .hosts = {"a,IP:1.2.3.4"}});
    refused({.name = "a", .roles = worker, .hosts = {"1.2.3.999"}});
    refused({.name = "a", .roles = worker, .hosts = {""}});
    CHECK(refused({.name = "a", .roles = worker, .validity = days(0)}).contains("0 days"));
    refused({.name = "a", .roles = worker, .validity = days(36501)});
    CHECK(make_authority({.name = "a,b"}, today).error().is(errc::bad_wish));
    CHECK(make_authority({.name = "a", .validity = days(-1)}, today).error().is(errc::bad_wish));
}

TEST_CASE("a node's certificate never outlives its authority, and an authority that ended signs no more") {
    const house home;
    const auto last_week = today + days(3650) - days(7);
    const auto made = issue(home.authority, {.name = "a", .roles = role_set(role::worker)}, last_week).value();
    CHECK(read_certificates(made.certificate_pem, "it").value().front().not_after == today + days(3650));
    CHECK(issue(home.authority, {.name = "a", .roles = role_set(role::worker)}, today + days(3651)).error().is(errc::expired));
    const auto node = home.sign(role_set(role::worker));
    CHECK(issue(node, {.name = "a", .roles = role_set(role::worker)}, today).error().is(errc::malformed));
    CHECK(issue({home.authority.certificate_pem, node.key_pem}, {.name = "a", .roles = role_set(role::worker)}, today)
              .error()
              .is(errc::wrong_key));
}

TEST_CASE("a role that only a newer version knows is passed over") {
    CHECK(role_of_uri("shoal://role/worker") == role::worker);
    CHECK(role_of_uri("shoal://role/operator") == role::operating);
    CHECK_FALSE(role_of_uri("shoal://role/queen"));
    CHECK_FALSE(role_of_uri("shoal://role/workers"));
    CHECK_FALSE(role_of_uri("spiffe://role/worker"));
    CHECK(text_of({}) == "none");
}
