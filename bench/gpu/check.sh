#!/usr/bin/env bash
# Everything that needs a GPU: build, tests, sanitizers, speed, physics.
#
#   bash bench/gpu/check.sh [folder of the results]     bench/results if none is given
#
# Needs nvcc, and a python3 with numpy, scipy, xarray, pytest, pybind11, scikit-build-core and cmake;
# no network. Builds and keeps its log in build/gpu. Goes on after a failure; the exit status is 1 if
# there was one. The GPU's settings are left as they are.
#
#   PYTHON                   another python3
#   CUDAARCHS                what to compile for, instead of the GPU that is here
#   MULTISPIN_BENCH          a multispin_bench that was built elsewhere, instead of building one
#   MULTISPIN_CHECK_ONLY     sections, by the names of their functions, instead of all
#   MULTISPIN_CHECK_SECONDS  when to be done, whatever is missing by then: 570
set -uo pipefail
results=$(realpath -m "${1:-$(dirname "$0")/../results}")
prebuilt=${MULTISPIN_BENCH:+$(realpath "$MULTISPIN_BENCH")}
cd "$(dirname "$0")/../.." || exit 1

if ! gpus=$(nvidia-smi -L 2>/dev/null) || [ -z "$gpus" ]; then
  echo "no GPU: nvidia-smi finds none" >&2
  exit 1
fi

if ! command -v "${CUDACXX:-nvcc}" >/dev/null && ! [ -x /usr/local/cuda/bin/nvcc ]; then
  echo "no nvcc: neither CUDACXX nor PATH nor /usr/local/cuda/bin has it" >&2
  exit 1
fi

deadline=${MULTISPIN_CHECK_SECONDS:-570}
python=$("${PYTHON:-python3}" -c 'import sys; print(sys.executable)') || exit 1
scripts=$("$python" -c 'import sysconfig; print(sysconfig.get_path("scripts"))')
build=$PWD/build/gpu
site=$build/site
# cmake and ninja may be Python packages; compute-sanitizer has a folder of its own.
export PATH=$scripts:$PATH:/usr/local/cuda/bin:/usr/local/cuda/compute-sanitizer
export PYTHONPATH=$site${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1
export CUDAARCHS=${CUDAARCHS:-native}
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
unset MULTISPIN_EMULATED_CUDA # or the tests would not run on the GPU
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
if [ -z "${CMAKE_GENERATOR:-}" ] && command -v ninja >/dev/null; then
  export CMAKE_GENERATOR=Ninja
fi
mkdir -p "$build" "$results" || exit 1
exec > >(tee "$build/check.log") 2>&1

# --- sections -------------------------------------------------------------------------------------

skipped=77 # status of a section that had nothing to do
failed=()

# Each section is a shell function in a subshell that ends at the first command that fails.
section() { # title, function
  local title=$1 start=$SECONDS status
  [[ " ${MULTISPIN_CHECK_ONLY:-$2} " == *" $2 "* ]] || return
  printf '\n=== %s (at %d s)\n' "$title" "$SECONDS"
  (
    set -e
    "$2"
  )
  status=$?
  case $status in
    0) echo "--- $title: passed, $((SECONDS - start)) s" ;;
    "$skipped") echo "--- $title: skipped, $((SECONDS - start)) s" ;;
    *)
      echo "--- $title: FAILED with status $status, $((SECONDS - start)) s"
      failed+=("$title")
      ;;
  esac
}

# Runs a command for so many seconds at most, and not beyond the deadline.
limited() { # seconds, command...
  local most=$1 left=$((deadline - SECONDS))
  shift
  if [ "$left" -le 0 ]; then
    echo "no time left for: $*"
    return 124
  fi
  timeout --kill-after=5 "$((most < left ? most : left))" "$@"
}

skip() {
  echo "$1"
  exit "$skipped"
}

machine() {
  echo "$gpus"
  limited 20 nvidia-smi
  limited 20 nvidia-smi --format=csv,noheader --query-gpu=clocks.max.sm,clocks.max.mem,power.limit,\
ecc.mode.current,compute_mode,pcie.link.gen.max || true
  nvcc --version | tail -n 2
  cmake --version | head -n 1
  "$python" --version
}

