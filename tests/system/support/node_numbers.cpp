#include "system/support/node_numbers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "system/support/http_once.hpp"

namespace shoal::system_test {

std::string ops_url_of(const process& node) {
    REQUIRE_MESSAGE(node.says("the ops address is open"), node.err());
    const auto log = node.err();
    const auto at = log.find("http", log.find("the ops address is open"));
    REQUIRE(at != std::string::npos);
    return log.substr(at, log.find('"', at) - at);
}

std::vector<std::string> with_ops(const fleet_stage& fleet) {
    return {"--ops-url", "http://127.0.0.1:0", "--ops-token-file", fleet.ops_token_file()};
}

std::string ops_page(const std::string& ops_url, std::string_view page) {
    return http_once("GET", ops_url, page, {}, fleet_stage::ops_header()).body;
}

double metric(const std::string& ops_url, std::string_view name) {
    const auto page = "\n" + ops_page(ops_url, "/metrics");
    const auto at = page.find(fmt::format("\n{} ", name));
    return at == std::string::npos ? -1 : std::strtod(page.c_str() + at + name.size() + 2, nullptr);
}

bool metric_reaches(const std::string& ops_url, std::string_view name, double least, clock::duration within) {
    return eventually([&] { return metric(ops_url, name) >= least; }, within);
}

std::string listen_url_of(const fleet_stage& fleet, std::string_view worker) {
    const auto seen = fleet.state();
    for (const auto& each : seen.at("workers").as_array()) {
        const auto& one = each.as_object();
        if (std::string_view(one.at("processId").as_string()) == worker) return std::string(one.at("listenUrl").as_string());
    }
    FAIL("no such worker");
    return {};
}

std::size_t times_said(const std::string& log, std::string_view what) {
    std::size_t times = 0;
    for (auto at = log.find(what); at != std::string::npos; at = log.find(what, at + what.size())) ++times;
    return times;
}

}  // namespace shoal::system_test
