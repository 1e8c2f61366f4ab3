// The real HTTP client: a pool of keep-alive connections for each host, Beast's parser for the answers.

#include "net/http_client.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <deque>
#include <map>
#include <unordered_set>

#include "base/assert.hpp"
#include "net/client_stream.hpp"
#include "net/errc.hpp"
#include "net/http_answer.hpp"
#include "net/io_thread.hpp"

namespace shoal::net {

std::string_view http_response::header(std::string_view name) const noexcept {
    for (const auto& each : headers) {
        if (boost::beast::iequals({each.name.data(), each.name.size()}, {name.data(), name.size()})) return each.value;
    }
    return {};
}

namespace {

class pool;

// A request on its way: waiting, on a connection, or answered.
struct exchange {
    http_request request;
    dial_url url;
    http_client::answered on_answer;
    instant deadline;
    timer_id timer = timer_id::none;
    bool retried = false;
    std::weak_ptr<class connection> on;  // empty while it waits

    [[nodiscard]] bool idempotent() const noexcept {
        return request.method == "GET" || request.method == "PUT" || request.method == "DELETE" || request.method == "HEAD";
    }
};
using exchange_ptr = std::shared_ptr<exchange>;

// One TCP connection with at most one exchange on it. It never outlives the pool's interest: once the pool has let go of it, it
// tells nothing more.
class connection : public std::enable_shared_from_this<connection> {
public:
    connection(pool& owner, io_thread& on, std::string host)
        : owner_(&owner), on_(on), host_(std::move(host)), stream_(on.inner().loop) {}

    void start(exchange_ptr what, const tls_context_ptr& tls) {
        what_ = std::move(what);
        what_->on = weak_from_this();
        open_stream(on_, what_->url, tls, shared_from_this(), stream_, what_->deadline,
                    [self = shared_from_this()](result<void> opened) { self->on_open(std::move(opened)); });
    }
    void reuse(exchange_ptr what) {
        what_ = std::move(what);
        what_->on = weak_from_this();
        reused_ = true;
        on_.cancel(std::exchange(idle_timer_, timer_id::none));
        send();
    }
    // Ends it without a word to the pool.
    void abandon() {
        owner_ = nullptr;
        what_ = nullptr;
        on_.cancel(std::exchange(idle_timer_, timer_id::none));
        stream_.cut();
    }
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    [[nodiscard]] const exchange_ptr& what() const noexcept { return what_; }
    void idle_until(instant when);
    /// A part of the answer came.
    [[nodiscard]] bool has_begun() const noexcept { return got_bytes_; }

private:
    void on_open(result<void> opened);
    void send();
    void write();
    void on_written(error_code ec, std::size_t count);
    void written_or_not(error_code ec);
    void send_more();
    void on_piece(const exchange_ptr& of, result<std::string> piece);
    void read();
    void on_read(error_code ec, std::size_t count);
    void answer(result<http_response> outcome, bool reusable);
    void broken(error_code ec);

    pool* owner_;
    io_thread& on_;
    std::string host_;
    client_stream stream_;
    exchange_ptr what_;
    std::string outgoing_;
    std::size_t written_ = 0;   // Of outgoing_.
    std::uint64_t unsent_ = 0;  // Of a large body.
    std::optional<http_answer_reader> reader_;
    std::array<char, 16 * 1024> incoming_;
    timer_id idle_timer_ = timer_id::none;
    error_code read_failed_;
    bool reading_ = false;
    bool writing_ = false;
    bool reused_ = false;
    bool got_bytes_ = false;
};
using connection_ptr = std::shared_ptr<connection>;

struct host_pool {
    std::size_t open = 0;              // connecting, busy and idle
    std::vector<connection_ptr> idle;  // the most recently used last
    std::deque<exchange_ptr> waiting;
};

// Everything happens on one thread. The client's face owns it; connections know it by a pointer that abandon() clears.
class pool {
public:
    pool(io_thread& on, tls_context_ptr tls, http_pool_options options)
        : on_(on), tls_(std::move(tls)), options_(std::move(options)) {}
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;
    ~pool() {
        for (const auto& each : connections_) each->abandon();
        for (const auto& each : exchanges_) on_.cancel(each->timer);
    }

