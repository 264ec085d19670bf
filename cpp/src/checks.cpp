#include "multispin/checks.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace multispin {

void check_temperature(double temperature) {
  if (temperature > 0.0 && std::isfinite(temperature)) return;
  throw std::invalid_argument("temperature: got " + std::to_string(temperature) +
                              ", allowed: finite values above 0");
}

void check_temperature_count(std::size_t count, std::int64_t replicas) {
  if (static_cast<std::int64_t>(count) == replicas) return;
  throw std::invalid_argument("temperature: got " + std::to_string(count) +
                              " values, allowed: one for each of " + std::to_string(replicas) +
                              " replicas");
}

void check_temperatures(std::span<const double> temperatures, std::int64_t replicas) {
  check_temperature_count(temperatures.size(), replicas);
  for (const double t : temperatures) check_temperature(t);
}

void check_spins(std::span<const std::int8_t> spins) {
  const auto bad = std::ranges::find_if(spins, [](int s) { return s != 1 && s != -1; });
  if (bad != spins.end()) {
    throw std::invalid_argument("init: got the value " + std::to_string(*bad) +
                                ", allowed: +1 and -1");
  }
}

}  // namespace multispin
