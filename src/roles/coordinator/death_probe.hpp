#pragma once
// Proof that a worker of this host is dead: the kernel says that its process is gone (roles/process/sign_of_life.hpp). A port
// that refuses proves nothing (protocols.md 2), and none is asked. Not here: what follows from it (cluster/brain.hpp).

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/scheduler.hpp"
#include "roles/process/sign_of_life.hpp"

namespace shoal::roles {

class death_probe {
public:
    explicit death_probe(scheduler& on) : on_(on), alive_(std::make_shared<bool>(true)) {}
    ~death_probe() { *alive_ = false; }
    death_probe(const death_probe&) = delete;
    death_probe& operator=(const death_probe&) = delete;

    /// A worker's stream broke: whether its process is gone is looked at a few times within two seconds, since one that ends
    /// closes its sockets before it is over. `proven` is called at most once, with how it is known.
    void look(seen_process who, std::function<void(std::string how)> proven);

private:
    void attempt(std::shared_ptr<const seen_process> who, std::size_t which, std::function<void(std::string)> proven);

    scheduler& on_;
    std::shared_ptr<bool> alive_;
};

}  // namespace shoal::roles
