#include "trust/certificate_folder.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "state/files.hpp"
#include "trust/node_files.hpp"
#include "trust/openssl.hpp"

namespace shoal::trust {
namespace {

using days = std::chrono::days;

std::string at(const std::string& folder, std::string_view name) { return fmt::format("{}/{}", folder, name); }

bool is_there(const std::string& path) {
    struct stat what{};
    return ::stat(path.c_str(), &what) == 0;
}

/// The authority in office with its key, and the text of everything that is trusted.
struct opened {
    certificate_and_key in_office;
    std::string trusted_pem;
    std::vector<certificate_facts> facts;
};

result<opened> open_folder(const std::string& folder) {
    auto pem = read_public(at(folder, authority_file));
    if (!pem) {
        if (pem.error().is(errc::missing)) {
            return std::unexpected(
                failure(errc::missing, fmt::format("there is no authority in {}; make one with shoal certs init", folder)));
        }
        return std::unexpected(std::move(pem).error());
    }
    auto facts = read_certificates(*pem, at(folder, authority_file));
    if (!facts) return std::unexpected(std::move(facts).error());
    auto key = read_secret(at(folder, authority_key_file));
    if (!key) {
        if (key.error().is(errc::missing)) {
            return std::unexpected(
                failure(errc::missing,
                        fmt::format("{} holds no ca.key; only where the authority's key lies can certificates be made", folder)));
        }
        return std::unexpected(std::move(key).error());
    }
    opened found{{*pem, *std::move(key)}, *pem, *std::move(facts)};
    return found;
}

/// Folders with a node's certificate, by name.
result<std::vector<std::string>> nodes_in(const std::string& folder) {
    const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> dir(::opendir(folder.c_str()));
    if (!dir) return std::unexpected(failure(errc::unreadable, fmt::format("{}: {}", folder, std::strerror(errno))));
    std::vector<std::string> names;
    while (const auto* const entry = ::readdir(dir.get())) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (is_there(at(at(folder, name), certificate_file))) names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

// The key comes before its certificate: a crash in between is seen as a key that does not fit, never as a set that looks whole.
result<void> write_set(const std::string& folder, std::string_view trusted_pem, const certificate_and_key& made) {
    if (auto done = state::make_folder(folder); !done) return done;
    if (auto done = state::write_durably(at(folder, key_file), made.key_pem.reveal()); !done) return done;
    if (auto done = state::write_durably(at(folder, certificate_file), made.certificate_pem); !done) return done;
    return state::write_durably(at(folder, authority_file), trusted_pem);
}

certificate_facts facts_of(const certificate_and_key& made) {
    return read_certificates(made.certificate_pem, "what was made").value().front();
}

/// "Shoal authority" -> "Shoal authority 2": two authorities at once can be told apart.
std::string next_name(const std::string& name) {
    const auto space = name.rfind(' ');
    unsigned number = 1;
    auto stem = name;
    if (space != std::string::npos && space + 1 < name.size() &&
        std::ranges::all_of(name.substr(space + 1), [](char c) { return c >= '0' && c <= '9'; }) && name.size() - space < 8) {
        number = static_cast<unsigned>(std::stoul(name.substr(space + 1)));
        stem = name.substr(0, space);
    }
    return fmt::format("{} {}", stem.substr(0, 56), number + 1);
}

}  // namespace

result<certificate_facts> init_folder(const std::string& folder, const authority_wish& wish, calendar_time now) {
    for (const auto name : {authority_file, authority_key_file}) {
        if (!is_there(at(folder, name))) continue;
        return std::unexpected(failure(
            errc::exists,
            fmt::format("{} is there already; shoal certs rotate --authority begin replaces an authority", at(folder, name))));
    }
    auto made = make_authority(wish, now);
    if (!made) return std::unexpected(std::move(made).error());
    if (auto done = state::make_folder(folder); !done) return std::unexpected(std::move(done).error());
    if (auto done = state::write_durably(at(folder, authority_key_file), made->key_pem.reveal()); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = state::write_durably(at(folder, authority_file), made->certificate_pem); !done)
        return std::unexpected(std::move(done).error());
    return facts_of(*made);
}

result<certificate_facts> add_node(const std::string& folder, const node_wish& wish, calendar_time now) {
    auto authority = open_folder(folder);
    if (!authority) return std::unexpected(std::move(authority).error());
    auto made = issue(authority->in_office, wish, now);
    if (!made) return std::unexpected(std::move(made).error());
    const auto home = at(folder, wish.name);
    for (const auto name : {certificate_file, key_file, authority_key_file}) {
        if (!is_there(at(home, name))) continue;
        return std::unexpected(failure(
            errc::exists, fmt::format("{} is there already; shoal certs rotate {} replaces it", at(home, name), wish.name)));
    }
    if (auto done = write_set(home, authority->trusted_pem, *made); !done) return std::unexpected(std::move(done).error());
    return facts_of(*made);
}

result<listing> list_folder(const std::string& folder, calendar_time now) {
    listing found;
    const auto path = at(folder, authority_file);
    auto pem = read_public(path);
    if (!pem) return std::unexpected(std::move(pem).error());
    auto facts = read_certificates(*pem, path);
    if (!facts) return std::unexpected(std::move(facts).error());
    for (auto& one : *facts) {
        listed row{one.name, one, std::nullopt};
        if (!one.is_authority) row.trouble = failure(errc::malformed, "no authority");
        if (now < one.not_before) row.trouble = failure(errc::not_yet_valid, date_text(one.not_before));
        if (now >= one.not_after) row.trouble = failure(errc::expired, date_text(one.not_after));
        found.authorities.push_back(std::move(row));
    }
    auto names = nodes_in(folder);
    if (!names) return std::unexpected(std::move(names).error());
    for (const auto& name : *names) {
        listed row{name, std::nullopt, std::nullopt};
        const auto home = at(folder, name);
        if (auto own = read_public(at(home, certificate_file))) {
            if (auto read = read_certificates(*own, at(home, certificate_file))) row.facts = std::move(read->front());
        }
        if (auto whole = read_node(home, now); !whole) row.trouble = std::move(whole).error();
        found.nodes.push_back(std::move(row));
    }
    return found;
}

result<std::vector<certificate_facts>> rotate_nodes(const std::string& folder, const std::vector<std::string>& names,
                                                    std::optional<days> validity, calendar_time now) {
    auto authority = open_folder(folder);
    if (!authority) return std::unexpected(std::move(authority).error());
    auto known = nodes_in(folder);
    if (!known) return std::unexpected(std::move(known).error());
    for (const auto& name : names) {
        if (std::ranges::find(*known, name) == known->end()) {
            return std::unexpected(failure(
                errc::missing, fmt::format("there is no node {} in {}; shoal certs list shows which there are", name, folder)));
        }
    }
    std::vector<std::pair<std::string, certificate_and_key>> made;
    for (const auto& name : names.empty() ? *known : names) {
        const auto path = at(at(folder, name), certificate_file);
        auto pem = read_public(path);
        if (!pem) return std::unexpected(std::move(pem).error());
        auto facts = read_certificates(*pem, path);
        if (!facts) return std::unexpected(std::move(facts).error());
        const auto& old = facts->front();
        // The old life was dated a day back.
        const auto life = std::chrono::floor<days>(old.not_after - old.not_before) - days(1);
        auto one = issue(authority->in_office, {name, old.roles, old.hosts, validity.value_or(std::max(life, days(1)))}, now);
        if (!one) return std::unexpected(std::move(one).error());
        made.emplace_back(name, *std::move(one));
    }
    std::vector<certificate_facts> done;
    for (const auto& [name, one] : made) {
        if (auto written = write_set(at(folder, name), authority->trusted_pem, one); !written)
            return std::unexpected(std::move(written).error());
        done.push_back(facts_of(one));
    }
    return done;
}

namespace {

result<void> trust_everywhere(const std::string& folder, std::string_view trusted_pem) {
    if (auto done = state::write_durably(at(folder, authority_file), trusted_pem); !done) return done;
    auto names = nodes_in(folder);
    if (!names) return std::unexpected(std::move(names).error());
    for (const auto& name : *names) {
        if (auto done = state::write_durably(at(at(folder, name), authority_file), trusted_pem); !done) return done;
    }
    return {};
}

}  // namespace

result<certificate_facts> begin_authority(const std::string& folder, days validity, calendar_time now) {
    auto old = open_folder(folder);
    if (!old) return std::unexpected(std::move(old).error());
    if (old->facts.size() > 1) {
        return std::unexpected(
            failure(errc::not_ready,
                    fmt::format("{} changes its authority already; shoal certs rotate --authority finish ends that", folder)));
    }
    auto made = make_authority({next_name(old->facts.front().name), validity}, now);
    if (!made) return std::unexpected(std::move(made).error());
    // The key first: after a crash in between, making a certificate fails with "not the key", and beginning again mends it.
    if (auto done = state::write_durably(at(folder, "ca.key.old"), old->in_office.key_pem.reveal()); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = state::write_durably(at(folder, authority_key_file), made->key_pem.reveal()); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = trust_everywhere(folder, made->certificate_pem + old->trusted_pem); !done)
        return std::unexpected(std::move(done).error());
    return facts_of(*made);
}

result<certificate_facts> finish_authority(const std::string& folder, calendar_time now) {
    auto authority = open_folder(folder);
    if (!authority) return std::unexpected(std::move(authority).error());
    if (authority->facts.size() < 2) {
        return std::unexpected(
            failure(errc::not_ready, fmt::format("{} trusts one authority only; there is nothing to finish", folder)));
    }
    auto certificates = certificates_of(authority->trusted_pem, at(folder, authority_file));
    if (!certificates) return std::unexpected(std::move(certificates).error());
    const auto alone = pem_of(certificates->front().get());
    auto names = nodes_in(folder);
    if (!names) return std::unexpected(std::move(names).error());
    for (const auto& name : *names) {
        auto texts = read_node_texts(at(folder, name));
        if (!texts) return std::unexpected(std::move(texts).error());
        texts->authorities_pem = alone;
        if (auto fine = check_node(*std::move(texts), at(folder, name), now); !fine) {
            return std::unexpected(failure(
                errc::not_ready, fmt::format("{} would be without a certificate; shoal certs rotate {} makes one first ({})",
                                             name, name, fine.error().text())));
        }
    }
    if (auto done = trust_everywhere(folder, alone); !done) return std::unexpected(std::move(done).error());
    if (auto done = state::remove_file(at(folder, "ca.key.old")); !done) return std::unexpected(std::move(done).error());
    return authority->facts.front();
}

}  // namespace shoal::trust
