#!/usr/bin/env bash
# find_nvcc.sh FOLDER: print the path of an nvcc. The one that CUDACXX names or the machine has if
# it is new enough (cmake/find_cuda.cmake), else NVIDIA's wheels, unpacked into FOLDER and laid out
# as CMake expects a toolkit. They compile and link; a driver they do not bring.
set -euo pipefail

folder=$1
oldest=12.8
if nvcc=$(command -v "${CUDACXX:-nvcc}"); then
  version=$("$nvcc" --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')
  if printf '%s\n' "$oldest" "$version" | sort --version-sort --check=quiet; then
    echo "$nvcc"
    exit 0
  fi
fi

if [ ! -x "$folder/nvcc" ]; then
  python3 -m venv --clear "$folder"
  "$folder/bin/pip" install --quiet 'nvidia-cuda-nvcc==13.0.*' 'nvidia-cuda-crt==13.0.*' \
    'nvidia-cuda-runtime==13.0.*' 'nvidia-nvvm==13.0.*' >&2
  toolkit=$(echo "$PWD/$folder"/lib/python3*/site-packages/nvidia/cu13)
  ln -s lib "$toolkit/lib64"
  ln -s libcudart.so.13 "$toolkit/lib/libcudart.so"
  ln -s "$toolkit/bin/nvcc" "$folder/nvcc"
fi
readlink -f "$folder/nvcc"
