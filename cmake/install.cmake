# cmake --install and find_package(shoal): static libraries, public headers only.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

function(shoal_install)
  # filled when the public library is whole
endfunction()
