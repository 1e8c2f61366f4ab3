#pragma once
// An operator's line to a coordinator: one question, one answer, waited for; several addresses are tried in turn.
// Not here: what is asked (fleet_commands.cpp), the certificates' own commands (certs.cpp).

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cluster/operator_messages.hpp"
#include "config/exit_codes.hpp"
#include "rpc/endpoint.hpp"
#include "trust/node_files.hpp"

namespace shoal::roles::cli {

struct line_options {
    std::vector<rpc::endpoint> coordinators;
    std::string certs;                             ///< Folder of the operator's certificate.
    duration patience = std::chrono::seconds(10);  ///< For one question at one address.
};

/// Addresses with commas between; a sentence if one of them is none or there is none at all.
[[nodiscard]] std::expected<std::vector<rpc::endpoint>, config::startup_problem> coordinators_of(std::string_view text);

/// The sentence and the exit code about a certificate folder that cannot be used.
[[nodiscard]] config::startup_problem problem_of_own_certificate(const failure& why, std::string_view folder);
/// About one address that gave no answer. `given_away`: an order was sent, and may have been carried out.
[[nodiscard]] config::startup_problem problem_of_call(const failure& why, std::string_view address, bool given_away);
/// About all of them; those of one address are told as they are.
[[nodiscard]] config::startup_problem problem_of_calls(const std::vector<config::startup_problem>& each);

class operator_line {
public:
    /// Reads the certificate; dials nobody yet.
    [[nodiscard]] static std::expected<operator_line, config::startup_problem> open(line_options options);
    ~operator_line();
    operator_line(operator_line&&) noexcept;
    operator_line& operator=(operator_line&&) = delete;

    /// Blocks. The address that answered is asked first from then on. An order that was sent without an answer is not sent to
    /// another address: it may have been carried out.
    [[nodiscard]] std::expected<cluster::operator_answer, config::startup_problem> ask(const cluster::operator_request& what);

private:
    struct impl;
    explicit operator_line(std::unique_ptr<impl> inner);
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::roles::cli
