include(CMakePackageConfigHelpers)

install(TARGETS kiem EXPORT kiem-targets)
install(TARGETS kiem_static ARCHIVE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/kiem DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT kiem-targets NAMESPACE kiem:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kiem)

# Under one soname nothing is taken away, so that a later version serves whoever asks for an earlier one.
write_basic_package_version_file(kiem-config-version.cmake COMPATIBILITY AnyNewerVersion)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/kiem-config.cmake.in kiem-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kiem)
# Where the prefix is, seen from kiem.pc: so it may be installed, or moved, to another one than was configured.
file(RELATIVE_PATH KIEM_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/kiem.pc.in kiem.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kiem-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/kiem-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kiem)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kiem.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
# For a wheel: the one file, under the name that the package looks for.
if(KIEM_SELF_CONTAINED)
    install(PROGRAMS $<TARGET_FILE:kiem> DESTINATION kiem RENAME libkiem.so.1 COMPONENT python)
endif()
