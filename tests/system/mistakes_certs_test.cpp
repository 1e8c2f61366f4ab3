// Mistakes in a call of shoal certs: the same manners as a bot's.

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "system/support/mistake.hpp"
#include "system/support/small_disk.hpp"

using namespace shoal::system_test;

namespace {

void refused(std::vector<std::string> words, int code, std::string_view said) {
    CAPTURE(std::string(said));
    words.insert(words.begin(), program_path("shoal"));
    expect(run(words), code, said, "shoal");
}

struct folder_with_authority {
    folder_with_authority() { REQUIRE(run({program_path("shoal"), "certs", "init", "--certs", path}).code == 0); }
    temp_folder home;
    std::string path = home / "certs";
};

}  // namespace

TEST_CASE("shoal: words that it does not know are told with what was perhaps meant") {
    refused({}, 2, "a command is missing (shoal --help shows what there is).");
    refused({"cert"}, 2, "\"cert\" is no command of shoal; did you mean certs?");
    refused({"certs"}, 2, "a command is missing (shoal certs --help shows what there is).");
    refused({"certs", "lst"}, 2, "\"lst\" is no command of shoal certs; did you mean list?");
    refused({"certs", "list", "--jsn"}, 2,
            "\"--jsn\" is no option of list; did you mean --json? (shoal certs list --help shows what there is).");
    refused({"certs", "node"}, 2, "name is required");
    refused({"certs", "node", "w1"}, 2, "--role is required");
    refused({"certs", "node", "w1", "--role"}, 2, "--role");
    refused({"certs", "init", "--days", "many"}, 2, "--days: Value many not in range 1 to 36500");
    refused({"certs", "init", "--days", "0"}, 2, "--days");
}

TEST_CASE("certs: wishes that make no sense") {
    const folder_with_authority at;
    const auto node = [&](std::vector<std::string> words, std::string_view said) {
        words.insert(words.begin(), {"certs", "node"});
        words.insert(words.end(), {"--certs", at.path});
        refused(words, 2, said);
    };
    node({"w1", "--role", "boss"}, "--role: \"boss\" is no role; use coordinator, worker or operator.");
    node({"c1", "--role", "coordinator"},
         "a coordinator is dialed by its workers: say under which names or addresses, with --host.");
    node({"../w1", "--role", "worker"}, "\"../w1\" is no name for a node");
    node({"w1", "--role", "worker", "--host", "https://w1:8444"}, "leave out scheme and port");
    refused({"certs", "rotate", "--authority", "now", "--certs", at.path}, 2,
            "--authority: \"now\" is no step; use begin or finish.");
    refused({"certs", "rotate", "w1", "--authority", "begin", "--certs", at.path}, 2, "leave the names out");
    refused({"certs", "rotate", "--authority", "finish", "--certs", at.path}, 2, "there is nothing to finish");
}

TEST_CASE("certs: what is there already is not overwritten, and what is not there is named") {
    const folder_with_authority at;
    refused({"certs", "init", "--certs", at.path}, 2, "is there already");
    REQUIRE(run({program_path("shoal"), "certs", "node", "w1", "--role", "worker", "--certs", at.path}).code == 0);
    refused({"certs", "node", "w1", "--role", "worker", "--certs", at.path}, 2, "shoal certs rotate w1 replaces it");
    refused({"certs", "rotate", "w2", "--certs", at.path}, 11, "there is no node w2");
    refused({"certs", "list", "--certs", at.home / "nowhere"}, 11, "file missing");
    refused({"certs", "node", "w3", "--role", "worker", "--certs", at.home / "nowhere"}, 11, "make one with shoal certs init");
}

TEST_CASE("certs: keys that others can read, and files that are damaged") {
    const folder_with_authority at;
    REQUIRE(::chmod((at.path + "/ca.key").c_str(), 0644) == 0);
    refused({"certs", "node", "w1", "--role", "worker", "--certs", at.path}, 11, "ca.key has mode 0644; run chmod 600 on it");
    REQUIRE(::chmod((at.path + "/ca.key").c_str(), 0600) == 0);
    const auto key = read_file(at.path + "/ca.key");
    write_file(at.path + "/ca.key", "garbage");
    refused({"certs", "node", "w1", "--role", "worker", "--certs", at.path}, 11, "the authority's key is no private key in PEM");
    write_file(at.path + "/ca.key", key);
    write_file(at.path + "/ca.pem", "garbage");
    refused({"certs", "node", "w1", "--role", "worker", "--certs", at.path}, 11, "ca.pem is no certificate in PEM");
}

TEST_CASE("certs: a list with something of no use in it says so and ends with 1") {
    const folder_with_authority at;
    REQUIRE(run({program_path("shoal"), "certs", "node", "w1", "--role", "worker", "--certs", at.path}).code == 0);
    REQUIRE(::chmod((at.path + "/w1/node.key").c_str(), 0640) == 0);
    const auto got = run({program_path("shoal"), "certs", "list", "--certs", at.path});
    CHECK(got.code == 1);
    CHECK(got.said.empty());
    CHECK(got.out.contains("key file open to others"));
}

TEST_CASE("certs: a folder that cannot be written, and a disk that is full") {
    refused({"certs", "init", "--certs", "/proc/certs"}, 13, "cannot make the folder /proc/certs");
    const small_disk disk(64);
    if (!disk.mounted()) {
        MESSAGE("left out: " << disk.why_not());
        return;
    }
    disk.fill();
    refused({"certs", "init", "--certs", disk / "certs"}, 16, "disk full");
}