    void send(http_request request, http_client::answered on_answer) {
        auto url = parse_dial_url(request.url, "https", "http");
        if (!url) return fail_later(std::move(on_answer), std::move(url.error()));
        if (auto bad = why_unsendable(request)) return fail_later(std::move(on_answer), std::move(*bad));
        if (waiting_ >= options_.waiting_requests) {
            return fail_later(std::move(on_answer),
                              {errc::queue_full, fmt::format("{}: {} requests wait", url->name(), waiting_)});
        }
        auto what = std::make_shared<exchange>();
        what->request = std::move(request);
        what->url = std::move(*url);
        what->on_answer = std::move(on_answer);
        what->deadline = on_.now() + what->request.timeout;
        what->timer = on_.wake_at(what->deadline, [this, weak = std::weak_ptr(what)] {
            if (const auto late = weak.lock()) time_out(late);
        });
        exchanges_.insert(what);
        auto& host = hosts_[key_of(what->url)];
        host.waiting.push_back(what);
        ++waiting_;
        start_waiting(key_of(what->url));
    }

    // ---- told by connections
    void answered(const connection_ptr& by, exchange_ptr what, result<http_response> outcome, bool reusable) {
        if (reusable) {
            by->idle_until(on_.now() + options_.idle);
            hosts_[by->host()].idle.push_back(by);
        } else {
            forget(by);
        }
        const auto host = by->host();
        start_waiting(host);
        give(what, std::move(outcome));
    }
    // The connection had been closed before anything of the answer came: the request goes out once more, at the front.
    void retry(const connection_ptr& by, exchange_ptr what) {
        what->retried = true;
        what->on.reset();
        const auto host = by->host();
        forget(by);
        // A fresh connection: what else is idle may be just as stale.
        connect(host, std::move(what));
    }
    void idle_ended(const connection_ptr& by) {
        const auto host = by->host();
        std::erase(hosts_[host].idle, by);
        forget(by);
        start_waiting(host);
    }
    [[nodiscard]] const std::string& user_agent() const noexcept { return options_.user_agent; }

private:
    static std::string key_of(const dial_url& url) { return (url.tls ? "s " : "p ") + url.name(); }

    void start_waiting(const std::string& key) {
        auto& host = hosts_[key];
        while (!host.waiting.empty() && (!host.idle.empty() || host.open < options_.connections_per_host)) {
            auto what = std::move(host.waiting.front());
            host.waiting.pop_front();
            --waiting_;
            if (host.idle.empty()) {
                connect(key, std::move(what));
                continue;
            }
            const auto by = std::move(host.idle.back());
            host.idle.pop_back();
            by->reuse(std::move(what));
        }
        if (host.open == 0 && host.waiting.empty()) hosts_.erase(key);
    }
    void connect(const std::string& key, exchange_ptr what) {
        ++hosts_[key].open;
        auto fresh = std::make_shared<connection>(*this, on_, key);
        connections_.push_back(fresh);
        fresh->start(std::move(what), tls_);
    }
    void forget(const connection_ptr& by) {
        --hosts_[by->host()].open;
        by->abandon();
        std::erase(connections_, by);
    }
    void time_out(const exchange_ptr& what) {
        what->timer = timer_id::none;
        auto code = errc::timed_out;
        const auto key = key_of(what->url);
        if (const auto by = what->on.lock()) {
            if (by->has_begun()) code = errc::endless;
            forget(by);
        } else {
            waiting_ -= std::erase(hosts_[key].waiting, what);
        }
        start_waiting(key);
        give(what, std::unexpected(failure(
                       code, fmt::format("{}: no whole answer in {} ms", what->url.name(), to_ms(what->request.timeout)))));
    }
    // The last thing that a turn does: the callback may destroy the client.
    void give(const exchange_ptr& what, result<http_response> outcome) {
        on_.cancel(std::exchange(what->timer, timer_id::none));
        exchanges_.erase(what);
        auto on_answer = std::move(what->on_answer);
        on_answer(std::move(outcome));
    }
    void fail_later(http_client::answered on_answer, failure why) {
        on_.post(
            [on_answer = std::move(on_answer), why = std::move(why)]() mutable { on_answer(std::unexpected(std::move(why))); });
    }
    static std::optional<failure> why_unsendable(const http_request& request) {
        const auto breaks = [](std::string_view text) { return text.find_first_of({"\r\n\0", 3}) != text.npos; };
        if (request.method.empty() || request.method.find_first_of(" \t\r\n") != std::string::npos) {
            return failure(errc::bad_request, "the method is no word");
        }
        for (const auto& header : request.headers) {
            if (header.name.empty() || header.name.find_first_of({": \t\r\n\0", 6}) != std::string::npos ||
                breaks(header.value)) {
                return failure(errc::bad_request,
                               fmt::format("the header '{}' cannot be sent: it holds a line break or is no name",
                                           breaks(header.name) ? "?" : header.name));
            }
        }
        return std::nullopt;
    }

