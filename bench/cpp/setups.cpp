#include "setups.hpp"

#include <omp.h>

#include <cstdio>
#include <set>

namespace multispin::bench {
namespace {

std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", x);
  return text;
}

std::string family(Model model) {
  switch (model) {
    case Model::square:
      return "sweep/";
    case Model::cubic:
      return "cubic/";
    case Model::glass:
      return "replica/";
    case Model::glass_samples:
      return "shared/";
    case Model::tempering:
      return "tempering/";
  }
  return "unknown/";
}

// Every instruction set, generator and dynamics, with and without a field.
void vary_kernels(std::vector<Setup>& all) {
  for (const Isa isa : available_isas()) {
    for (const Generator generator : {Generator::aes, Generator::philox}) {
      for (const Dynamics dynamics : {Dynamics::metropolis, Dynamics::glauber}) {
        for (const double h : {0.0, 0.1}) {
          Setup setup{isa};
          setup.generator = generator;
          setup.dynamics = dynamics;
          setup.h = h;
          all.push_back(setup);
        }
      }
    }
  }
}

void vary_lattices(std::vector<Setup>& all, const Setup& point, bool huge) {
  for (const std::int64_t size : {128, 256, 512, 1024, 2048, 4096, 16384}) {
    all.push_back(point);
    all.back().size = size;
  }
  all.push_back(point);
  all.back().size = 128;
  all.back().replicas = 64;
  if (!huge) return;
  all.push_back(point);
  all.back().size = 131072;
}

void vary_temperatures(std::vector<Setup>& all, const Setup& point) {
  for (const double temperature : {1.0, 2.0, 3.0, 5.0}) {
    all.push_back(point);
    all.back().temperature = temperature;
  }
}

// Two and all threads: one lattice in bands, and replicas shared out.
void vary_threads(std::vector<Setup>& all, const Setup& point) {
  for (const int threads : {2, omp_get_max_threads()}) {
    all.push_back(point);
    all.back().threads = threads;
    all.push_back(point);
    all.back().threads = threads;
    all.back().size = 1024;
    all.back().replicas = 4 * threads;
  }
}

// The cubic lattice at its critical temperature (Ferrenberg, Xu & Landau, PRE 97, 043301 (2018)).
Setup cubic_point(Isa isa) {
  Setup point{isa};
  point.model = Model::cubic;
  point.size = 512;
  point.temperature = 4.511523;
  return point;
}

// Instruction sets, generators, dynamics; sizes whose rows fill their words and do not (64, 320),
// and one that no cache holds.
void vary_cubic(std::vector<Setup>& all) {
  for (const Isa isa : available_isas()) {
    for (const Generator generator : {Generator::aes, Generator::philox}) {
      for (const Dynamics dynamics : {Dynamics::metropolis, Dynamics::glauber}) {
        all.push_back(cubic_point(isa));
        all.back().generator = generator;
        all.back().dynamics = dynamics;
      }
    }
  }
  for (const std::int64_t size : {64, 128, 256, 320, 1024}) {
    all.push_back(cubic_point(selected_isa()));
    all.back().size = size;
  }
  all.push_back(cubic_point(selected_isa()));
  all.back().threads = 2;
  all.push_back(cubic_point(selected_isa()));
  all.back().interval = 10;
}

Setup glass_point(Isa isa) {
  Setup point{isa};
  point.model = Model::glass;
  point.size = 16;
  point.replicas = 512;
  point.temperature = 1.1;  // critical: Katzgraber, Koerner & Young, PRB 73, 224432 (2006)
  return point;
}

// Instruction sets, generators, dynamics, with and without a field; numbers of lanes that do and do
// not fill a wide word; sizes inside and beyond a cache; samples that share their random numbers.
void vary_glass(std::vector<Setup>& all) {
  for (const Isa isa : available_isas()) {
    for (const Generator generator : {Generator::aes, Generator::philox}) {
      for (const Dynamics dynamics : {Dynamics::metropolis, Dynamics::glauber}) {
        for (const double h : {0.0, 0.1}) {
          all.push_back(glass_point(isa));
          all.back().generator = generator;
          all.back().dynamics = dynamics;
          all.back().h = h;
        }
      }
    }
    all.push_back(glass_point(isa));
    all.back().model = Model::glass_samples;
  }
  const Setup point = glass_point(selected_isa());
  for (const std::int64_t replicas : {64, 128, 256, 512, 1024, 4096}) {
    all.push_back(point);
    all.back().size = 8;
    all.back().replicas = replicas;
  }
  all.push_back(point);
  all.back().size = 64;
  for (const Model model : {Model::glass, Model::glass_samples}) {
    all.push_back(point);
    all.back().model = model;
    all.back().interval = 1;
  }
  for (const std::int64_t size : {8, 16}) {
    all.push_back(point);
    all.back().model = Model::tempering;
    all.back().size = size;
    all.back().interval = 1;
  }
  all.push_back(point);
  all.back().threads = 2;
}

// Many spins; few, where launches decide; whole lines of lane words and single ones.
void vary_glass_on_gpu(std::vector<Setup>& all) {
  Setup point = glass_point(selected_isa());
  point.device = Device::cuda;
  point.generator = Generator::philox;
  point.size = 64;
  point.replicas = 2048;
  for (const double h : {0.0, 0.1}) {
    all.push_back(point);
    all.back().h = h;
  }
  for (const std::int64_t size : {8, 16}) {
    all.push_back(point);
    all.back().size = size;
  }
  all.push_back(point);
  all.back().size = 128;
  all.back().replicas = 64;
  all.push_back(point);
  all.back().model = Model::glass_samples;
  all.back().size = 16;
  all.back().replicas = 4096;
}

// Lattices inside the L2 cache, at its edge and far beyond; many small ones; and what fills the
// memory.
void vary_on_gpu(std::vector<Setup>& all, const Gpu& gpu, bool huge) {
  Setup point{selected_isa()};
  point.device = Device::cuda;
  point.generator = Generator::philox;
  for (const std::int64_t size : {8192, 16384, 65536}) {
    for (const Dynamics dynamics : {Dynamics::metropolis, Dynamics::glauber}) {
      for (const double h : {0.0, 0.1}) {
        all.push_back(point);
        all.back().size = size;
        all.back().dynamics = dynamics;
        all.back().h = h;
      }
    }
  }
  for (const std::int64_t size : {128, 1024}) {
    for (const std::int64_t replicas : {1, 64, 1024}) {
      all.push_back(point);
      all.back().size = size;
      all.back().replicas = replicas;
    }
  }
  vary_temperatures(all, point);
  for (const Dynamics dynamics : {Dynamics::metropolis, Dynamics::glauber}) {
    all.push_back(cubic_point(selected_isa()));
    all.back().device = Device::cuda;
    all.back().generator = Generator::philox;
    all.back().dynamics = dynamics;
    all.back().size = 1024;
  }
  vary_glass_on_gpu(all);
  all.push_back(point);
  all.back().generator = Generator::aes;
  all.push_back(point);
  all.back().interval = 10;
  if (!huge) return;
  all.push_back(point);
  all.back().size = gpu.largest_size;
}

}  // namespace

