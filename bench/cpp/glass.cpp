#include "glass.hpp"

#include <cstddef>
#include <random>
#include <utility>

namespace multispin::bench {
namespace {

constexpr std::int64_t axes = 3;

// The next site along an axis.
std::int64_t next(std::int64_t site, std::int64_t axis, std::int64_t size) {
  const std::int64_t stride = axis == 0 ? 1 : (axis == 1 ? size : size * size);
  return site / stride % size == size - 1 ? site - (size - 1) * stride : site + stride;
}

}  // namespace

// Edge axes * i + a leads from site i to the next along axis a.
ReplicaOptions glass_options(std::int64_t size, std::int64_t samples) {
  ReplicaOptions o;
  o.sites = size * size * size;
  o.samples = samples;
  for (std::int64_t site = 0; site < o.sites; ++site) {
    for (std::int64_t axis = 0; axis < axes; ++axis) {
      o.edges.push_back(
          {static_cast<std::uint32_t>(site), static_cast<std::uint32_t>(next(site, axis, size))});
    }
  }
  std::mt19937_64 generator{1};
  o.signs.resize(o.edges.size() * static_cast<std::size_t>(samples));
  for (std::int8_t& sign : o.signs) sign = generator() >> 63 == 0 ? 1 : -1;
  return o;
}

double plaquettes_of(const ReplicaOptions& glass, std::int64_t size) {
  std::int64_t sum = 0;
  for (std::int64_t sample = 0; sample < glass.samples; ++sample) {
    const std::int8_t* const signs =
        glass.signs.data() + static_cast<std::size_t>(sample) * glass.edges.size();
    const auto sign = [&](std::int64_t site, std::int64_t axis) {
      return signs[axes * site + axis];
    };
    for (std::int64_t site = 0; site < glass.sites; ++site) {
      for (const auto& [a, b] : {std::pair{0, 1}, {1, 2}, {2, 0}}) {
        sum += sign(site, a) * sign(next(site, a, size), b) * sign(next(site, b, size), a) *
               sign(site, b);
      }
    }
  }
  return static_cast<double>(sum) / static_cast<double>(glass.sites * glass.samples);
}

}  // namespace multispin::bench
