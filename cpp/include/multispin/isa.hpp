// Instruction sets: what this processor has, and which one the kernels use.
#pragma once

#include <string_view>
#include <vector>

namespace multispin {

enum class Isa { portable, avx2, avx512 };

std::string_view name(Isa isa);

// Every level that this build contains and this processor can run, slowest first.
std::vector<Isa> available_isas();

// The best available level, or the one that the environment variable MULTISPIN_ISA names.
// Throws std::invalid_argument if that level is unknown or cannot run here.
Isa selected_isa();

}  // namespace multispin
