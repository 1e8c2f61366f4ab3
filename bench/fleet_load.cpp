// A load generator for a coordinator: many workers, each with its own TLS connection, stream and session machine, whose shards
// only pretend. Prints what the coordinator's process took meanwhile, as one line of JSON.
//   bench_fleet_load URL CERTS_FOLDER TOKEN INTENTS WORKERS SECONDS COORDINATOR_PID
// Not here: who starts the coordinator (fleet.py), the brain by itself (brain.cpp).

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cluster/worker_session.hpp"
#include "net/io_thread.hpp"
#include "roles/worker/coordinator_line.hpp"
#include "rpc/dialer.hpp"
#include "trust/node_files.hpp"

namespace {

using namespace shoal;
using namespace std::chrono_literals;
namespace worker = cluster::worker;

constexpr duration ready_after = 200ms;  // From IDENTIFY to READY.

struct totals {
    std::atomic<std::int64_t> registered{0}, live{0}, total{0}, beats{0};
};

/// One worker: the product's session and stream, and shards that are a status, a number and a ticket.
class pretended_worker {
public:
    pretended_worker(net::io_thread& on, const trust::node_identity& self, secret token, std::uint64_t intents,
                     const std::string& url, std::uint64_t number, totals& counts)
        : on_(on), counts_(counts), number_(number) {
        auto dialer = rpc::dialer::make(on, self, {});
        if (!dialer) std::abort();
        dialer_ = std::move(*dialer);
        cluster::worker_config config;
        config.self.process = {fmt::format("worker-{:04}", number)};
        config.self.incarnation = static_cast<cluster::incarnation>(number + 1);
        config.self.zone = fmt::format("zone-{}", number % 3);
        config.self.software = "bench";
        config.self.capacity = {4000, 16384, 0};
        config.coordinators = {url};
        config.answer_patience = 30s;  // All of them come at once.
        config.seed = number + 1;
        session_.emplace(config);
        line_ = std::make_unique<roles::coordinator_line>(
            on, *dialer_, std::move(token), intents, config.self.process, config.self.incarnation,
            roles::coordinator_line::events{
                .opened = [this] { step(worker::stream_opened{}); },
                .received = [this](cluster::to_worker what) { step(worker::message_received{std::move(what)}); },
                .closed = [this](roles::line_end how) { step(worker::stream_closed{std::move(how.sentence), how.refused()}); }});
    }
    void start() { step(worker::started{}); }

private:
    struct shard {
        shard_key key;
        cluster::shard_status status = cluster::shard_status::starting;
        std::optional<cluster::resume_ticket> ticket;
    };

    void step(worker::fact what) {
        facts_.push_back(std::move(what));
        if (std::exchange(stepping_, true)) return;
        while (!facts_.empty()) {
            const auto facts = std::exchange(facts_, {});
            for (const auto& fact : facts) {
                std::vector<worker::order> orders;
                session_->step(fact, on_.now(), orders);
                for (auto& order : orders) std::visit([this](auto& one) { obey(one); }, order);
            }
        }
        stepping_ = false;
        if (session_->is_registered() != registered_) {
            registered_ = !registered_;
            counts_.registered += registered_ ? 1 : -1;
        }
    }
    void set(shard& which, cluster::shard_status status) {
        const auto was = std::exchange(which.status, status);
        counts_.live += (status == cluster::shard_status::live) - (was == cluster::shard_status::live);
    }
    void come_up(shard& which) {
        if (!session_->may_dial(which.key.id, which.ticket.has_value(), on_.now())) return;
        if (which.ticket) return set(which, cluster::shard_status::live);
        set(which, cluster::shard_status::waiting_for_permit);
        facts_.push_back(worker::permit_wanted{which.key.id, false, {}});
    }

    void obey(const worker::open_stream& order) { line_->open(order.address); }
    void obey(const worker::close_stream&) { line_->close(); }
    void obey(worker::say& order) {
        counts_.beats += std::holds_alternative<cluster::heartbeat>(order.what);
        line_->say(std::move(order.what));
    }
    void obey(const worker::look&) { facts_.push_back(seen()); }
    void obey(worker::start_shard& order) {
        auto& which = shards_[order.shard.id];
        which.key = order.shard;
        which.ticket = std::move(order.ticket);
        counts_.total = order.shard.total;
        come_up(which);
    }
    void obey(const worker::stop_shard& order) {
        const auto found = shards_.find(order.shard);
        std::optional<cluster::resume_ticket> ticket;
        if (found != shards_.end()) {
            set(found->second, cluster::shard_status::starting);
            ticket = std::move(found->second.ticket);
            shards_.erase(found);
        }
        facts_.push_back(worker::shard_stopped{order.shard, std::move(ticket)});
    }
    void obey(const worker::give_permit& order) {
        facts_.push_back(worker::permit_spent{order.shard, order.permit});
        on_.wake_at(on_.now() + ready_after, [this, id = order.shard] {
            const auto found = shards_.find(id);
            if (found == shards_.end()) return;
            found->second.ticket = cluster::resume_ticket{
                found->second.key, fmt::format("{:032x}", id * 7919U), "wss://gateway-us-east1-b.discord.gg", 1000, 990, 513};
            set(found->second, cluster::shard_status::live);
            step(worker::identify_over{id, true});
            step(seen());
        });
    }
    void obey(const worker::rights_changed&) {
        for (auto& [id, which] : shards_)
            if (which.status == cluster::shard_status::starting) come_up(which);
    }
    void obey(const worker::wake_at& order) {
        on_.cancel(timer_);
        timer_ = on_.wake_at(order.when, [this] { step(worker::tick{}); });
    }
    void obey(const worker::end& order) {
        fmt::print(stderr, "bench_fleet_load: worker {} was refused: {}\n", number_, order.detail);
        std::exit(1);
    }
    void obey(const worker::note& order) {
        if (order.code == worker::note_code::stream_lost) fmt::print(stderr, "worker {}: {}\n", number_, order.detail);
    }
    template <class Other>
    void obey(const Other&) {}