    io_thread& on_;
    tls_context_ptr tls_;
    http_pool_options options_;
    std::map<std::string, host_pool> hosts_;
    std::vector<connection_ptr> connections_;
    std::unordered_set<exchange_ptr> exchanges_;
    std::size_t waiting_ = 0;
};

/// The head, and the body if it is all there.
std::string request_bytes(const exchange& what, std::string_view user_agent) {
    const auto& request = what.request;
    std::string out;
    out.reserve(512 + request.body.size());
    out.append(request.method).append(" ").append(what.url.target).append(" HTTP/1.1\r\nHost: ").append(what.url.authority());
    out.append("\r\n");
    bool own_agent = user_agent.empty();
    for (const auto& header : request.headers) {
        if (boost::beast::iequals({header.name.data(), header.name.size()}, "User-Agent")) own_agent = true;
        out.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    if (!own_agent) out.append("User-Agent: ").append(user_agent).append("\r\n");
    if (request.large_body) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.large_body->size_bytes());
        return out.append("\r\n");
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
    }
    return out.append("\r\n").append(request.body);
}

void connection::on_open(result<void> opened) {
    if (owner_ == nullptr) return;
    if (!opened) return answer(std::unexpected(std::move(opened.error())), false);
    send();
}

void connection::send() {
    outgoing_ = request_bytes(*what_, owner_->user_agent());
    unsent_ = 0;
    if (const auto& large = what_->request.large_body) {
        large->rewind();
        unsent_ = large->size_bytes();
    }
    reader_.emplace(what_->request.largest_body, what_->request.method == "HEAD");
    got_bytes_ = false;
    writing_ = true;
    written_ = 0;
    write();
    read();
}

void connection::write() {
    stream_.async_write_some(asio::buffer(std::string_view(outgoing_).substr(written_)),
                             completion::to<&connection::on_written>(shared_from_this()));
}

void connection::on_written(error_code ec, std::size_t count) {
    written_ += count;
    if (!ec && owner_ != nullptr && written_ < outgoing_.size()) return write();
    writing_ = false;
    written_or_not(ec);
}

void connection::written_or_not(error_code ec) {
    outgoing_.clear();
    if (owner_ == nullptr || what_ == nullptr) return;
    if (!ec && unsent_ > 0 && !got_bytes_ && !read_failed_) return send_more();
    // The server has hung up in the middle of a body: it was not written whole.
    if (unsent_ > 0 && read_failed_) ec = read_failed_;
    // A server may answer and close before it has read a whole request: what was read decides, if anything was.
    if (got_bytes_ || (!ec && !read_failed_)) return;
    // A request that could not be written whole was never carried out, whatever its method: it may go out once more.
    const bool unseen = ec || what_->idempotent();
    if (reused_ && !what_->retried && unseen) return owner_->retry(shared_from_this(), std::exchange(what_, nullptr));
    broken(read_failed_ ? read_failed_ : ec);
}

void connection::send_more() {
    constexpr std::size_t piece_bytes = 64 * 1024;
    writing_ = true;
    what_->request.large_body->read(piece_bytes, [weak = weak_from_this(), of = what_](result<std::string> piece) {
        if (const auto self = weak.lock()) self->on_piece(of, std::move(piece));
    });
}

void connection::on_piece(const exchange_ptr& of, result<std::string> piece) {
    if (owner_ == nullptr || what_ != of) return;
    if (read_failed_ || got_bytes_) {
        writing_ = false;
        return written_or_not({});
    }
    if (!piece) return answer(std::unexpected(failure(errc::body_failed, piece.error().message())), false);
    if (piece->empty() || piece->size() > unsent_) {
        return answer(std::unexpected(failure(errc::body_failed, "it is not as long as it was said to be")), false);
    }
    unsent_ -= piece->size();
    outgoing_ = std::move(*piece);
    written_ = 0;
    write();
}

void connection::read() {
    if (std::exchange(reading_, true)) return;
    stream_.async_read_some(asio::buffer(incoming_), completion::to<&connection::on_read>(shared_from_this()));
}

void connection::on_read(error_code ec, std::size_t count) {
    reading_ = false;
    if (owner_ == nullptr) return;
    // Idle: whatever comes, even bytes, ends the connection.
    if (what_ == nullptr) return owner_->idle_ended(shared_from_this());
    if (count > 0) {
        got_bytes_ = true;
        reader_->feed({incoming_.data(), count});
    }
    if (ec) {
        if (!got_bytes_) {
            // Whether the request may go out again depends on how its writing ended.
            read_failed_ = ec;
            if (!writing_) written_or_not({});
            return;
        }
        if (ec == asio::error::eof && got_bytes_) reader_->feed_end();
        if (!reader_->done() && !reader_->failed()) return broken(ec);
    }
    if (const auto& why = reader_->failed())
        return answer(std::unexpected(failure(why->errc, fmt::format("{}: {}", what_->url.name(), why->detail))), false);
    if (!reader_->done()) return read();
    const bool reusable = !ec && !writing_ && reader_->keep_alive() && !reader_->has_rest();
    answer(reader_->take(), reusable);
}

void connection::broken(error_code ec) {
    auto why = stream_failure(ec, what_->url.name());
    answer(std::unexpected(got_bytes_ ? failure(errc::cut_short, what_->url.name()) : std::move(why)), false);
}

void connection::answer(result<http_response> outcome, bool reusable) {
    what_->on.reset();
    owner_->answered(shared_from_this(), std::exchange(what_, nullptr), std::move(outcome), reusable);
}

void connection::idle_until(instant when) {
    reader_.reset();
    idle_timer_ = on_.wake_at(when, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self || self->owner_ == nullptr || self->what_ != nullptr) return;
        self->idle_timer_ = timer_id::none;
        self->owner_->idle_ended(self);
    });
    // Notices when the server closes.
    read();
}

class pooled_client final : public http_client {
public:
    pooled_client(io_thread& on, tls_context_ptr tls, http_pool_options options)
        : on_(on), pool_(on, std::move(tls), std::move(options)) {}
    void send(http_request request, answered on_answer) override {
        SHOAL_ASSERT(on_.is_current());
        pool_.send(std::move(request), std::move(on_answer));
    }

private:
    io_thread& on_;
    pool pool_;
};

}  // namespace

std::unique_ptr<http_client> make_http_client(io_thread& on, tls_context_ptr tls, http_pool_options options) {
    return std::make_unique<pooled_client>(on, std::move(tls), std::move(options));
}

}  // namespace shoal::net
