// shoal-sim audit and shoal-sim coverage.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>

#include "apps/shoal-sim/commands.hpp"
#include "sim/audit/audit.hpp"
#include "sim/audit/coverage.hpp"
#include "sim/server/files.hpp"

namespace shoal_sim {
namespace {

struct audit_call {
    std::string oracle, journal;
    bool as_json = false;

    int run() const {
        std::string text;
        if (oracle.starts_with("http://")) {
            auto url = control_url(oracle);
            if (!url.ends_with("/oracle")) url += "/oracle";
            auto got = http_call("GET", url);
            if (!got) return unanswered(url, got.error());
            if (got->status != 200) return mistake(fmt::format("{} answered {}; is that a control address?", url, got->status));
            text = std::move(got->body);
        } else {
            auto read = shoal::sim::read_file(oracle);
            if (!read) return mistake(fmt::format("the oracle cannot be read ({}).", read.error().detail()));
            text = std::move(*read);
        }
        if (!std::filesystem::is_directory(journal)) {
            return mistake(fmt::format("--journal: {} is no folder; give the one that the bot's --journal names.", journal));
        }
        const auto report = shoal::sim::audit_folder(journal, text);
        fmt::print("{}", as_json ? boost::json::serialize(shoal::sim::to_json(report)) + "\n" : shoal::sim::to_text(report));
        return report.exit_code();
    }
};

}  // namespace

runner add_audit(CLI::App& app) {
    auto call = std::make_shared<audit_call>();
    app.add_option("--oracle", call->oracle, "The oracle: a file, or the url of a control port")->required();
    app.add_option("--journal", call->journal, "The folder with the bot's journals")->required();
    app.add_flag("--json", call->as_json, "Print JSON");
    app.footer(
        "Exit codes: 0 nothing lost, doubled without mark, out of order or unanswered; 1 something was; 3 it refuses to say.");
    return [call] { return call->run(); };
}

runner add_coverage(CLI::App& app) {
    auto folder = std::make_shared<std::string>("tests");
    app.add_option("--tests", *folder, "The folder with the tests' sources")->capture_default_str();
    return [folder] {
        const auto found = shoal::sim::find_tests(*folder);
        if (!found) return mistake(found.error());
        const auto table = shoal::sim::make_coverage_table(*found);
        fmt::print("{}", table.text);
        return table.gaps == 0 ? exit_fine : exit_no;
    };
}

}  // namespace shoal_sim
