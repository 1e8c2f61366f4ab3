#pragma once
// What a certificate says, as values: whose it is, its roles, the hosts that it answers for, from when until when.
// Not here: making one (authority.hpp), whether it is to be trusted (node_files.hpp).

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/error.hpp"
#include "trust/errc.hpp"
#include "trust/role.hpp"

namespace shoal::trust {

/// Wall-clock time: certificates are valid by the calendar. Nothing else in a fleet is decided by it.
using calendar_time = std::chrono::sys_seconds;

struct certificate_facts {
    std::string name;                ///< The common name: of the node, or of the authority.
    role_set roles;                  ///< Empty for an authority and for foreign certificates.
    std::vector<std::string> hosts;  ///< DNS names and IP addresses that it answers for, in their order.
    calendar_time not_before;
    calendar_time not_after;  ///< From then on OpenSSL calls it expired.
    bool is_authority = false;
    bool has_strong_key = false;  ///< ECDSA on P-256 or P-384.
    std::string issuer;           ///< The common name of who signed it.
    std::string serial;           ///< Hexadecimal.
    std::string fingerprint;      ///< SHA-256 of the whole certificate, hexadecimal, lower case.
    friend bool operator==(const certificate_facts&, const certificate_facts&) = default;
};

/// Reads every certificate of a PEM text, first one first. `where` names the text in failures.
[[nodiscard]] result<std::vector<certificate_facts>> read_certificates(std::string_view pem, std::string_view where);

/// "2027-03-01 14:00:05 UTC".
[[nodiscard]] std::string date_text(calendar_time when);

}  // namespace shoal::trust
