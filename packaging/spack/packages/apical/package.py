# SPDX-License-Identifier: Apache-2.0
"""Recipe for Spack: `spack repo add packaging/spack && spack install apical`.

Untested: its names are those of Spack's own packages as far as known, and nobody has built Apical with it so far.
"""

import os

from spack.package import *

# The checkout in which this recipe lies.
SOURCES = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..", ".."))


class Apical(CMakePackage):
    """Simulates and trains circuits that assign credit the way cortex might."""

    git = "file://" + SOURCES
    license("Apache-2.0")

    version("main", branch="main")

    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("cli11@2.1:")
    depends_on("tomlplusplus@3.3:")
    depends_on("nlohmann-json@3.11:")
    depends_on("fmt@9:")
    depends_on("hdf5@1.10: ~mpi")
    depends_on("highway@1.0:")
    depends_on("random123")
    depends_on("xxhash")
    depends_on("openblas threads=pthreads")
    depends_on("zlib-api")
    depends_on("libjpeg-turbo")
    depends_on("libpng")
    depends_on("stb")
    depends_on("libarchive")
    depends_on("curl")
    depends_on("openssl")
    depends_on("sqlite")
    depends_on("cpp-httplib")

    def cmake_args(self):
        return [
            self.define("APICAL_TESTS", False),
            self.define("APICAL_BUNDLES", True),
            self.define("APICAL_WERROR", False),
        ]
