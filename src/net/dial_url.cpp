#include "net/dial_url.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "net/errc.hpp"

namespace shoal::net {
namespace {

bool is_loopback(const std::string& host) {
    if (host == "localhost") return true;
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(host, no_address);
    return !no_address && address.is_loopback();
}

std::string bracketed(const std::string& host) { return host.contains(':') ? fmt::format("[{}]", host) : host; }

}  // namespace

std::string dial_url::authority() const {
    const bool own_port = port == (tls ? 443 : 80);
    return own_port ? bracketed(host) : name();
}

std::string dial_url::name() const { return fmt::format("{}:{}", bracketed(host), port); }

result<dial_url> parse_dial_url(std::string_view text, std::string_view tls_scheme, std::string_view plain_scheme) {
    // The url itself is not repeated in a failure: its path may hold a token.
    const auto bad = [](std::string why) { return std::unexpected(failure(errc::bad_url, std::move(why))); };
    const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (!parsed) return bad("not a url of the form scheme://host/path");
    const auto url = *parsed;
    dial_url out;
    const std::string_view scheme(url.scheme().data(), url.scheme().size());
    if (scheme == tls_scheme) {
        out.tls = true;
    } else if (scheme == plain_scheme) {
        out.tls = false;
    } else {
        return bad(fmt::format("the scheme must be {} (or {} on this machine), not {}", tls_scheme, plain_scheme, scheme));
    }
    if (url.has_userinfo()) return bad("a url with a user name or password is not dialed");
    out.host = url.host_address();
    if (out.host.empty()) return bad("the url has no host");
    for (const char c : out.host) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') return bad("the host holds a character that no host name has");
    }
    out.port = out.tls ? 443 : 80;
    if (url.has_port() && !url.port().empty()) {
        const std::string_view digits(url.port().data(), url.port().size());
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
        if (ec != std::errc{} || end != digits.data() + digits.size() || out.port == 0)
            return bad("the port must be a number from 1 to 65535");
    }
    if (!out.tls && !is_loopback(out.host)) {
        return bad(fmt::format("{}:// goes to this machine only (localhost, 127.0.0.1, ::1), not to {}; use {}://", plain_scheme,
                               out.host, tls_scheme));
    }
    const auto target = url.encoded_target();
    out.target.assign(target.data(), target.size());
    if (!out.target.starts_with('/')) out.target.insert(out.target.begin(), '/');
    return out;
}

}  // namespace shoal::net
