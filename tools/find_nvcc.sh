#!/usr/bin/env bash
# find_nvcc.sh FOLDER: print the path of an nvcc. The machine's own if it has one, else NVIDIA's
# wheels, unpacked into FOLDER and laid out as CMake expects a toolkit. They compile and link; a
# driver they do not bring.
set -euo pipefail

folder=$1
if command -v nvcc; then exit 0; fi

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
