#pragma once
// Certificates with something wrong with them, made for one test.
// Not here: the one that shoal-sim makes for itself.

#include <string>

namespace shoal::system_test {

struct certificate_wish {
    std::string name = "IP:127.0.0.1";  ///< As OpenSSL writes alternative names: "IP:127.0.0.1", "DNS:other.example".
    long from_days = -1;                ///< Valid from so many days after now, ...
    long until_days = 30;               ///< ... until so many.
};

/// Writes a self-signed certificate and its key as PEM.
void make_certificate(const std::string& certificate_file, const std::string& key_file, const certificate_wish& wish = {});

/// Makes the node's certificate in `folder` one that ended yesterday, signed by the authority whose folder that is.
void make_ended(const std::string& folder, const std::string& authority_folder);

}  // namespace shoal::system_test
