#include "sim/server/control_port.hpp"

#include <boost/json.hpp>
#include <utility>

namespace shoal::sim {
namespace {

namespace json = boost::json;

constexpr std::string_view help =
    "shoal-sim, a simulated Discord: control port\n\n"
    "POST /control   one command as a JSON object, for instance {\"do\":\"fault\",\"fault\":\"F11\",\"shard\":3};\n"
    "                answers 200 with a JSON object, or 400 with {\"error\": why}\n"
    "GET  /oracle    what was sent, per session; interactions; counters (docs/oracle.md)\n"
    "GET  /status    addresses, connections, bytes that wait\n"
    "POST /stop      drain, write the oracle where --oracle says, and end\n\n"
    "The commands: sim/README.md of the project.\n";

std::string text_of(const json::object& value) { return json::serialize(value) + "\n"; }

}  // namespace

control_connection::control_connection(std::unique_ptr<net::byte_stream> stream, const control_hooks& hooks, gone on_gone)
    : stream_(std::move(stream)),
      hooks_(hooks),
      on_gone_(std::move(on_gone)),
      http_(*stream_, [this](const net::http_request& request) { take(request); }, 4U << 20U) {
    stream_->listen_to(*this);
}

void control_connection::take(const net::http_request& request) {
    const auto path = std::string_view(request.url).substr(0, request.url.find('?'));
    const auto method = std::string_view(request.method);
    if (path == "/control" && method == "POST") {
        boost::system::error_code bad;
        const auto command = json::parse(request.body, bad);
        if (bad || !command.is_object()) {
            return http_.answer(net::json_response(400, text_of({{"error", "the body must be one JSON object"}})));
        }
        const auto answer = hooks_.control(command.as_object());
        return http_.answer(net::json_response(answer.contains("error") ? 400 : 200, text_of(answer)));
    }
    if (path == "/oracle" && method == "GET") return http_.answer(net::json_response(200, text_of(hooks_.oracle())));
    if (path == "/status" && method == "GET") return http_.answer(net::json_response(200, text_of(hooks_.status())));
    if (path == "/stop" && method == "POST") {
        http_.answer(net::json_response(200, text_of({{"stopping", true}})));
        return hooks_.stop();
    }
    if (path == "/" && method == "GET") return http_.answer({200, {{"Content-Type", "text/plain"}}, std::string(help)});
    const bool known = path == "/control" || path == "/oracle" || path == "/status" || path == "/stop" || path == "/";
    http_.answer(net::json_response(
        known ? 405 : 404, text_of({{"error", known ? "wrong method; GET / shows which" : "no such path; GET / shows them"}})));
}

}  // namespace shoal::sim
