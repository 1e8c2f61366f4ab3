#pragma once
// What can be wrong with certificates, their keys, and the folders in which they lie.

#include <cstdint>
#include <string_view>

namespace shoal::trust {

enum class errc : std::uint8_t {
    missing,          ///< A file or folder is not there.
    unreadable,       ///< It is there and cannot be read.
    exposed,          ///< Others than its owner may read a key file.
    malformed,        ///< No PEM, no certificate, no key, or more of it than there may be.
    weak_key,         ///< Not ECDSA on P-256 or P-384: only with those is TLS 1.2 refused.
    expired,          ///< Its time is over.
    not_yet_valid,    ///< Its time has not come; perhaps a clock is wrong.
    wrong_authority,  ///< Signed by an authority that is not trusted here.
    wrong_key,        ///< The key is not that of the certificate.
    no_role,          ///< The certificate carries no role of Shoal's.
    bad_wish,         ///< A certificate was asked for that cannot be made: a name, a host, a time.
    exists,           ///< A file would be overwritten that must not be.
    not_ready,        ///< A step of a rotation before its turn.
    failed,           ///< OpenSSL or the system refused, for a reason that the detail has.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "trust"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::missing: return "file missing";
        case errc::unreadable: return "file unreadable";
        case errc::exposed: return "key file open to others";
        case errc::malformed: return "not what it should be";
        case errc::weak_key: return "wrong kind of key";
        case errc::expired: return "certificate expired";
        case errc::not_yet_valid: return "certificate not yet valid";
        case errc::wrong_authority: return "certificate of another authority";
        case errc::wrong_key: return "key does not fit the certificate";
        case errc::no_role: return "certificate without a role";
        case errc::bad_wish: return "no such certificate can be made";
        case errc::exists: return "file exists";
        case errc::not_ready: return "too early";
        case errc::failed: return "failed";
    }
    return "unknown";
}

}  // namespace shoal::trust
