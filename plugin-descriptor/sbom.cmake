# What is linked into the library, with the versions of the headers it was compiled with, as CycloneDX: sbom.cdx.json.
# Without a date or a serial number, so that the same build is the same bytes.

# ccr_version(VARIABLE HEADER NAME...): the version that a header defines, as one string or as its parts.
function(ccr_version variable header)
  find_path(folder ${header} NO_CACHE REQUIRED)
  set(parts)
  foreach(name IN LISTS ARGN)
    file(STRINGS ${folder}/${header} line REGEX "^#[ \t]*define[ \t]+${name}[ \t]")
    if(NOT line MATCHES "${name}[ \t]+\"?([0-9.]+)\"?")
      message(FATAL_ERROR "${folder}/${header} defines no ${name}: which version is linked cannot be told")
    endif()
    list(APPEND parts ${CMAKE_MATCH_1})
  endforeach()
  list(JOIN parts "." version)
  set(${variable} ${version} PARENT_SCOPE)
endfunction()

ccr_version(CCR_ZSTD_VERSION zstd.h ZSTD_VERSION_MAJOR ZSTD_VERSION_MINOR ZSTD_VERSION_RELEASE)
ccr_version(CCR_LZ4_VERSION lz4.h LZ4_VERSION_MAJOR LZ4_VERSION_MINOR LZ4_VERSION_RELEASE)
ccr_version(CCR_PROTOBUF_C_VERSION protobuf-c/protobuf-c.h PROTOBUF_C_VERSION)
ccr_version(CCR_DEFLATE_VERSION libdeflate.h LIBDEFLATE_VERSION_STRING)
set(CCR_AT "@") # configure_file would take "name@@VARIABLE@" for something else
set(sbom ${CMAKE_CURRENT_BINARY_DIR}/sbom.cdx.json)
configure_file(sbom.cdx.json.in ${sbom})
