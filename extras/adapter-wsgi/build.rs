//! Programs and tests find the interpreter's library where it was found when they were built.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
}
