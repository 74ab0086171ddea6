"""Packages: read, merged as layers, planned, installed, exported; and the packages."""
