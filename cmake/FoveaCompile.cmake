# SPDX-License-Identifier: GPL-2.0-or-later
# Compiler settings, and the one function that makes a room's library.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(fovea_warnings INTERFACE)
target_compile_options(fovea_warnings INTERFACE
  -Wall -Wextra -Wconversion
  # At -O3 g++ 12 warns of its own library: that stops no release.
  $<$<NOT:$<CONFIG:Release>>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)

if(FOVEA_SANITIZE)
  add_compile_options(-fsanitize=${FOVEA_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FOVEA_SANITIZE})
endif()
if(FOVEA_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "FOVEA_FUZZ needs clang (libFuzzer); "
                        "use the 'fuzz' preset")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# fovea_room(NAME [DEPENDS lib...] [PUBLIC_DEPENDS lib...])
# One static library from the .cc files of the current folder and its
# internal/. Includes are written from the project's root.
function(fovea_room name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PUBLIC_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc internal/*.cc)
  add_library(fovea_${name} STATIC ${sources})
  target_include_directories(fovea_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(fovea_${name}
    PUBLIC ${ARG_PUBLIC_DEPENDS}
    PRIVATE ${ARG_DEPENDS} fovea_warnings)
endfunction()
