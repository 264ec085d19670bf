// What every engine on the CPU asks of the processor.
#pragma once

#include "multispin/isa.hpp"

namespace multispin {

// Throws std::invalid_argument if so many threads cannot be had, or the instruction set not run.
void check_processor(int threads, Isa isa);

}  // namespace multispin
