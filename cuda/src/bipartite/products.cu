// Products of bits and integers: how many rows a warp takes, and how many warps there are.
#include <algorithm>
#include <cstdint>

#include "bipartite/launch.hpp"
#include "bipartite/outer_threads.hpp"
#include "bipartite/product_threads.hpp"
#include "bipartite/unit_threads.hpp"
#include "device/launch.hpp"

namespace multispin::cuda {
namespace {

// What a multiprocessor needs to be at work while others wait for memory.
constexpr std::uint32_t warps_of_multiprocessor = 4;

std::uint32_t wanted_warps(const UnitInputs& inputs) {
  return warps_of_multiprocessor * static_cast<std::uint32_t>(inputs.multiprocessors);
}

std::uint32_t chunks_of_rows(const UnitInputs& inputs, std::uint32_t rows_of_warp) {
  return (inputs.inputs.pitch + rows_of_warp - 1) / rows_of_warp;
}

// work.template operator()<groups>(warps of a word): many rows for a warp, which has to load
// integers less often then, unless the GPU would not be full.
template <class Work>
void with_groups(const UnitInputs& inputs, const Work& work) {
  const auto is_full = [&](std::uint32_t rows_of_warp) {
    const std::uint64_t chunks = chunks_of_rows(inputs, rows_of_warp);
    return chunks * inputs.tiles.words >= wanted_warps(inputs);
  };
  if (is_full(32)) return work.template operator()<4>(chunks_of_rows(inputs, 32));
  if (is_full(16)) return work.template operator()<2>(chunks_of_rows(inputs, 16));
  work.template operator()<1>(chunks_of_rows(inputs, 8));
}

}  // namespace

void enqueue_draw_units(Stream& stream, const UnitInputs& in, const UnitDraw& draw) {
  with_groups(in, [&]<int groups>(std::uint32_t warps) {
    const DrawUnits<groups> body{
        {in.tiles, in.inputs}, draw.levels, draw.keys, draw.step, draw.kept, draw.out};
    launch_warps(stream, "draw_units", warps, in.tiles.words, body);
  });
}

void enqueue_write_units(Stream& stream, const UnitInputs& in, const UnitFloats& floats) {
  with_groups(in, [&]<int groups>(std::uint32_t warps) {
    const auto launched = [&]<class As>(const As& /*as*/) {
      const WriteUnits<groups, As> body{
          {in.tiles, in.inputs}, floats.levels, floats.rows, floats.units, floats.out};
      launch_warps(stream, "write_units", warps, in.tiles.words, body);
    };
    if (floats.probabilities) return launched(AsProbability{});
    launched(AsField{});
  });
}

void enqueue_write_sums(Stream& stream, const UnitInputs& in, std::int32_t* out) {
  with_groups(in, [&]<int groups>(std::uint32_t warps) {
    const WriteSums<groups> body{{in.tiles, in.inputs}, out};
    launch_warps(stream, "write_sums", warps, in.tiles.words, body);
  });
}

void enqueue_add_outer(Stream& stream, const UnitInputs& in, std::uint32_t units,
                       std::uint32_t width, std::int64_t* totals) {
  // Samples are shared between warps, so that there are as many as it takes to fill the GPU; few
  // samples are not worth the sums that are added up in the end.
  constexpr int groups = 4;
  constexpr std::uint32_t least_words = 4;
  const std::uint32_t chunks = chunks_of_rows(in, UnitProduct<groups>::rows_of_warp);
  const std::uint32_t parts = std::clamp(2 * wanted_warps(in) / (chunks * in.tiles.words), 1U,
                                         std::max(in.tiles.depth / least_words, 1U));
  const AddOuter<groups> body{{in.tiles, in.inputs}, parts, units, width, totals};
  launch_warps(stream, "add_outer", chunks * parts, in.tiles.words, body);
}

}  // namespace multispin::cuda
