#pragma once
// A node that says what none of ours would: bytes of a test's own, on real streams over real mutual TLS, to a node's real port.
// Not here: what is below a stream (tls_visitor.hpp), well-formed nodes, which are processes (fleet_stage.hpp).

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shoal/error.hpp"
#include "system/support/process.hpp"

namespace shoal::system_test {

class raw_node {
public:
    /// With the certificate in that folder, to "https://127.0.0.1:8443".
    raw_node(const std::string& certs, const std::string& url);
    ~raw_node();
    raw_node(const raw_node&) = delete;
    raw_node& operator=(const raw_node&) = delete;

    /// Begins a worker's stream; the one before ends.
    [[nodiscard]] result<void> attach();
    [[nodiscard]] result<void> send(std::string bytes);
    /// The next message, or how the stream ended.
    [[nodiscard]] result<std::string> receive(clock::duration within = 20s);
    void half_close();
    /// One call, of any method.
    [[nodiscard]] result<std::string> ask(std::string method, std::string request);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace shoal::system_test
