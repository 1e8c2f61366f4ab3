#pragma once
// What a node tells on its ops address, for tests that look at one number or one sentence of it.
// Not here: reading all of it as a foreign program would (ops_test.cpp).

#include <string>
#include <string_view>
#include <vector>

#include "system/support/fleet_stage.hpp"

namespace shoal::system_test {

/// Any node's: where its ops address is, as its log says it.
[[nodiscard]] std::string ops_url_of(const process& node);
/// The flags with which a worker opens one.
[[nodiscard]] std::vector<std::string> with_ops(const fleet_stage& fleet);

/// A page's body; empty where nobody answers.
[[nodiscard]] std::string ops_page(const std::string& ops_url, std::string_view page);
/// The value of one metric, `name{label="value"}` as Prometheus has it; -1 if it is not there.
[[nodiscard]] double metric(const std::string& ops_url, std::string_view name);
/// Waits until it is at least that.
[[nodiscard]] bool metric_reaches(const std::string& ops_url, std::string_view name, double least, clock::duration within = 30s);

/// Where other nodes reach a worker, as the coordinator knows it.
[[nodiscard]] std::string listen_url_of(const fleet_stage& fleet, std::string_view worker);

/// How often a text is in a log.
[[nodiscard]] std::size_t times_said(const std::string& log, std::string_view what);

}  // namespace shoal::system_test