    [[nodiscard]] worker::looked seen() {
        worker::looked what;
        what.node = {0.3, 2000, 20.0 * static_cast<double>(shards_.size()), 3};
        for (auto& [id, which] : shards_) {
            if (which.ticket) which.ticket->seq += 20, which.ticket->done += 20;
            worker::shard_seen one;
            one.shard = id;
            one.status = which.status;
            one.ticket = which.ticket;
            one.metrics = {1000, 0.01, 20, 40ms, 0, 1, 1, 3};
            what.shards.push_back(std::move(one));
        }
        return what;
    }

    net::io_thread& on_;
    totals& counts_;
    std::uint64_t number_;
    std::unique_ptr<rpc::dialer> dialer_;
    std::optional<cluster::worker_session> session_;
    std::unique_ptr<roles::coordinator_line> line_;
    std::map<std::uint32_t, shard> shards_;
    std::vector<worker::fact> facts_;
    timer_id timer_ = timer_id::none;
    bool stepping_ = false, registered_ = false;
};

/// User and system time of another process, in seconds.
double cpu_seconds_of(const std::string& pid) {
    std::ifstream in("/proc/" + pid + "/stat");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto fields = text.substr(text.rfind(')') + 2);
    std::size_t at = 0;
    for (int field = 3; field < 14; ++field) at = fields.find(' ', at) + 1;
    char* next = nullptr;
    const auto user = std::strtoull(fields.c_str() + at, &next, 10);
    const auto system = std::strtoull(next, nullptr, 10);
    return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Its resident memory in MB, at most so far and now.
std::pair<double, double> memory_of(const std::string& pid) {
    std::ifstream in("/proc/" + pid + "/status");
    double most = 0, now = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmHWM:")) most = std::atof(line.c_str() + 6) * 1024 / 1e6;
        if (line.starts_with("VmRSS:")) now = std::atof(line.c_str() + 6) * 1024 / 1e6;
    }
    return {most, now};
}

template <class Condition>
void wait_for(const char* what, std::chrono::seconds most, Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + most;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) {
            fmt::print(stderr, "bench_fleet_load: {} took over {} s\n", what, most.count());
            std::_Exit(1);
        }
        std::this_thread::sleep_for(20ms);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 8) {
        fmt::print(stderr, "usage: bench_fleet_load URL CERTS_FOLDER TOKEN INTENTS WORKERS SECONDS COORDINATOR_PID\n");
        return 1;
    }
    const std::string url = argv[1], folder = argv[2], pid = argv[7];
    const auto workers = std::strtoull(argv[5], nullptr, 10);
    const std::chrono::seconds seconds(std::atoi(argv[6]));
    const auto self = trust::read_node(folder, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    if (!self) {
        fmt::print(stderr, "bench_fleet_load: {}\n", self.error().message());
        return 1;
    }
    totals counts;
    net::io_thread on("load");
    std::vector<std::unique_ptr<pretended_worker>> all;
    for (std::uint64_t i = 0; i < workers; ++i) {
        on.post([&, i] {
            all.push_back(std::make_unique<pretended_worker>(on, *self, secret(argv[3]), std::strtoull(argv[4], nullptr, 10), url,
                                                             i, counts));
            all.back()->start();
        });
    }
    wait_for("registering", 120s, [&] { return counts.registered == static_cast<std::int64_t>(workers); });
    wait_for("coming up", 300s, [&] { return counts.total > 0 && counts.live == counts.total; });
    std::this_thread::sleep_for(3s);  // What came with their coming up is over.
    const auto cpu = cpu_seconds_of(pid);
    const auto beats = counts.beats.load();
    const auto began = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(seconds);
    const auto used = cpu_seconds_of(pid) - cpu;
    const auto span = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto [most, now] = memory_of(pid);
    fmt::print(
        R"({{"workers":{},"shards":{},"live":{},"beats_per_second":{:.1f},"cpu_percent":{:.2f},"memory_mb":{:.1f},"most_mb":{:.1f}}})"
        "\n",
        counts.registered.load(), counts.total.load(), counts.live.load(),
        static_cast<double>(counts.beats.load() - beats) / span, used / span * 100, now, most);
    std::fflush(stdout);
    std::_Exit(counts.live == counts.total ? 0 : 1);  // A thousand orderly ends are nobody's figure.
}
