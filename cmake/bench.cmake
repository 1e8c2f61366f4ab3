# The programs of bench/: what `make bench` runs (bench/run.py). They are small; ctest runs each once, briefly, so that none rots.
function(shoal_all_benches)
  add_library(shoal_bench_meter STATIC bench/meter.cpp)
  target_include_directories(shoal_bench_meter PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(shoal_bench_meter PUBLIC fmt::fmt PRIVATE shoal_flags)

  add_executable(bench_floor bench/floor_client.cpp)
  target_link_libraries(bench_floor PRIVATE shoal_flags shoal_bench_meter OpenSSL::SSL ZLIB::ZLIB zstd::libzstd_shared simdjson::simdjson)
  add_executable(bench_shoal bench/shoal_client.cpp)
  target_link_libraries(bench_shoal PRIVATE shoal_flags shoal_bench_meter shoal_roles_single)

  add_library(shoal_bench_recording STATIC bench/recording.cpp)
  target_include_directories(shoal_bench_recording PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(shoal_bench_recording PUBLIC ZLIB::ZLIB PRIVATE shoal_flags zstd::libzstd_shared)
  add_executable(bench_stages bench/stages.cpp)
  target_link_libraries(bench_stages PRIVATE shoal_flags shoal_bench_recording shoal_bot)
endfunction()
