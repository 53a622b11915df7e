# SPDX-License-Identifier: Apache-2.0
"""Runs in the formats of others: `neo` objects, `nwb` files, `nir` graphs, `torch` modules.

Each is a module of its own that needs the package it is named after: `from apical.formats import nwb`.
"""
