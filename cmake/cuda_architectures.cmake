# For which GPUs nvcc compiles, in order of precedence: CUDAARCHS in the environment, also in a
# folder that was configured before; CMAKE_CUDA_ARCHITECTURES; with MULTISPIN_CUDA_ALL every
# architecture from Ampere on; the GPUs of this machine; without one, the oldest. Each but the
# first two ends with PTX, from which the driver compiles for later GPUs.
option(MULTISPIN_CUDA_ALL "Compile for every GPU architecture, as for a wheel given to others" OFF)

# The newest architecture that `nvcc` compiles for and a GPU of compute capability 9.0, say, runs.
function(multispin_architecture_for capability nvcc result)
  string(REPLACE "." "" wanted ${capability})
  execute_process(COMMAND ${nvcc} --list-gpu-arch OUTPUT_VARIABLE listing)
  string(REGEX MATCHALL "compute_[0-9]+" known "${listing}")
  list(TRANSFORM known REPLACE "compute_" "")
  set(best 0)
  foreach(architecture ${known})
    if(architecture LESS_EQUAL wanted AND architecture GREATER best)
      set(best ${architecture})
    endif()
  endforeach()
  set(${result} ${best} PARENT_SCOPE)
endfunction()

function(multispin_cuda_architectures nvcc result)
  if(MULTISPIN_CUDA_ALL)
    set(${result} 80-real 86-real 89-real 90 100-real 120 PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader
                  OUTPUT_VARIABLE gpus ERROR_QUIET)
  string(REGEX MATCHALL "[0-9]+\\.[0-9]" capabilities "${gpus}")
  set(architectures)
  foreach(capability ${capabilities})
    multispin_architecture_for(${capability} ${nvcc} architecture)
    if(architecture GREATER_EQUAL 80)
      list(APPEND architectures ${architecture})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES architectures)
  if(NOT architectures)
    set(architectures 80)
  endif()
  set(${result} ${architectures} PARENT_SCOPE)
endfunction()
