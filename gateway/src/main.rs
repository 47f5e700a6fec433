//! The one binary of the shop.

fn main() -> std::process::ExitCode {
    gateway::cli::run()
}
