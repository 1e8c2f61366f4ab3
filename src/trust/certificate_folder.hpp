#pragma once
// The folder of whoever runs a fleet: the authority with its key, and one folder below it for each node. What `shoal certs` does.
//
//   FOLDER/ca.pem    the authorities to trust, the one in office first      FOLDER/NAME/ca.pem node.pem node.key    one node's
//   set, to FOLDER/ca.key    the key of the one in office; stays here               be copied to that node as it is
//
// Not here: reading flags and printing (roles/cli).

#include <optional>
#include <string>
#include <vector>

#include "shoal/error.hpp"
#include "trust/authority.hpp"

namespace shoal::trust {

/// Makes the folder and an authority in it. errc::exists if there is one.
[[nodiscard]] result<certificate_facts> init_folder(const std::string& folder, const authority_wish& wish, calendar_time now);

/// Makes FOLDER/NAME with a node's set. errc::exists if that node has one: rotating is another word.
[[nodiscard]] result<certificate_facts> add_node(const std::string& folder, const node_wish& wish, calendar_time now);

/// One certificate found in a folder, or why it cannot be used.
struct listed {
    std::string name;                        ///< Of the node; that of an authority is in its facts.
    std::optional<certificate_facts> facts;  ///< Absent when it cannot even be read.
    std::optional<failure> trouble;          ///< What a node would refuse to start with.
};
struct listing {
    std::vector<listed> authorities;  ///< The one in office first.
    std::vector<listed> nodes;        ///< By name.
};
[[nodiscard]] result<listing> list_folder(const std::string& folder, calendar_time now);

/// New certificates with new keys for these nodes (all of them if `names` is empty), with the names, roles, hosts and length of
/// life that they have, signed by the authority in office. A node whose set is damaged fails the whole before anything is
/// written.
[[nodiscard]] result<std::vector<certificate_facts>> rotate_nodes(const std::string& folder,
                                                                  const std::vector<std::string>& names,
                                                                  std::optional<std::chrono::days> validity, calendar_time now);

/// First step of a new authority: it is made and takes office here, and every ca.pem trusts both. errc::not_ready while an
/// earlier change is not finished.
[[nodiscard]] result<certificate_facts> begin_authority(const std::string& folder, std::chrono::days validity, calendar_time now);
/// Last step: every ca.pem trusts the one in office alone. errc::not_ready if a node still has a certificate of the other one.
[[nodiscard]] result<certificate_facts> finish_authority(const std::string& folder, calendar_time now);

}  // namespace shoal::trust