package() {
  rm -rf "$site"
  if ! SKBUILD_CMAKE_DEFINE=MULTISPIN_CUDA=ON SKBUILD_BUILD_DIR=$build/pip limited 200 \
    "$python" -m pip install --quiet --no-build-isolation --no-deps --no-index \
    --target "$site" .; then
    echo "pip could not install it: building with cmake alone"
    rm -rf "$site"
    limited 30 cmake -S . -B "$build/package" -DCMAKE_BUILD_TYPE=Release -DMULTISPIN_CUDA=ON \
      -DMULTISPIN_BUILD_PYTHON=ON -DPython_EXECUTABLE="$python" \
      -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)"
    limited 200 cmake --build "$build/package"
    mkdir -p "$site"
    cp -r python/multispin "$site/"
    limited 30 cmake --install "$build/package" --component python --prefix "$site"
  fi
  # An editable install of another checkout would come before PYTHONPATH.
  limited 60 "$python" -c '
import multispin, pprint, sys
print(multispin.__file__)
assert multispin.__file__.startswith(sys.argv[1])
pprint.pprint(multispin.info()["cuda"])
assert multispin.info()["cuda"]["devices"]' "$site"
}

tests() {
  local workers=()
  ! "$python" -c 'import xdist' 2>/dev/null || workers=(-n auto --maxprocesses 6)
  MULTISPIN_REQUIRE_GPU=1 limited 150 "$python" -m pytest -q -p no:cacheprovider -p no:benchmark \
    "${workers[@]}" tests/gpu tests/device tests/contract
}

# The harness is there afterwards unless Google Benchmark is missing.
harness() {
  local log=$build/harness.log
  rm -f "$build/multispin_bench"
  if [ -n "$prebuilt" ]; then
    ln -s "$prebuilt" "$build/multispin_bench"
    return
  fi
  if ! limited 60 cmake -S . -B "$build/harness" -DCMAKE_BUILD_TYPE=Release -DMULTISPIN_CUDA=ON \
    -DMULTISPIN_BUILD_BENCH=ON >"$log" 2>&1; then
    grep -q benchmarkConfig.cmake "$log" ||
      { cat "$log" && return 1; }
    skip "Google Benchmark (libbenchmark-dev) is not installed: no harness, Python measures instead"
  fi
  limited 200 cmake --build "$build/harness" --target multispin_bench
  ln -s harness/bench/cpp/multispin_bench "$build/multispin_bench"
}

run_harness() { # seconds, options...
  local seconds=$1
  shift
  limited "$seconds" "$build/multispin_bench" --benchmark_filter=/cuda/ \
    --benchmark_out="$build/bench.json" --benchmark_out_format=json "$@"
}

speed() {
  local status=0
  if [ ! -e "$build/multispin_bench" ]; then
    limited 120 "$python" bench/gpu/throughput.py --output "$results"
    return
  fi
  rm -f "$build/bench.json"
  run_harness 150 --huge || status=$?
  if [ "$status" -gt 1 ]; then
    echo "status $status: again, without the largest lattice"
    run_harness 90 || status=$?
  fi
  [ -s "$build/bench.json" ] || { echo "nothing was measured" && return 1; }
  "$python" bench/cpp/report.py "$build/bench.json" --goals bench/goals.toml --output "$results"
  return "$status"
}

# Against the engine of the CPU, and how fast.
real_couplings() {
  limited 150 "$python" bench/gpu/real.py --output "$results" --seconds 100
}

# The same of machines of two layers.
bipartite() {
  limited 60 "$python" bench/gpu/bipartite.py --output "$results" --seconds 20
}

# Of replicas, where they are and through the host.
moments() {
  limited 60 "$python" bench/gpu/moments.py --output "$results" --seconds 20
}

# Moments of chains, as a step of learning asks for them.
inverse() {
  limited 60 "$python" bench/gpu/inverse.py --output "$results" --seconds 20
}

sanitizer() { # tool
  command -v compute-sanitizer >/dev/null || skip "compute-sanitizer is not installed"
  limited 75 compute-sanitizer --tool "$1" --error-exitcode 1 --print-limit 10 \
    "$python" bench/gpu/tiny.py
}
memcheck() { sanitizer memcheck; }
initcheck() { sanitizer initcheck; }
racecheck() { sanitizer racecheck; } # of shared memory

physics() {
  local status=0
  MULTISPIN_REQUIRE_GPU=1 limited 120 "$python" -m pytest -q -p no:cacheprovider -p no:benchmark \
    -m slow tests/gpu ||
    status=$?
  [ "$status" -ne 5 ] || skip "tests/gpu has no slow tests"
  return "$status"
}

