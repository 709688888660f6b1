# embed_text(TARGET FUNCTION FILE): compiles a text into TARGET as `std::string_view FUNCTION()` of namespace gsd, which
# some header declares.
set(EMBED_TEMPLATE ${CMAKE_CURRENT_LIST_DIR}/embedded.cpp.in)
function(embed_text target EMBED_FUNCTION file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} EMBED_TEXT)
  configure_file(${EMBED_TEMPLATE} ${CMAKE_CURRENT_BINARY_DIR}/${EMBED_FUNCTION}.cpp @ONLY)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${EMBED_FUNCTION}.cpp)
endfunction()
