// Overlaps of replicas of a lattice, and of spins that are there one by one, against naive sums.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "multispin/cuda/lattice/engine.hpp"
#include "multispin/spin_pairs.hpp"
#include "support/engines.hpp"

namespace multispin::test {
namespace {

// Sides of 2, rows of one lane and of all, of one word and of several.
const std::vector<std::vector<std::int64_t>> shapes = {
    {2, 2},   {4, 2},    {2, 6},    {6, 94},    {4, 128},    {6, 130},
    {4, 640}, {2, 2, 2}, {2, 4, 6}, {4, 2, 94}, {2, 6, 130}, {4, 4, 256}};

LatticeOptions options_of(const std::vector<std::int64_t>& shape) {
  const bool cubic = shape.size() == 3;
  LatticeOptions options =
      make_cubic(cubic ? shape[0] : 1, shape[shape.size() - 2], shape.back(), Generator::philox);
  options.replicas = 3;
  return options;
}

constexpr ReplicaPair pairs[] = {{0, 1}, {2, 0}, {1, 1}, {1, 2}};

std::int64_t stride_of(const std::vector<std::int64_t>& shape, std::size_t axis) {
  std::int64_t stride = 1;
  for (std::size_t a = axis + 1; a < shape.size(); ++a) stride *= shape[a];
  return stride;
}

// From each site to the next along each axis.
std::vector<GraphEdge> bonds_of(const std::vector<std::int64_t>& shape, std::int64_t sites) {
  std::vector<GraphEdge> bonds;
  for (std::int64_t i = 0; i < sites; ++i) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const std::int64_t stride = stride_of(shape, axis), x = i / stride % shape[axis];
      const std::int64_t next = x + 1 < shape[axis] ? i + stride : i - x * stride;
      bonds.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(next)});
    }
  }
  return bonds;
}

struct Naive {
  std::int64_t overlap = 0, links = 0;
  std::vector<std::vector<std::int64_t>> slabs;  // by axis
};

Naive naive(const std::vector<std::int64_t>& shape, const Spins& a, const Spins& b) {
  Naive out;
  for (const std::int64_t side : shape) out.slabs.emplace_back(side);
  for (std::size_t i = 0; i < a.size(); ++i) {
    out.overlap += a[i] * b[i];
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const std::int64_t x = static_cast<std::int64_t>(i) / stride_of(shape, axis) % shape[axis];
      out.slabs[axis][static_cast<std::size_t>(x)] += a[i] * b[i];
    }
  }
  for (const auto& [i, j] : bonds_of(shape, static_cast<std::int64_t>(a.size()))) {
    out.links += a[i] * a[j] * b[i] * b[j];
  }
  return out;
}

template <class E>
void expect_naive(E& engine, const std::vector<std::int64_t>& shape,
                  const std::vector<Spins>& spins) {
  SCOPED_TRACE(::testing::PrintToString(shape));
  std::vector<std::int64_t> overlaps(std::size(pairs), -1), links(overlaps);
  engine.overlaps(pairs, overlaps.data());
  engine.link_overlaps(pairs, links.data());
  for (std::size_t i = 0; i < std::size(pairs); ++i) {
    const Naive expected = naive(shape, spins[pairs[i].first], spins[pairs[i].second]);
    EXPECT_EQ(overlaps[i], expected.overlap);
    EXPECT_EQ(links[i], expected.links);
  }
  const auto slabs = engine.slab_overlaps(shape);
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const auto side = static_cast<std::size_t>(shape[axis]);
    std::vector<std::int64_t> sums(std::size(pairs) * side, -1);
    slabs(pairs, axis, sums.data());
    for (std::size_t i = 0; i < std::size(pairs); ++i) {
      const Naive expected = naive(shape, spins[pairs[i].first], spins[pairs[i].second]);
      const auto begin = sums.begin() + static_cast<std::ptrdiff_t>(i * side);
      EXPECT_EQ(std::vector<std::int64_t>(begin, begin + shape[axis]), expected.slabs[axis]);
    }
  }
}

TEST(LatticePairs, OfBothDevicesAreThoseOfTheSpins) {
  for (const auto& shape : shapes) {
    LatticeEngine engine{options_of(shape)};
    cuda::LatticeEngine on_device{options_of(shape), 0};
    engine.randomize();
    on_device.randomize();
    std::vector<Spins> spins;
    for (std::int64_t r = 0; r < 3; ++r) spins.push_back(spins_of(engine, r));
    expect_naive(engine, shape, spins);
    expect_naive(on_device, shape, spins);
  }
}

TEST(LatticePairs, DoNotDependOnThreads) {
  const std::vector<std::int64_t> shape{512, 640};
  LatticeOptions options = options_of(shape);
  options.threads = 3;
  LatticeEngine engine{options};
  engine.randomize();
  std::vector<Spins> spins;
  for (std::int64_t r = 0; r < 3; ++r) spins.push_back(spins_of(engine, r));
  expect_naive(engine, shape, spins);
}

TEST(LatticePairs, SpinsOneByOneGiveTheSame) {
  for (const auto& shape : shapes) {
    LatticeEngine engine{options_of(shape)};
    engine.randomize();
    std::vector<Spins> spins;
    Spins all;
    for (std::int64_t r = 0; r < 3; ++r) {
      spins.push_back(spins_of(engine, r));
      all.insert(all.end(), spins.back().begin(), spins.back().end());
    }
    struct OneByOne {
      SpinRows rows;
      std::vector<GraphEdge> bonds;
      void overlaps(std::span<const ReplicaPair> of, std::int64_t* to) const {
        spin_overlaps(rows, of, to);
      }
      void link_overlaps(std::span<const ReplicaPair> of, std::int64_t* to) const {
        spin_link_overlaps(rows, bonds, of, to);
      }
      SlabOverlaps slab_overlaps(const std::vector<std::int64_t>& sides) const {
        return [this, sides](std::span<const ReplicaPair> of, std::size_t axis, std::int64_t* to) {
          spin_group_overlaps(rows, coordinates(sides, axis), sides[axis], of, to);
        };
      }
    };
    const OneByOne one_by_one{{all.data(), 3, engine.sites()}, bonds_of(shape, engine.sites())};
    expect_naive(one_by_one, shape, spins);
  }
}

TEST(LatticePairs, SlabsAreOfTheLatticesOwnShape) {
  LatticeEngine engine{options_of({4, 6})};
  EXPECT_NO_THROW(engine.slab_overlaps({}));
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{6, 4}, {24}, {1, 4, 6}, {4}}) {
    EXPECT_THROW(engine.slab_overlaps(shape), std::invalid_argument);
  }
}

}  // namespace
}  // namespace multispin::test
