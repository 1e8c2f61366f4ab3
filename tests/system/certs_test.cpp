// shoal certs as a person uses it, with the openssl program as a second opinion.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "system/support/mistake.hpp"

using namespace shoal::system_test;

namespace {

outcome certs(std::vector<std::string> words, const std::string& folder) {
    std::vector<std::string> command{program_path("shoal"), "certs"};
    command.insert(command.end(), words.begin(), words.end());
    command.insert(command.end(), {"--certs", folder});
    return run(command);
}

outcome openssl(std::vector<std::string> words) {
    words.insert(words.begin(), "/usr/bin/openssl");
    return run(words);
}

void fine(const outcome& got) {
    CHECK_MESSAGE(got.code == 0, got.said);
    CHECK(got.said.empty());
    CHECK_FALSE(got.out.contains("PRIVATE KEY"));
}

std::string fleet(const temp_folder& home) {
    const auto folder = home / "certs";
    fine(certs({"init"}, folder));
    fine(certs({"node", "c1", "--role", "coordinator", "--host", "127.0.0.1", "--host", "c1.internal"}, folder));
    fine(certs({"node", "w1", "--role", "worker", "--days", "30"}, folder));
    return folder;
}

}  // namespace

TEST_CASE("certs: a fleet's certificates are made, listed, and good in the eyes of openssl") {
    const temp_folder home;
    const auto folder = fleet(home);
    const auto list = certs({"list"}, folder);
    fine(list);
    CHECK(list.out.contains("c1               coordinator  127.0.0.1 c1.internal"));
    CHECK(list.out.contains("w1               worker       -"));
    const auto json = certs({"list", "--json"}, folder);
    fine(json);
    CHECK(json.out.contains(R"({"name":"w1","good":true,"roles":["worker"])"));
    for (const auto* const purpose : {"sslserver", "sslclient"}) {
        const auto verified =
            openssl({"verify", "-x509_strict", "-purpose", purpose, "-CAfile", folder + "/c1/ca.pem", folder + "/c1/node.pem"});
        CAPTURE(verified.out);
        CAPTURE(verified.said);
        CHECK(verified.code == 0);
    }
    const auto text = openssl({"x509", "-noout", "-text", "-in", folder + "/c1/node.pem"}).out;
    CHECK(text.contains("ecdsa-with-SHA256"));
    CHECK(text.contains("NIST CURVE: P-256"));
    CHECK(text.contains("URI:shoal://role/coordinator, IP Address:127.0.0.1, DNS:c1.internal"));
    CHECK(text.contains("CA:FALSE"));
}

TEST_CASE("certs: rotation and a new authority in its three steps") {
    const temp_folder home;
    const auto folder = fleet(home);
    const auto before = read_file(folder + "/w1/node.key");
    fine(certs({"rotate", "w1"}, folder));
    CHECK(read_file(folder + "/w1/node.key") != before);
    fine(certs({"rotate", "--authority", "begin"}, folder));
    const auto early = certs({"rotate", "--authority", "finish"}, folder);
    expect(early, 2, "c1 would be without a certificate; shoal certs rotate c1 makes one first", "shoal");
    fine(certs({"rotate"}, folder));
    fine(certs({"rotate", "--authority", "finish"}, folder));
    fine(certs({"list"}, folder));
    CHECK(openssl({"verify", "-CAfile", folder + "/w1/ca.pem", folder + "/c1/node.pem"}).code == 0);
}
