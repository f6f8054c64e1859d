//! Real modules for browsers and libraries.
