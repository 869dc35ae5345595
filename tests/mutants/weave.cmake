# Puts woven copies in the place of the files of core_sources that have bugs in tests/mutants/mutants.toml.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(mutants ${PROJECT_SOURCE_DIR}/tests/mutants)
set(woven ${CMAKE_BINARY_DIR}/woven)
execute_process(COMMAND ${Python3_EXECUTABLE} ${mutants}/weave.py ${CMAKE_CURRENT_SOURCE_DIR}/src ${woven}
  OUTPUT_VARIABLE copies COMMAND_ERROR_IS_FATAL ANY OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REPLACE "\n" ";" copies "${copies}")
foreach(copy IN LISTS copies)
  list(REMOVE_ITEM core_sources ${CMAKE_CURRENT_SOURCE_DIR}/src/${copy})
  list(APPEND core_sources ${woven}/${copy})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/${copy})
endforeach()
list(APPEND core_sources ${mutants}/mutant.c)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${mutants}/mutants.toml ${mutants}/weave.py)
