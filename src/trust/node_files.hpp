#pragma once
// What a node shows and whom it trusts: ca.pem, node.pem and node.key of one folder, read and checked before anything listens.
// Not here: noticing that they changed (certificate_watch.hpp), making them (authority.hpp, certificate_folder.hpp).

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "shoal/error.hpp"
#include "trust/certificate.hpp"

namespace shoal::trust {

inline constexpr std::string_view authority_file = "ca.pem";
inline constexpr std::string_view authority_key_file = "ca.key";
inline constexpr std::string_view certificate_file = "node.pem";
inline constexpr std::string_view key_file = "node.key";

/// The texts of the three files, as they are.
struct node_texts {
    std::string authorities_pem;  ///< One authority, or two while they change.
    std::string certificate_pem;  ///< The node's own first, then any in between.
    secret key_pem;
    friend bool operator==(const node_texts&, const node_texts&) = default;
};

/// The texts, checked, and what they say.
struct node_identity {
    node_texts texts;
    certificate_facts own;
    std::vector<certificate_facts> authorities;
};

/// Everything that a peer would check, and more: an own certificate that is valid at `now`, signed by one of the authorities,
/// with a role, with an ECDSA key that is in `key_pem`. `folder` names the files in failures: one sentence each, with what to do.
[[nodiscard]] result<node_identity> check_node(node_texts texts, std::string_view folder, calendar_time now);

/// Reads the three files. A key file that others than its owner can read is refused.
[[nodiscard]] result<node_texts> read_node_texts(const std::string& folder);
/// Both.
[[nodiscard]] result<node_identity> read_node(const std::string& folder, calendar_time now);

/// A small text file; errc::missing or unreadable, with the path.
[[nodiscard]] result<std::string> read_public(const std::string& path);
/// The same for a key: errc::exposed unless its mode is 0600 or narrower.
[[nodiscard]] result<secret> read_secret(const std::string& path);

}  // namespace shoal::trust
