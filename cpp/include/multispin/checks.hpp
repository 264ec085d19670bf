// What no engine takes, whatever family it is of and device it runs on: std::invalid_argument.
#pragma once

#include <cstdint>
#include <span>

namespace multispin {

void check_temperature(double temperature);
void check_temperature_count(std::size_t count, std::int64_t replicas);
void check_temperatures(std::span<const double> temperatures, std::int64_t replicas);
void check_spins(std::span<const std::int8_t> spins);

}  // namespace multispin