# Registers, stack (spilled registers are in it) and shared memory of each kernel.
resources() {
  command -v cuobjdump >/dev/null || skip "cuobjdump is not installed"
  local module=("$site"/multispin/_cuda*.so)
  limited 30 cuobjdump -res-usage "${module[0]}" | grep -E 'Fatbin elf|arch =|Function|REG' | c++filt
}

# Where the time of a kernel goes: its name, and a sampler whose sweep launches it.
profile() { # kernel, sampler
  command -v ncu >/dev/null || skip "ncu is not installed"
  local log=$build/ncu-$1.txt status=0
  limited 60 ncu --clock-control none --kernel-name-base demangled --kernel-name "regex:$1" \
    --launch-skip 4 --launch-count 1 --section SpeedOfLight --section LaunchStats \
    --section Occupancy --section WarpStateStats --section ComputeWorkloadAnalysis \
    --section InstructionStats --section MemoryWorkloadAnalysis --section SchedulerStats \
    "$python" -c "
import numpy as np, multispin as ms
s = $2
for _ in range(8): s.sweep(1)  # a sweep may be one launch
s.synchronize()" >"$log" 2>&1 || status=$?
  cat "$log"
  ! grep -q ERR_NVGPUCTRPERM "$log" || skip "this user may not read the GPU's counters"
  grep -q "==PROF== Profiling" "$log" || { echo "no launch of $1 was seen" && return 1; }
  return "$status"
}
profile_lattice() {
  profile HalfSweep "ms.Sampler(ms.Ising((16384, 16384)), 2.269, device='cuda', rng='philox')"
}
profile_replicas() {
  profile UpdateSites "ms.Sampler(ms.EdwardsAnderson((64, 64, 64), seed=1), \
    np.geomspace(0.5, 2.2, 2048), replicas=2048, device='cuda', rng='philox')"
}
all_pairs="ms.Sampler(ms.SherringtonKirkpatrick(2000, seed=1), \
    np.geomspace(0.4, 1.6, 1024), replicas=1024, engine='real', device='cuda', rng='philox')"
profile_scan() {
  profile ScanShared "$all_pairs"
}
profile_products() {
  profile MultiplyDense "$all_pairs"
}
profile_sparse() {
  profile SparseSweeps "ms.Sampler(ms.Pairwise.from_edges(1000, ms.graphs.hypercubic((10, 10, 10)), \
    np.random.default_rng(1).normal(size=3000)), np.geomspace(0.4, 1.6, 16384), replicas=16384, \
    engine='real', device='cuda', rng='philox')"
}

profile_draws() {
  PYTHONPATH=$PYTHONPATH:bench/gpu profile DrawUnits \
    "__import__('runpy').run_path('bench/gpu/bipartite.py')['Chains'](100_000)"
}

profile_patterns() {
  profile PatternSweeps "ms.Sampler(ms.Hopfield(2 * np.random.default_rng(1).integers(0, 2, (1000, 10000), \
    dtype=np.int8) - 1), np.geomspace(0.1, 0.5, 1024), replicas=1024, engine='pattern', device='cuda', rng='philox')"
}

section "machine" machine
section "package with CUDA" package
section "tests on a GPU" tests
section "benchmark harness" harness
section "speed" speed
section "real couplings" real_couplings
section "machines of two layers" bipartite
section "moments" moments
section "inverse Ising by Monte Carlo" inverse
section "profile, lattice" profile_lattice
section "profile, replicas" profile_replicas
section "profile, couplings of all pairs: the scan" profile_scan
section "profile, couplings of all pairs: products" profile_products
section "profile, couplings of some pairs" profile_sparse
section "profile, patterns" profile_patterns
section "profile, machines of two layers" profile_draws
section "physics (slow tests)" physics
section "resources of the kernels" resources
section "compute-sanitizer memcheck" memcheck
section "compute-sanitizer initcheck" initcheck
section "compute-sanitizer racecheck" racecheck

printf '\n%d failed, after %d s\n' "${#failed[@]}" "$SECONDS"
[ ${#failed[@]} -eq 0 ] || printf 'FAILED: %s\n' "${failed[@]}"
[ ${#failed[@]} -eq 0 ]
