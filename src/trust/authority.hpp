#pragma once
// Makes certificates: an authority of its own, and node certificates that it signs. ECDSA on P-256 throughout.
// Not here: where they are kept (node_files.hpp, certificate_folder.hpp).

#include <chrono>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "shoal/error.hpp"
#include "trust/certificate.hpp"

namespace shoal::trust {

struct certificate_and_key {
    std::string certificate_pem;
    secret key_pem;
};

struct authority_wish {
    std::string name = "Shoal authority";
    std::chrono::days validity{3650};
};

struct node_wish {
    std::string name;  ///< 1 to 64 of letters, digits, '-', '_' and '.'; not only dots. It names a folder, too.
    role_set roles;
    std::vector<std::string> hosts =
        {};  ///< DNS names and IP addresses under which others reach it; none for one that only calls.
    std::chrono::days validity{365};
};

/// Fails with errc::bad_wish if the wish makes no sense. `now` is when its life begins; it is dated a day back, since clocks
/// differ.
[[nodiscard]] result<certificate_and_key> make_authority(const authority_wish& wish, calendar_time now);

/// Fails with errc::bad_wish, or if `authority` is none, has expired at `now` or has another key. A node's certificate never
/// outlives its authority's.
[[nodiscard]] result<certificate_and_key> issue(const certificate_and_key& authority, const node_wish& wish, calendar_time now);

}  // namespace shoal::trust
