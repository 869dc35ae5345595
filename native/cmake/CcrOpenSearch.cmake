# OPENSEARCH_HOME: an unpacked OpenSearch distribution whose lib/*.jar the shim is compiled against.
set(OPENSEARCH_HOME "$ENV{OPENSEARCH_HOME}" CACHE PATH "OpenSearch distribution; empty takes it from Maven Central, once")
if(NOT OPENSEARCH_HOME)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/opensearch-home.sh
    RESULT_VARIABLE failed OUTPUT_VARIABLE found ERROR_VARIABLE why OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    message(FATAL_ERROR "${why}\nWithout it, -DCCR_JAVA=OFF builds and tests the core alone.")
  endif()
  set(OPENSEARCH_HOME ${found} CACHE PATH "OpenSearch distribution" FORCE)
endif()
if(NOT EXISTS ${OPENSEARCH_HOME}/lib/opensearch-${OPENSEARCH_VERSION}.jar)
  message(FATAL_ERROR "OPENSEARCH_HOME=${OPENSEARCH_HOME} is not OpenSearch ${OPENSEARCH_VERSION}")
endif()
message(STATUS "OpenSearch: ${OPENSEARCH_HOME}")
