#include "ops/ops_pages.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "net/http_session.hpp"
#include "ops/health.hpp"
#include "ops/metrics.hpp"

namespace shoal::ops {
namespace {

constexpr std::size_t shortest_token = 16;

/// The time that it takes tells nothing of where two texts differ.
bool same_secret(std::string_view a, std::string_view b) noexcept {
    unsigned char differ = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differ |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
    }
    return differ == 0;
}

net::http_response text(std::uint16_t status, std::string body) {
    return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

}  // namespace

ops_pages::ops_pages(look at_node, secret token) : at_node_(std::move(at_node)), token_(std::move(token)) {
    add("/metrics", [this] {
        const auto [node, status] = look_now();
        return net::http_response{
            200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, metrics_text(node, status)};
    });
}

ops_pages::seen ops_pages::look_now() {
    seen out{at_node_(), {}};
    out.status = status_of(out.node, was_ready_);
    was_ready_ = was_ready_ || out.status == node_status::ready;
    return out;
}

void ops_pages::add(std::string path, page what) { pages_.insert_or_assign(std::move(path), std::move(what)); }

bool ops_pages::lets_in(const net::http_request& request, const net::http_peer& peer) const noexcept {
    if (peer.trusted) return true;
    constexpr std::string_view bearer = "Bearer ";
    const auto shown = net::header_of(request, "Authorization");
    return !token_.empty() && shown.starts_with(bearer) && same_secret(shown.substr(bearer.size()), token_.reveal());
}

net::http_response ops_pages::answer(const net::http_request& request, const net::http_peer& peer) {
    const auto path = std::string_view(request.url).substr(0, request.url.find('?'));
    const auto found = pages_.find(path);
    const bool open = path == "/health" || path == "/ready";
    if (!open && found == pages_.end()) {
        std::string known = "There is no such page. There are: /health /ready";
        for (const auto& each : pages_) known += " " + each.first;
        return text(404, known + "\n");
    }
    if (request.method != "GET") {
        auto no = text(405, "This page is only read: GET.\n");
        no.headers.push_back({"Allow", "GET"});
        return no;
    }
    if (open) {
        const auto [node, status] = look_now();
        if (path == "/health") return net::json_response(200, health_json(node, status));
        return net::json_response(is_ready(node) ? 200 : 503, ready_json(node, status));
    }
    if (!lets_in(request, peer)) {
        auto no =
            text(401,
                 "This page needs a client certificate of the fleet, or the header \"Authorization: Bearer TOKEN\" with the "
                 "token in the file that --ops-token-file names.\n");
        no.headers.push_back({"WWW-Authenticate", "Bearer"});
        return no;
    }
    return found->second();
}

std::expected<secret, std::string> read_ops_token(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    struct stat about{};
    if (!in || ::stat(file.c_str(), &about) != 0) {
        return std::unexpected(fmt::format("{} cannot be read: {}.", file, std::strerror(errno)));
    }
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return std::unexpected(fmt::format("{} can be read by others than its owner; chmod 600 it.", file));
    }
    std::string line(std::istreambuf_iterator<char>(in), {});
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.size() < shortest_token || line.find_first_of(" \t\r\n") != std::string::npos) {
        return std::unexpected(fmt::format(
            "{} must hold one line of at least {} characters without white space; \"openssl rand -hex 32\" makes one.", file,
            shortest_token));
    }
    return secret(std::move(line));
}

}  // namespace shoal::ops
