//! The one binary of the shop.

/// A request makes hundreds of small allocations, on whichever thread serves it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    gateway::cli::run()
}
