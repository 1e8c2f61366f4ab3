#pragma once
// A coordinator by hand: it greets a worker as it must, and then says bytes of a test's own.
// Not here: workers by hand (raw_node.hpp).

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shoal/error.hpp"
#include "system/support/process.hpp"

namespace shoal::system_test {

class raw_coordinator {
public:
    /// With the certificate in that folder, for a bot with that token. The answers to the n-th registration (counted from 0) are
    /// what `says(n)` gives; each heartbeat is acked afterwards.
    raw_coordinator(const std::string& certs, std::string token, std::function<std::vector<std::string>(int)> says);
    ~raw_coordinator();
    raw_coordinator(const raw_coordinator&) = delete;
    raw_coordinator& operator=(const raw_coordinator&) = delete;

    [[nodiscard]] std::string url() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace shoal::system_test
