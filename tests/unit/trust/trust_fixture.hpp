#pragma once
// What tests about certificates share: a folder that goes when the test ends, a fixed day, an authority and nodes made quickly.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "trust/authority.hpp"
#include "trust/certificate_folder.hpp"
#include "trust/node_files.hpp"

namespace shoal::trust::testing {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

/// A day on which the tests take place.
inline constexpr calendar_time today{std::chrono::sys_days(std::chrono::year(2027) / 3 / 1)};
/// The day on which they are run, for handshakes, which ask the machine's clock.
inline calendar_time real_today() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

class temp_folder {
public:
    temp_folder() {
        std::string name = "/tmp/shoal-trust-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~temp_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

private:
    std::string path_;
};

inline void write(const std::string& path, std::string_view text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}
inline std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// An authority and what it signs.
struct house {
    explicit house(calendar_time when = today, const std::string& name = "Test authority")
        : now(when), authority(make_authority({.name = name}, when).value()) {}
    [[nodiscard]] certificate_and_key sign(role_set roles, std::vector<std::string> hosts = {"127.0.0.1", "localhost"},
                                           const std::string& name = "node") const {
        return issue(authority, {.name = name, .roles = roles, .hosts = std::move(hosts)}, now).value();
    }
    /// A node's three texts.
    [[nodiscard]] node_texts texts(role_set roles, const std::string& name = "node") const {
        auto made = sign(roles, {"127.0.0.1", "localhost"}, name);
        return {authority.certificate_pem, made.certificate_pem, made.key_pem};
    }
    [[nodiscard]] node_identity identity(role_set roles, const std::string& name = "node") const {
        return check_node(texts(roles, name), "test", now).value();
    }
    calendar_time now;
    certificate_and_key authority;
};

/// Puts the three files into a folder that is there.
inline void store(const std::string& folder, const node_texts& texts) {
    write(folder + "/ca.pem", texts.authorities_pem);
    write(folder + "/node.pem", texts.certificate_pem);
    write(folder + "/node.key", texts.key_pem.reveal());
}

}  // namespace shoal::trust::testing
