# One folder is one module is one static library.
#
#   add_module(jobs SOURCES job_queue.cpp worker.cpp USES base db LIBS Poco::Foundation)
#
# USES names the modules that this one may include. The include path of a module holds nothing but a
# link to its own folder, so `#include "db/..."` only resolves when db stands in USES (or below it).
# LIBS are outside libraries, private to the module. tests/support/check_includes.py checks the same
# rule on the include lines themselves.
function(add_module name)
  cmake_parse_arguments(M "" "" "SOURCES;USES;LIBS;PUBLIC_LIBS" ${ARGN})
  set(link_dir ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${link_dir})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${link_dir}/${name} SYMBOLIC)
  add_library(${name} STATIC ${M_SOURCES})
  target_include_directories(${name} PUBLIC ${link_dir})
  target_link_libraries(${name} PUBLIC ${M_USES} ${M_PUBLIC_LIBS} PRIVATE ${M_LIBS})
endfunction()

# With CMAKE_UNITY_BUILD several files of a module are compiled as one, because most of the time goes
# into headers that they share. These files have a local name that another file of theirs has too.
function(compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# Goes through every pixel or sample: fast also in preset dev, or its tests would take many minutes.
function(compile_fast target)
  if(NOT CLIPCOURIER_SANITIZE)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-O2>)
  endif()
endfunction()

# A program that ctest runs. It is told where to write how many of its cases passed, failed and were
# skipped; one that does not write counts as one. LABEL names the part of tests/run.sh it belongs to:
# rules, unit, simulator, flows, browser.
function(add_counted_test name)
  cmake_parse_arguments(T "" "TIMEOUT;LABEL" "COMMAND" ${ARGN})
  add_test(NAME ${name} COMMAND ${T_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${T_TIMEOUT}
    LABELS ${T_LABEL}
    ENVIRONMENT "CLIPCOURIER_TEST_COUNTS=${CMAKE_BINARY_DIR}/test-counts/${name};CLIPCOURIER_BIN=${CMAKE_BINARY_DIR}/bin")
endfunction()

# The tests of one module: tests/<module>/*.cpp become build/<preset>/bin/test_<module>.
#
#   add_module_tests(jobs SOURCES job_queue_test.cpp USES jobs)
function(add_module_tests name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;USES;LIBS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 1800) # sanitizers on a busy machine
  endif()
  add_executable(test_${name} ${T_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${T_USES} ${T_LIBS} test_support)
  add_counted_test(${name} LABEL unit TIMEOUT ${T_TIMEOUT} COMMAND test_${name})
endfunction()

# The tests of a folder with a package.json, or one file of them, run by node.
#
#   add_node_tests(simulator LABEL simulator TIMEOUT 300)
#   add_node_tests(flows_holds LABEL flows TIMEOUT 300 FILE holds.test.js)
function(add_node_tests name)
  cmake_parse_arguments(T "" "TIMEOUT;LABEL;FILE" "" ${ARGN})
  add_counted_test(${name} LABEL ${T_LABEL} TIMEOUT ${T_TIMEOUT}
    COMMAND ${CMAKE_SOURCE_DIR}/tests/support/node_tests.sh ${CMAKE_CURRENT_SOURCE_DIR} ${T_FILE})
endfunction()

# Makes `target` hold text files as `const char* const NAMES[][2]` (name, content) in the variable
# `symbol`, declared by the user as `extern const EmbeddedFile <symbol>[]; extern const int <symbol>Count;`
# in namespace clipcourier (base/embedded.h).
function(embed_files target symbol)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} "-DFILES=${ARGN}" -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
