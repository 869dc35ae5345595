# How every C file of the project is compiled: language level, hidden symbols, hardening, reproducible paths, sanitizers.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

# Assertions are for the dev and sanitizer builds only: in a data node the core latches a session as broken instead.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

# No absolute path in an object file, so that two build folders give the same bytes. Ninja compiles in the build folder and
# Make in a folder below it; both shall be called the same.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)
foreach(folder native jni-shim)
  add_compile_options(-ffile-prefix-map=${PROJECT_BINARY_DIR}/${folder}=build)
endforeach()

add_compile_options(-ffunction-sections -fdata-sections -fno-common -fstack-protector-strong -fno-omit-frame-pointer)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-fcf-protection=full)
  # gcc clears structs of 48 bytes and more with "rep stos", which takes longer to begin than to clear: without it two steps
  # of a follower take 101 ns instead of 147 (docs/BENCHMARKS.md).
  add_compile_options($<$<C_COMPILER_ID:GNU>:-mmemset-strategy=unrolled_loop:256:noalign,libcall:-1:noalign>)
endif()

if(CCR_SANITIZE MATCHES "^(address|ON)$")
  set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(CCR_SANITIZE STREQUAL "thread")
  set(sanitize -fsanitize=thread)
elseif(CCR_SANITIZE)
  message(FATAL_ERROR "CCR_SANITIZE is '${CCR_SANITIZE}': it must be address, thread or empty")
else()
  # Fortified functions hide errors from the sanitizers, so the two exclude each other.
  add_compile_options($<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
endif()
if(CCR_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "CCR_FUZZ needs clang, the compiler is ${CMAKE_C_COMPILER_ID}: --preset fuzz chooses it")
  endif()
  list(APPEND sanitize -fsanitize=fuzzer-no-link)
endif()
if(sanitize)
  add_compile_options(${sanitize} -fno-optimize-sibling-calls)
  add_link_options(${sanitize})
endif()
if(CCR_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# C still compiles these; no program of ours means them.
add_compile_options(-Werror=implicit-function-declaration -Werror=int-conversion -Werror=incompatible-pointer-types)

# For our own code, not for what protoc-c writes.
set(CCR_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual
  -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wimplicit-fallthrough -Wnull-dereference)
if(CCR_WERROR)
  list(APPEND CCR_WARNINGS -Werror)
endif()
