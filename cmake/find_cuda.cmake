# MULTISPIN_CUDA=AUTO|ON|OFF -> MULTISPIN_CUDA_FOUND, with the CUDA language enabled if it is true.
set(MULTISPIN_CUDA AUTO CACHE STRING "Engines on GPUs: AUTO (where nvcc is found), ON or OFF")
set_property(CACHE MULTISPIN_CUDA PROPERTY STRINGS AUTO ON OFF)
set(MULTISPIN_CUDA_FOUND FALSE)
if(NOT MULTISPIN_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "MULTISPIN_CUDA: got '${MULTISPIN_CUDA}', allowed: AUTO, ON, OFF")
endif()

if(NOT MULTISPIN_CUDA STREQUAL OFF)
  include(CheckLanguage)
  # Machine code for the architectures from Ampere on, and PTX, from which the driver compiles for
  # later ones. CMAKE_CUDA_ARCHITECTURES chooses others, and so does CUDAARCHS in the environment,
  # also in a folder that was configured before.
  if(NOT "$ENV{CUDAARCHS}" STREQUAL "")
    set(CMAKE_CUDA_ARCHITECTURES "$ENV{CUDAARCHS}")
  elseif(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES "80-real;86-real;89-real;90;100-real;120")
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    # A CMake older than nvcc does not know this flag of it.
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
      set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
    endif()
    set(oldest 12.8)  # the first that knows sm_100 and sm_120
    if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS oldest)
      set(reason "nvcc is ${CMAKE_CUDA_COMPILER_VERSION}, older than ${oldest}")
    else()
      set(MULTISPIN_CUDA_FOUND TRUE)
      message(STATUS "CUDA engines: ON, nvcc ${CMAKE_CUDA_COMPILER_VERSION}, architectures "
                     "${CMAKE_CUDA_ARCHITECTURES}")
    endif()
  else()
    set(reason "no working nvcc was found (CUDACXX can name one)")
  endif()
  if(NOT MULTISPIN_CUDA_FOUND)
    if(MULTISPIN_CUDA STREQUAL ON)
      message(FATAL_ERROR "MULTISPIN_CUDA=ON, but ${reason}")
    endif()
    message(STATUS "CUDA engines: OFF, ${reason}")
  endif()
endif()
