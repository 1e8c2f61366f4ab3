#pragma once
// The gateway's name for what RESUME needs. Not here: the value itself, which the fleet knows too (discord/resume_ticket.hpp).

#include "discord/resume_ticket.hpp"

namespace shoal::gateway {

using discord::resume_ticket;

}  // namespace shoal::gateway
