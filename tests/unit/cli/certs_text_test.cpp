// What `shoal certs` prints.

#include "roles/cli/certs_text.hpp"

#include "unit/trust/trust_fixture.hpp"

using namespace shoal;
using namespace shoal::roles::cli;
using namespace shoal::trust;
using namespace shoal::trust::testing;

namespace {

struct fleet {
    fleet() {
        REQUIRE(init_folder(folder.path(), {}, today));
        REQUIRE(add_node(folder.path(),
                         {.name = "c1", .roles = role_set(role::coordinator), .hosts = {"10.0.0.1", "c1.internal"}}, today));
        REQUIRE(add_node(folder.path(), {.name = "w1", .roles = role_set(role::worker, role::coordinator), .validity = days(20)},
                         today));
    }
    [[nodiscard]] listing list(calendar_time now = today) const { return list_folder(folder.path(), now).value(); }
    temp_folder folder;
};

}  // namespace

TEST_CASE("the list is a table, and says what ends soon") {
    const fleet f;
    CHECK(list_text(f.list(), today) ==
          "NAME             ROLES                HOSTS                 UNTIL       STATE\n"
          "Shoal authority  authority            -                     2037-02-26  good\n"
          "c1               coordinator          10.0.0.1 c1.internal  2028-02-29  good\n"
          "w1               coordinator, worker  -                     2027-03-21  ends in 20 days\n");
    CHECK(list_text(f.list(today + days(18) + hours(1)), today + days(18) + hours(1)).contains("ends in 1 day\n"));
    CHECK(list_text(f.list(today + days(19) + hours(1)), today + days(19) + hours(1)).contains("ends today\n"));
    CHECK(is_good(f.list()));
}

TEST_CASE("a certificate that is of no use is in the list with the reason") {
    const fleet f;
    const auto later = f.list(today + days(21));
    CHECK_FALSE(is_good(later));
    CHECK(list_text(later, today + days(21)).contains("certificate expired: "));
    write(f.folder / "c1/node.pem", "garbage");
    CHECK(list_text(f.list(), today).contains("c1               \n") == false);
    CHECK(list_text(f.list(), today).contains("not what it should be"));
    CHECK(list_json(f.list()).contains(R"({"name":"c1","good":false,"trouble":"trust: not what it should be)"));
}

TEST_CASE("while an authority changes the list shows both") {
    const fleet f;
    REQUIRE(begin_authority(f.folder.path(), days(3650), today));
    const auto text = list_text(f.list(), today);
    CHECK(text.contains("Shoal authority 2  authority "));
    CHECK(text.contains("Shoal authority    authority (old) "));
}

TEST_CASE("JSON says everything but keys") {
    const fleet f;
    const auto json = list_json(f.list());
    CHECK(json.contains(R"("roles":["coordinator","worker"],"hosts":[],"issuer":"Shoal authority")"));
    CHECK(json.contains(R"("not_after":"2028-02-29T00:00:00Z")"));
    CHECK(json.contains(R"("sha256":")"));
    CHECK_FALSE(json.contains("PRIVATE"));
    const auto made = made_json({*f.list().nodes[0].facts});
    CHECK(made.starts_with(
        R"({"made":[{"name":"c1","authority":false,"roles":["coordinator"],"hosts":["10.0.0.1","c1.internal"])"));
    CHECK_FALSE(made.contains("PRIVATE"));
}
