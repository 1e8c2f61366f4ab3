#include "wire/methods.hpp"

#include <shoal.pb.h>

namespace shoal::wire {

std::vector<declared_method> declared_methods() {
    std::vector<declared_method> found;
    const auto* const file = v1::Ticket::descriptor()->file();
    for (int s = 0; s < file->service_count(); ++s) {
        const auto* const service = file->service(s);
        for (int m = 0; m < service->method_count(); ++m) {
            const auto* const method = service->method(m);
            found.push_back(
                {"/" + service->full_name() + "/" + method->name(), method->client_streaming() || method->server_streaming()});
        }
    }
    return found;
}

}  // namespace shoal::wire
