//! Given. Changes here are not graded and are replaced by updates.

fn main() -> std::process::ExitCode {
    lab_layers::cli::main()
}
