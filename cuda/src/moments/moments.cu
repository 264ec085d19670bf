// Adding up moments: how many warps do it.
#include <algorithm>
#include <cstdint>

#include "device/launch.hpp"
#include "moments/launch.hpp"
#include "moments/moment_threads.hpp"

namespace multispin::cuda {

void enqueue_pack_samples(Stream& stream, const std::int8_t* from, std::int64_t samples,
                          std::uint32_t spins, std::uint64_t row, std::uint64_t* words) {
  launch(stream, "pack_samples", spins, static_cast<std::uint32_t>(row),
         PackSamples{from, samples, spins, row, words});
}

void enqueue_add_moments(Stream& stream, const MomentRows& rows, const MomentPart& part,
                         std::int64_t begin, std::int64_t end, int multiprocessors) {
  // Samples are shared between warps where there are few tiles: four on each part of a
  // multiprocessor that counts bits. With fewer words than these, sums would take as long to be
  // added up as bits to be counted.
  constexpr std::int64_t warps_of_multiprocessor = 16;
  constexpr std::int64_t least_words = 16;
  const std::int64_t slots = std::int64_t{part.groups} * part.tiles;
  const std::int64_t pairs = (slots * rows.tiles() + 1) / 2;  // the others have nothing to do
  const std::int64_t shares =
      std::clamp<std::int64_t>(warps_of_multiprocessor * multiprocessors / pairs, 1,
                               std::max<std::int64_t>((end - begin) / least_words, 1));
  const AddMoments body{rows, part, begin, end, static_cast<std::uint32_t>(shares)};
  launch_warps(stream, "add_moments", static_cast<std::uint32_t>(rows.tiles() * shares),
               static_cast<std::uint32_t>(slots), body);
}

}  // namespace multispin::cuda
