#pragma once
// The public API of a bot in one process. One header a topic stands behind it; nothing is declared here.

#include "shoal/bot.hpp"
#include "shoal/cache.hpp"
#include "shoal/call.hpp"
#include "shoal/command.hpp"
#include "shoal/context.hpp"
#include "shoal/error.hpp"
#include "shoal/events.hpp"
#include "shoal/file.hpp"
#include "shoal/ids.hpp"
#include "shoal/intents.hpp"
#include "shoal/log.hpp"
#include "shoal/members.hpp"
#include "shoal/models.hpp"
#include "shoal/rest.hpp"
#include "shoal/run.hpp"
#include "shoal/task.hpp"
