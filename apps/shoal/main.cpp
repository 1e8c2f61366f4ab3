// shoal: the operator's side of a fleet.
#include "roles/cli/commands.hpp"

int main(int argc, char** argv) { return shoal::roles::cli::run(argc, argv); }
