# SPDX-License-Identifier: Apache-2.0
# What CPack runs to make the Debian packages; it takes them from the list.
set(made ${CPACK_TEMPORARY_DIRECTORY}/made)
execute_process(COMMAND_ERROR_IS_FATAL ANY
  COMMAND bash ${CPACK_LOOM_DEB_SH} ${CPACK_LOOM_BUILD} ${made} ${CPACK_PACKAGE_VERSION}
          ${CPACK_PACKAGE_CONTACT} "${CPACK_LOOM_HOMEPAGE}")
file(GLOB CPACK_EXTERNAL_BUILT_PACKAGES ${made}/*.deb)
