//! The one binary of the shop.

/// Gives memory back a moment after it was freed; `.cargo/config.toml` says when.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    gateway::cli::run()
}