std::string Setup::name() const {
  const bool on_cpu = device == Device::cpu;
  std::string text = family(model) + (on_cpu ? std::string(multispin::name(isa)) : "cuda") +
                     (generator == Generator::aes ? "/aes" : "/philox") +
                     (dynamics == Dynamics::glauber ? "/glauber" : "/metropolis") +
                     "/L:" + std::to_string(size) +
                     (is_glass() ? "" : "/T:" + number(temperature)) + "/h:" + number(h);
  if (on_cpu) text += "/threads:" + std::to_string(threads);
  if (replicas != 1) text += "/replicas:" + std::to_string(replicas);
  if (interval != 0) text += "/measured_every:" + std::to_string(interval);
  return text;
}

std::vector<Setup> all_setups(bool huge, const std::optional<Gpu>& gpu) {
  const Setup point{selected_isa()};
  std::vector<Setup> all{point};
  vary_kernels(all);
  vary_lattices(all, point, huge);
  vary_temperatures(all, point);
  vary_threads(all, point);
  all.push_back(point);
  all.back().interval = 10;
  vary_cubic(all);
  vary_glass(all);
  if (gpu) vary_on_gpu(all, *gpu, huge);
  std::vector<Setup> unique;
  std::set<std::string> names;
  for (const Setup& setup : all) {
    if (names.insert(setup.name()).second) unique.push_back(setup);
  }
  return unique;
}

}  // namespace multispin::bench
